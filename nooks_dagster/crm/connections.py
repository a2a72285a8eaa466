"""Connectors of this process: one per connection, made when first needed and kept.

Belongs here: turning a registered connection and its secret into a working `Connector`.
"""

import threading
from collections.abc import Callable

from nooks_dagster.crm.connector import Connector
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.registry import Connection, Registry

ConnectorFactory = Callable[[Connection], Connector]


class Connectors:
    """The connectors of one process, safe to share between threads.

    Args:
        registry: Where connections are found.
        factory: Makes a connector of a connection (see `crm.connectors.open_connector`).
    """

    def __init__(self, registry: Registry, factory: ConnectorFactory) -> None:
        self._registry = registry
        self._factory = factory
        self._lock = threading.Lock()
        self._open: dict[str, Connector] = {}

    def get(self, connection_id: str) -> Connector:
        """Return the connector of an active connection.

        Raises:
            Permanent: The connection is unknown, paused or marked; the message says what to do.
        """
        with self._lock:
            if connection_id not in self._open:
                self._open[connection_id] = self._factory(self._active(connection_id))
            return self._open[connection_id]

    def calls(self) -> int:
        """Return the API calls that this process has made."""
        with self._lock:
            return sum(c.usage().calls for c in self._open.values())

    def _active(self, connection_id: str) -> Connection:
        connection = self._registry.connection(connection_id)
        if connection.state != "active":
            raise Permanent(
                f"the connection is {connection.state}",
                subject=connection_id,
                next_step=f"Run `nooks connect {connection.kind} {connection.workspace}` again.",
            )
        return connection
