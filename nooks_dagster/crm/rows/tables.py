"""The tables of promoted objects, and the partitions of all: one per connection, so that removing a customer is a DROP.

Belongs here: making them. Does not: the seven tables of every CRM (`0005_crm`), their rows (`crm.rows.merge`), dropping
(`crm.lifecycle.belongings`).
"""

import hashlib
import re

import psycopg
from psycopg import sql

from nooks_dagster.crm.canonical import OBJECTS, CanonicalObject
from nooks_dagster.crm.promoted import promoted_objects
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent

PARTITION_LOCK = 0x63726D
"""Advisory lock class of partition changes, "crm" in ASCII; the second half is the connection's hash."""


def ensure_tables(db: Database) -> None:
    """Create the tables of promoted objects that are missing, and add the columns that are. Safe in several processes.

    Raises:
        Permanent: A column is there with another type.
        Transient: Postgres does not answer, or a table stayed locked.
    """
    for promoted in promoted_objects():
        with db.transaction() as conn:
            lock_partitions(conn, promoted.name)
            _ensure_table(conn, OBJECTS[promoted.name])


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
    ensure_tables(db)
    with db.transaction() as conn:
        lock_partitions(conn, connection_id)
        for name in OBJECTS:
            if not _exists(conn, name, connection_id):
                _create(conn, name, connection_id)


def lock_partitions(conn: psycopg.Connection, connection_id: str) -> None:
    """Keep others from changing the partitions of a connection until the transaction ends."""
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


def _ensure_table(conn: psycopg.Connection, canonical: CanonicalObject) -> None:
    """Make a table as that of the custom objects is, with typed columns of its own; it wins what that one has won."""
    table, pattern = sql.Identifier("crm", canonical.name), sql.Identifier("crm", "custom_objects")
    standing = _columns(conn, canonical.name)
    typed = {name: kind.postgres for name, kind in canonical.types.items()}
    if not standing:
        create = sql.SQL("create table {} (like {} including all) partition by list (connection_id)")
        conn.execute(create.format(table, pattern))
        standing = _columns(conn, canonical.name)
        for name in OBJECTS["custom_objects"].types.keys() - typed.keys():
            conn.execute(sql.SQL("alter table {} drop column {}").format(table, sql.Identifier(name)))
    theirs = _columns(conn, "custom_objects")
    wanted = {**{name: kind for name, kind in theirs.items() if name not in OBJECTS["custom_objects"].types}, **typed}
    for name, kind in wanted.items():
        if name not in standing:
            add = sql.SQL("alter table {} add column {}").format(table, sql.Identifier(name)).as_string()
            conn.execute(f"{add} {kind}".encode())
        elif standing[name] != kind:
            raise Permanent(
                f"Its column {name} holds {standing[name]} and is declared as {kind}.",
                subject=canonical.table,
                next_step="Give the column another name, or remove the table: its rows are then read again.",
            )


def _columns(conn: psycopg.Connection, table: str) -> dict[str, str]:
    """Return the columns of a table of schema `crm` with their types, none if it is not there."""
    return dict(conn.execute(_COLUMNS, [table]))


_COLUMNS = """
    select attname, replace(format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz')
    from pg_attribute where attrelid = to_regclass(format('crm.%%I', %s::text)) and attnum > 0 and not attisdropped
"""
