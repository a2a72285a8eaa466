"""Salesforce as a kind of CRM: its credentials' names, and a first look at an org.

Belongs here: what `nooks connect` needs beyond the connector. Does not: recording it (`crm.lifecycle.connecting`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from nooks_dagster.crm.access.keys import Keys
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.activities import Constants
from nooks_dagster.crm.kinds import Inspection, Kind, Question, Rate
from nooks_dagster.crm.rows.held import Held
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.credentials import Credentials, belongs_to_sandbox
from nooks_dagster.crm.salesforce.describe import CANONICAL
from nooks_dagster.crm.salesforce.mapping import wanted
from nooks_dagster.crm.salesforce.session import API, Session
from nooks_dagster.crm.salesforce.writing import SalesforceWriter
from nooks_dagster.failures import Permanent

_COUNTED_AT_ONCE = 200  # names of 40 characters, within 16,384 bytes of address
_RATE = Rate(20, timedelta(seconds=1))  # Salesforce names none; 20 pages of 2,000 rows are twice what one sync takes in


def open_salesforce(connection_id: str, keys: Keys, throttle: Throttle, _held: Held) -> SalesforceConnector:
    """Return a connector; nothing is sent before its first question.

    What we have already makes no page smaller, so it is not asked for.

    Raises:
        Permanent: The domain cannot be one.
    """
    return SalesforceConnector(_session(connection_id, keys, throttle))


def write_salesforce(
    connection_id: str, keys: Keys, throttle: Throttle, constants: Constants | None = None
) -> SalesforceWriter:
    """Return a writer; nothing is sent before its first question.

    Raises:
        Permanent: The domain cannot be one.
    """
    return SalesforceWriter(_session(connection_id, keys, throttle), connection_id, constants)


def inspect(connection_id: str, keys: Keys, throttle: Throttle) -> Inspection:
    """Log in, and look which objects the user may read and how many rows they have.

    Raises:
        Failure: The login or the look failed; the message says what is wrong.
    """
    session = _session(connection_id, keys, throttle)
    connector = SalesforceConnector(session)
    objects = connector.objects()
    missing = {name: reason for name in CANONICAL if (reason := _obstacle(connector, name, objects))}
    readable = {name: canonical for name, canonical in objects.items() if name not in missing}
    if not readable:
        raise Permanent(
            "The login works, but the user may read none of the objects.",
            subject=connection_id,
            next_step="Give the user Read and View All on Account, Contact, Lead, Opportunity, User, Task.",
        )
    rows = _counts(connector, list(readable))
    writing = SalesforceWriter(session, connection_id).look()
    return Inspection(connector.host, readable, rows, missing, session.usage().calls, writing)


def _session(connection_id: str, keys: Keys, throttle: Throttle) -> Session:
    return Session(Credentials.read(keys.secret()), connection_id, throttle, keys=keys)


def _obstacle(connector: SalesforceConnector, name: str, objects: Mapping[str, str]) -> str:
    """Return why an object cannot be synced, "" when it can."""
    if name not in objects:
        return "The user does not see it: give Read and View All on it, unless the org does without it."
    try:
        connector.describe(name)
    except Permanent as refused:
        return f"{refused.what} {refused.next_step}"
    return ""


def _counts(connector: SalesforceConnector, names: Sequence[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for at in range(0, len(names), _COUNTED_AT_ONCE):
        counts.update(connector.counts(names[at : at + _COUNTED_AT_ONCE]))
    return counts


SALESFORCE = Kind(
    name="salesforce",
    title="Salesforce",
    variables={
        "SALESFORCE_DOMAIN": "domain",
        "SALESFORCE_CONSUMER_KEY": "consumer_key",
        "SALESFORCE_CONSUMER_SECRET": "consumer_secret",
        "SALESFORCE_USERNAME": "username",
        "SALESFORCE_PASSWORD": "password",
        "SALESFORCE_SECURITY_TOKEN": "security_token",
        "SALESFORCE_PRIVATE_KEY": "privatekey",
        "SALESFORCE_REFRESH_TOKEN": "refresh_token",
    },
    public=frozenset({"domain"}),
    found="Setup, App Manager, your connected app",
    questions=(
        Question("domain", "Domain (acme.my)", secret=False),
        Question("consumer_key", "Consumer key"),
        Question("consumer_secret", "Consumer secret"),
    ),
    check=lambda credentials: Credentials.read(credentials).flow,
    open=open_salesforce,
    write=write_salesforce,
    inspect=inspect,
    belongs_to_sandbox=belongs_to_sandbox,
    rates={API: _RATE},
    objects=CANONICAL,
    fields=wanted,
)
