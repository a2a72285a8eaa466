"""The kinds of CRM that there are, and the connector of a connection.

Belongs here: the list; a third CRM is one new folder and one line. Does not: what a kind is (`crm.kinds`).
"""

from collections.abc import Mapping

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.kinds import Kind
from nooks_dagster.crm.salesforce.kind import SALESFORCE
from nooks_dagster.crm.throttle import Throttle, Unthrottled
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.registry import ACCOUNT, Connection
from nooks_dagster.workspaces.secrets import open_secret

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (SALESFORCE,)}


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Raises:
        Permanent: There is none of that name.
    """
    if name in KINDS:
        return KINDS[name]
    raise Permanent(f"There is no connector for {name[:40]!r}.", next_step=f"Use one of: {', '.join(sorted(KINDS))}.")


def open_connector(connection: Connection, throttle: Throttle | None = None) -> Connector:
    """Return the connector of a registered connection, with the credentials that its reference leads to.

    Raises:
        Permanent: The kind is unknown, or the secret is gone.
    """
    kind = kind_of(connection.kind)
    return kind.open(connection.id, credentials_of(connection), throttle or Unthrottled())


def credentials_of(connection: Connection) -> Mapping[str, str]:
    """Return the secret and the config of a connection as one.

    Raises:
        Permanent: The secret is gone.
    """
    secret = open_secret(connection.secret_ref)
    secret.update({name: str(value) for name, value in connection.config.items() if name != ACCOUNT})
    return secret
