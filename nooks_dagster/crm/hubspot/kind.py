"""HubSpot as a kind of CRM: its credentials' names, its rates, and a first look at a portal.

Belongs here: what `nooks connect` needs beyond the connector. Does not: recording it (`crm.lifecycle.connecting`).
"""

from datetime import timedelta

from nooks_dagster.crm.access.keys import Keys
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.activities import Constants
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials, belongs_to_sandbox
from nooks_dagster.crm.hubspot.mapping import wanted
from nooks_dagster.crm.hubspot.object_types import OWNERS, RECORDS
from nooks_dagster.crm.hubspot.session import API, ASSOCIATION_CALLS, ASSOCIATIONS, SEARCH, Session
from nooks_dagster.crm.hubspot.writing import HubSpotWriter
from nooks_dagster.crm.kinds import Inspection, Kind, Question, Rate
from nooks_dagster.crm.rows.held import Held
from nooks_dagster.failures import Permanent

_TEN_SECONDS = timedelta(seconds=10)
# Each app has a rate of its own; but two connections to one portal may well be by the same app, so they share one.
_RATES = {
    API: Rate(100, _TEN_SECONDS, of_account=True),  # of the smallest edition; the first answer tells more
    SEARCH: Rate(
        4, timedelta(seconds=1), of_account=True
    ),  # of the 5 that all apps of a portal share, and no answer tells
    ASSOCIATIONS: Rate(ASSOCIATION_CALLS, _TEN_SECONDS, of_account=True),
}
_SCOPES = {name: f"crm.objects.{name}.read" for name in ("companies", "contacts", "leads", "deals", OWNERS)}
_SCOPES |= dict.fromkeys(("calls", "meetings", "notes", "tasks"), _SCOPES["contacts"])  # they have none of their own
_SCOPES |= {name: f"crm.objects.{name}.read" for name in ("line_items", "products")}
_SCOPES |= {"emails": "sales-email-read", "tickets": "tickets"}


def open_hubspot(connection_id: str, keys: Keys, throttle: Throttle, held: Held) -> HubSpotConnector:
    """Return a connector; nothing is sent before its first question.

    Raises:
        Permanent: The credentials cannot be tokens, or the environment names a proxy or CA that cannot be used.
    """
    return HubSpotConnector(_session(connection_id, keys, throttle), held)


def write_hubspot(
    connection_id: str, keys: Keys, throttle: Throttle, constants: Constants | None = None
) -> HubSpotWriter:
    """Return a writer; nothing is sent before its first question.

    Raises:
        Permanent: The credentials cannot be tokens, or the environment names a proxy or CA that cannot be used.
    """
    return HubSpotWriter(_session(connection_id, keys, throttle), connection_id, constants)


def inspect(connection_id: str, keys: Keys, throttle: Throttle) -> Inspection:
    """Ask what the portal is, which objects the app may read and how many rows they have.

    Raises:
        Failure: The token was refused, or the look failed; the message says what is wrong.
    """
    session = _session(connection_id, keys, throttle)
    account = f"portal {session.hub_id}"
    connector = HubSpotConnector(session)
    objects = connector.objects()
    if not any(name in objects for name in RECORDS):
        raise Permanent(
            "The token works, but the app may read none of the objects.",
            subject=connection_id,
            next_step=f"Give the app the scopes {', '.join(dict.fromkeys(_SCOPES.values()))}, then try again.",
        )
    rows = connector.counts(list(objects))
    missing = {name: _advice(scope) for name, scope in _SCOPES.items() if name in connector.unscoped}
    writing = HubSpotWriter(session, connection_id).look()
    return Inspection(account, objects, rows, missing, session.usage().calls, writing)


def _session(connection_id: str, keys: Keys, throttle: Throttle) -> Session:
    return Session(Credentials.read(keys.secret()), connection_id, throttle, keys=keys)


def _advice(scope: str) -> str:
    return f"The app may not read it: give it the scope {scope}."


HUBSPOT = Kind(
    name="hubspot",
    title="HubSpot",
    variables={
        "HUBSPOT_ACCESS_TOKEN": "access_token",
        "HUBSPOT_CLIENT_ID": "client_id",
        "HUBSPOT_CLIENT_SECRET": "client_secret",
        "HUBSPOT_REFRESH_TOKEN": "refresh_token",
    },
    public=frozenset(),
    found="Settings, Integrations, Private Apps, your app",
    questions=(Question("access_token", "Access token (pat-…)"),),
    check=lambda credentials: Credentials.read(credentials).flow,
    open=open_hubspot,
    write=write_hubspot,
    inspect=inspect,
    belongs_to_sandbox=belongs_to_sandbox,
    rates=_RATES,
    objects={**RECORDS, OWNERS: "users"},
    fields=wanted,
)
