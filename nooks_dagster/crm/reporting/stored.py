"""What we have of an object of a workspace: rows in Postgres, parts in the lake.

Belongs here: counting. Does not: what should be there, which is the source's to say.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from nooks_dagster.crm.canonical import OBJECTS

CONNECTIONS = "SELECT id FROM workspaces.connections WHERE workspace = %s"
# The connections are values and no subquery: so Postgres reads their partitions only.
ROWS = """
    SELECT count(*) FILTER (WHERE deleted_reason IS NULL), count(*) FILTER (WHERE deleted_reason IS NOT NULL)
    FROM {} WHERE connection_id = ANY(%s)
"""
PARTS = """
    SELECT coalesce(sum(rows), 0)::bigint, coalesce(sum(bytes), 0)::bigint
    FROM lake.parts WHERE dataset LIKE %s AND unnamed_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows that exist, rows that are gone, and what their parts in the lake add up to (every version counts)."""

    rows: int
    tombstones: int
    parts_rows: int
    parts_bytes: int


def stored(conn: psycopg.Connection[Any], workspace: str, canonical: str) -> Stored:
    """Count what we have of a canonical object of a workspace; it takes as long as reading the table's index."""
    connections = [id_ for (id_,) in conn.execute(CONNECTIONS, (workspace,))]
    table = sql.Identifier(*OBJECTS[canonical].table.split("."))
    rows = conn.execute(sql.SQL(ROWS).format(table), (connections,)).fetchone() or (0, 0)
    prefix = f"crm_raw/{canonical}/workspace={workspace}/".replace("_", r"\_")
    parts = conn.execute(PARTS, (prefix + "%",)).fetchone() or (0, 0)
    return Stored(*rows, *parts)
