"""What belongs to a connection, or to one object of it, in Postgres: found by its columns, whoever made the table.

Belongs here: finding and deleting it. Does not: the order of a removal (`crm.lifecycle.removing`).

Each table of ours that keeps something of a connection has a column `connection_id`; of an object also
`source_object`. So a table that is made tomorrow is covered today.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from nooks_dagster.crm.rows.tables import lock_partitions, partition_name
from nooks_dagster.crm.work import lane_of, scope_of, sweep_lane_of
from nooks_dagster.database.pool import Database

ITEMS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Owner:
    """A connection, or one source object of it."""

    workspace: str
    connection: str
    source: str | None = None

    @property
    def scope(self) -> str:
        """Return the scope of its work."""
        return scope_of(self.workspace)

    @property
    def lane(self) -> str:
        """Return the lane of its work; what belongs to it lies in that one, in its sweeps', and below."""
        return self.connection if self.source is None else lane_of(self.connection, self.source)

    @property
    def lanes(self) -> list[str]:
        """Return its lane, and of an object also that of its sweeps."""
        return [self.lane] if self.source is None else [self.lane, sweep_lane_of(self.connection, self.source)]

    @property
    def folders(self) -> list[str]:
        """Return the folders in the lake, one in the other, below which all is its own."""
        own = [f"workspace={self.workspace}", f"connection={self.connection}"]
        return [*own, f"source={self.source}"] if self.source else own


def forget_work(conn: psycopg.Connection[Any], owner: Owner) -> int:
    """Delete some thousand items of work; return how many that were. Whoever holds one commits nothing more."""
    values = {"scope": owner.scope, "lane": owner.lane, "lanes": owner.lanes, "most": ITEMS_AT_ONCE}
    return conn.execute(_FORGET_WORK, values).rowcount


def forget_upkeep(conn: psycopg.Connection[Any], owner: Owner) -> int:
    """Delete the items of nightly work on it, whose lanes are its own or its folders; return how many that were."""
    values = {"folder": _below(owner), "lane": owner.lane, "lanes": owner.lanes}
    return conn.execute(_FORGET_UPKEEP, values).rowcount


def drop_partitions(db: Database, owner: Owner) -> dict[str, int]:
    """Drop the partitions of a connection; return how many rows each had, by table.

    A transaction for each: DROP locks the whole table, against its readers too.
    """
    with db.transaction() as conn:
        parents = [tuple(row) for row in conn.execute(_TABLES, {"kind": "p", "column": "connection_id"})]
    gone: dict[str, int] = {}
    for schema, table in parents:
        partition = sql.Identifier(schema, partition_name(table, owner.connection))
        with db.transaction() as conn:
            lock_partitions(conn, owner.connection)
            ((there,),) = conn.execute("select to_regclass(%s) is not null", [partition.as_string()]).fetchall()
            if there:
                ((rows,),) = conn.execute(sql.SQL("select count(*) from {}").format(partition)).fetchall()
                conn.execute(sql.SQL("drop table {}").format(partition))
                gone[f"{schema}.{table}"] = rows
    return gone


def partitioned_tables(conn: psycopg.Connection[Any], schema: str) -> list[str]:
    """Return the tables of a schema that have a partition for each connection."""
    found = conn.execute(_TABLES, {"kind": "p", "column": "connection_id"})
    return [table for owner, table in found if owner == schema]


def forget_rows(conn: psycopg.Connection[Any], owner: Owner) -> dict[str, int]:
    """Delete the rows of a connection, or an object, from all tables; return how many, by table."""
    column, kinds = ("connection_id", "r") if owner.source is None else ("source_object", "rp")
    condition = sql.SQL("connection_id = %(connection)s")
    if owner.source is not None:
        condition = sql.SQL("connection_id = %(connection)s and source_object = %(source)s")
    values = {"connection": owner.connection, "source": owner.source}
    gone: dict[str, int] = {}
    for schema, table in conn.execute(_TABLES, {"kind": kinds, "column": column}).fetchall():
        statement = sql.SQL("delete from {} where {}").format(sql.Identifier(schema, table), condition)
        gone[f"{schema}.{table}"] = conn.execute(statement, values).rowcount
    return {table: rows for table, rows in gone.items() if rows}


def forget_parts(conn: psycopg.Connection[Any], owner: Owner) -> None:
    """Strike the parts of all datasets of a connection, or an object, from the catalog."""
    conn.execute("delete from lake.parts where position(%s in dataset || '/') > 0", [_below(owner)])


def forget_budgets(conn: psycopg.Connection[Any], connection: str, account: str) -> None:
    """Delete what is known of the calls of a connection, and of its account if no other connection has it."""
    conn.execute("delete from budgets.failing where caller = %s", [connection])
    alone = conn.execute(_OTHERS_OF_ACCOUNT, [account, connection]).fetchone() is None
    for key in (connection, *([account] if alone else [])):
        conn.execute("delete from budgets.quotas where key = %s", [key])
        conn.execute("delete from budgets.places where starts_with(key, %s)", [f"{key}/"])
        conn.execute("delete from budgets.rates where starts_with(key, %s)", [f"{key}/"])


def _below(owner: Owner) -> str:
    return f"/{'/'.join(owner.folders)}/"


# Parents take their children along.
_FORGET_WORK = """
    delete from work.items where id in (
        select id from work.items
        where scope = %(scope)s and (lane = any(%(lanes)s) or starts_with(lane, %(lane)s || '/')) limit %(most)s)
"""
# Whatever their scope: that of nightly work is of all workspaces.
_FORGET_UPKEEP = """
    delete from work.items where lane = any(%(lanes)s) or starts_with(lane, %(lane)s || '/')
        or position(%(folder)s in lane || '/') > 0
"""
_TABLES = """
    select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = %(column)s and not a.attisdropped
    where not c.relispartition and position(c.relkind::text in %(kind)s) > 0
        and n.nspname not in ('pg_catalog', 'information_schema', 'workspaces') and n.nspname not like 'pg_%%'
    order by 1, 2
"""
_OTHERS_OF_ACCOUNT = "select from workspaces.connections where config ->> 'account' = %s and id <> %s"
