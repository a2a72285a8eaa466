"""Salesforce as a kind of CRM: its credentials' names, and a first look at an org.

Belongs here: what `nooks connect` needs beyond the connector. Does not: recording it (`crm.connecting`).
"""

from collections.abc import Mapping, Sequence

from nooks_dagster.crm.kinds import Inspection, Kind
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.credentials import Credentials, belongs_to_sandbox
from nooks_dagster.crm.salesforce.describe import CANONICAL
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.throttle import Throttle, Unthrottled
from nooks_dagster.failures import Permanent

_COUNTED_AT_ONCE = 200  # names of 40 characters, within 16,384 bytes of address


def open_salesforce(connection_id: str, credentials: Mapping[str, str], throttle: Throttle) -> SalesforceConnector:
    """Return a connector; nothing is sent before its first question.

    Raises:
        Permanent: The domain cannot be one.
    """
    return SalesforceConnector(Session(Credentials.read(credentials), connection_id, throttle))


def inspect(connection_id: str, credentials: Mapping[str, str]) -> Inspection:
    """Log in, and look which objects the user may read and how many rows they have.

    Raises:
        Failure: The login or the look failed; the message says what is wrong.
    """
    connector = open_salesforce(connection_id, credentials, Unthrottled())
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
    return Inspection(connector.host, readable, rows, missing, connector.usage().calls)


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
    },
    public=frozenset({"domain"}),
    check=lambda credentials: Credentials.read(credentials).flow,
    open=open_salesforce,
    inspect=inspect,
    belongs_to_sandbox=belongs_to_sandbox,
)
