"""Connectors of this process: one per connection and class of work, made when first needed and kept.

Each class has a part of the day's calls of its own, so a run that does what is new and a history has two.

Belongs here: turning a registered connection and its secret into a working `Connector`.
"""

import threading
from collections.abc import Callable

from nooks_dagster.budgets.budgets import Budgets
from nooks_dagster.crm.allowance import SharedAllowance
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.connectors import open_connector
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection, Registry

ConnectorFactory = Callable[[Connection, WorkClass], Connector]
"""Makes a connector of a connection for a class of work (`shared_connectors`)."""


def shared_connectors(db: Database) -> ConnectorFactory:
    """Return the factory whose connectors share rates and allowances with all other processes."""
    budgets = Budgets(db)

    def make(connection: Connection, work_class: WorkClass) -> Connector:
        return open_connector(connection, SharedAllowance(budgets, connection.id, work_class))

    return make


class Connectors:
    """The connectors of one process, safe to share between threads.

    Args:
        registry: Where connections are found.
        factory: Makes a connector of a connection.
    """

    def __init__(self, registry: Registry, factory: ConnectorFactory) -> None:
        self._registry = registry
        self._factory = factory
        self._lock = threading.Lock()
        self._open: dict[tuple[str, WorkClass], Connector] = {}

    def get(self, connection_id: str, work_class: WorkClass) -> Connector:
        """Return the connector of an active connection.

        Args:
            connection_id: The connection.
            work_class: What its calls are for.

        Raises:
            Permanent: The connection is unknown, paused or marked; the message says what to do.
        """
        key = (connection_id, work_class)
        with self._lock:
            if key not in self._open:
                self._open[key] = self._factory(self._active(connection_id), work_class)
            return self._open[key]

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
