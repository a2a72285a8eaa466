"""The kinds of CRM that there are, and the connector of a connection.

Belongs here: the list; a third CRM is one new folder and one line. Does not: what a kind is (`crm.kinds`).
"""

from collections.abc import Mapping

from nooks_dagster.crm.access.keys import Keys
from nooks_dagster.crm.access.throttle import Throttle, Unthrottled
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.hubspot.kind import HUBSPOT
from nooks_dagster.crm.kinds import Kind
from nooks_dagster.crm.rows.held import Held, NothingHeld
from nooks_dagster.crm.salesforce.kind import SALESFORCE
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.registry import Connection

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (SALESFORCE, HUBSPOT)}


def kind_of(name: str) -> Kind:
    """Return a kind by its name.

    Raises:
        Permanent: There is none of that name.
    """
    if name in KINDS:
        return KINDS[name]
    raise Permanent(f"There is no connector for {name[:40]!r}.", next_step=f"Use one of: {', '.join(KINDS)}.")


def how_to_connect(workspace: str = "WORKSPACE") -> str:
    """Return the commands that connect a workspace, one of each kind, as a person reads them."""
    return " or ".join(f"`nooks connect {name} {workspace}`" for name in KINDS)


def open_connector(
    connection: Connection, keys: Keys, throttle: Throttle | None = None, held: Held | None = None
) -> Connector:
    """Return the connector of a registered connection.

    Without a throttle it is held back by nothing; without what is held it fetches everything.

    Raises:
        Permanent: The kind is unknown, or the secret is gone.
    """
    kind = kind_of(connection.kind)
    return kind.open(connection.id, keys, throttle or Unthrottled(), held or NothingHeld())
