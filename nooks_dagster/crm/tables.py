"""The partitions of the canonical tables: one per connection, so that removing a customer is a DROP.

Belongs here: making and dropping them. Does not: the tables (`0005_crm`) or their rows (`crm.merge`).
"""

import hashlib
import re

import psycopg
from psycopg import sql

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.work import WINDOWS, lane_of
from nooks_dagster.database.pool import Database

PARTITION_LOCK = 0x63726D
"""Advisory lock class of partition changes, "crm" in ASCII; the second half is the connection's hash."""

UNFINISHED = """
    delete from work.items
    where queue = %s and starts_with(lane, %s) and state in ('waiting', 'leased', 'blocked')
"""


def partition_name(table: str, connection_id: str) -> str:
    """Return the name of a connection's partition: readable, at most 63 bytes, different for different ids.

    Args:
        table: The canonical object, such as `accounts`.
        connection_id: Any text.
    """
    readable = re.sub(r"[^a-z0-9]+", "_", connection_id.lower()).strip("_")[:32]
    digest = hashlib.sha256(connection_id.encode()).hexdigest()[:8]
    return f"{table}_{readable}_{digest}"


def ensure_partitions(db: Database, connection_id: str) -> None:
    """Create the partitions of a connection that are missing. Safe to call from several processes at once.

    Raises:
        Transient: Postgres does not answer, or a table stayed locked.
    """
    with db.transaction() as conn:
        _lock(conn, connection_id)
        for name in OBJECTS:
            if not _exists(conn, name, connection_id):
                _create(conn, name, connection_id)


def drop_partitions(db: Database, connection_id: str) -> None:
    """Drop every canonical row of a connection, its watermarks, shapes and unfinished windows.

    Connected again, it begins anew: a window that went on would leave out what it had read before. Dropping
    nothing is no error.

    Raises:
        Transient: Postgres does not answer, or a table stayed locked; what is dropped by then stays dropped.
    """
    for name in OBJECTS:  # a transaction for each: DROP locks the whole table, against its readers too
        with db.transaction() as conn:
            _lock(conn, connection_id)
            partition = sql.Identifier("crm", partition_name(name, connection_id))
            conn.execute(sql.SQL("drop table if exists {}").format(partition))
    with db.transaction() as conn:
        conn.execute(UNFINISHED, [WINDOWS.name, lane_of(connection_id, "")])
        conn.execute("delete from crm.watermarks where connection_id = %s", [connection_id])
        conn.execute("delete from crm.schemas where connection_id = %s", [connection_id])


def _lock(conn: psycopg.Connection, connection_id: str) -> None:
    conn.execute("set local lock_timeout = '10s'")
    conn.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [PARTITION_LOCK, connection_id])


def _exists(conn: psycopg.Connection, name: str, connection_id: str) -> bool:
    partition = sql.Identifier("crm", partition_name(name, connection_id)).as_string()
    found = conn.execute("select to_regclass(%s) is not null", [partition]).fetchone()
    return found is not None and bool(found[0])


def _create(conn: psycopg.Connection, name: str, connection_id: str) -> None:
    """Create a partition apart and attach it: unlike PARTITION OF, that locks out no reader and no writer."""
    parent = sql.Identifier("crm", name)
    partition = sql.Identifier("crm", partition_name(name, connection_id))
    only = sql.Literal(connection_id)
    conn.execute(sql.SQL("create table {} (like {} including all)").format(partition, parent))
    conn.execute(sql.SQL("alter table {} attach partition {} for values in ({})").format(parent, partition, only))
