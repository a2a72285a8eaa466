"""Writers of this process: one per connection, made when first needed and kept; and what is known of who may write.

Belongs here: turning a registered connection into an `ActivityWriter`, and `crm.writing`. Does not: writing
(`crm.activities`), reading (`crm.connections`).

What is written spends from the same allowance and rates as the syncs, and is live: it may use all of them.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

import psycopg

from nooks_dagster.crm.access.allowance import SharedAllowance
from nooks_dagster.crm.access.keys import keys_of
from nooks_dagster.crm.activities import ActivityWriter, Readiness
from nooks_dagster.crm.connections import active
from nooks_dagster.crm.connectors import kind_of
from nooks_dagster.crm.lifecycle.options import lenient
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection, Registry

WriterFactory = Callable[[Connection], ActivityWriter]

LOOKED = """
    insert into crm.writing (connection_id, ready, advice) values (%s, %s, %s)
    on conflict (connection_id) do update
        set ready = excluded.ready, advice = excluded.advice, looked_at = now()
"""


def shared_writers(db: Database) -> WriterFactory:
    """Return the factory whose writers share rates and allowances with all other processes."""

    def make(connection: Connection) -> ActivityWriter:
        kind = kind_of(connection.kind)
        throttle = SharedAllowance(db, connection.id, WorkClass.LIVE, kind, connection.account)
        constants = lenient(connection.options, connection.id).call_fields
        return kind.write(connection.id, keys_of(db, connection), throttle, constants)

    return make


class Writers:
    """The writers of one process, safe to share between threads.

    Args:
        registry: Where connections are found.
        factory: Makes a writer of a connection.
    """

    def __init__(self, registry: Registry, factory: WriterFactory) -> None:
        self._registry = registry
        self._factory = factory
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int, str], ActivityWriter] = {}

    def get(self, connection_id: str) -> ActivityWriter:
        """Return the writer of an active connection; one that was connected anew, or chose otherwise, has a new one.

        Raises:
            Permanent: The connection is unknown or marked; the message says what to do.
            Resting: It is paused or disconnected.
        """
        connection = active(self._registry, connection_id)
        key = (connection_id, connection.revision, json.dumps(connection.options.get("call_fields"), sort_keys=True))
        with self._lock:
            if key not in self._open:
                self._open = {other: kept for other, kept in self._open.items() if other[0] != connection_id}
                self._open[key] = self._factory(connection)
            return self._open[key]


def remember(conn: psycopg.Connection[Any], connection_id: str, found: Readiness) -> None:
    """Keep whether calls can be logged in a CRM, in the caller's transaction."""
    conn.execute(LOOKED, (connection_id, found.ready, found.advice))
