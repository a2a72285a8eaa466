"""Connectors of this process: one per connection and class of work, made when first needed and kept.

Each class has a part of the day's calls of its own, so a run that does what is new and a history has two.

Belongs here: turning a registered connection and its secret into a working `Connector`.
"""

import threading
from collections.abc import Callable
from datetime import timedelta

from nooks_dagster.crm.access.allowance import SharedAllowance
from nooks_dagster.crm.access.keys import keys_of
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.connectors import kind_of, open_connector
from nooks_dagster.crm.lifecycle.chosen import ChosenConnector
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.lifecycle.pausing import RESTING
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Unavailable
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

ConnectorFactory = Callable[[Connection, WorkClass], Connector]
"""Makes a connector of a connection for a class of work (`shared_connectors`)."""


def shared_connectors(db: Database) -> ConnectorFactory:
    """Return the factory whose connectors share rates and allowances with all other processes."""

    def make(connection: Connection, work_class: WorkClass) -> Connector:
        throttle = SharedAllowance(db, connection.id, work_class, kind_of(connection.kind), connection.account)
        return open_connector(connection, keys_of(db, connection), throttle, HeldRows(db, connection.id))

    return make


class Resting(Unavailable):
    """A person let the connection rest after its work was claimed."""

    usual_wait = timedelta(minutes=1)  # its lanes are held by then


class Connectors:
    """The connectors of one process, safe to share between threads; each offers what the customer chose.

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
        """Return the connector of an active connection, with the choices that stand now.

        Args:
            connection_id: The connection.
            work_class: What its calls are for.

        Raises:
            Permanent: The connection is unknown or marked; the message says what to do.
            Resting: It is paused or disconnected.
        """
        key = (connection_id, work_class)
        connection = active(self._registry, connection_id)
        with self._lock:
            if key not in self._open:
                self._open[key] = self._factory(connection, work_class)
            return ChosenConnector(self._open[key], SyncOptions.of(connection.options))

    def calls(self) -> int:
        """Return the API calls that this process has made."""
        with self._lock:
            return sum(c.usage().calls for c in self._open.values())


def active(registry: Registry, connection_id: str) -> Connection:
    """Return a connection that may be used.

    Raises:
        Permanent: It is unknown or marked; the message says what to do.
        Resting: It is paused or disconnected.
    """
    connection = registry.connection(connection_id)
    if connection.state in RESTING:
        raise Resting(f"It is {connection.state}.", subject=connection_id, next_step=connection.state_reason)
    if connection.state is not ConnectionState.ACTIVE:
        raise Permanent(
            f"the connection is {connection.state}",
            subject=connection_id,
            next_step=f"Run `nooks connect {connection.kind} {connection.workspace}` again.",
        )
    return connection
