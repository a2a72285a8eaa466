"""Which buckets differ from their source in earnest: twice in a row, and in rows that a sync since did not mend.

Belongs here: that judgement, from our own tables. Does not: counting (`crm.counts.counting`).

Rows that were made or deleted between the last sync and the listing differ rightly. So the ids that were listed are
looked for again once the watermark has passed the listing: what differs then is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

# The source's clock may run ahead of the database's, which says when the ids were listed.
SUSPECTS = """
    SELECT c.workspace, k.connection_id AS connection, k.source_object AS source, k.canonical, k.low, k.high, k.here,
        k.there, k.counted_at, k.missing, k.surplus, k.listed_uri AS uri
    FROM crm.counts k
    JOIN workspaces.connections c ON c.id = k.connection_id AND c.state = 'active'
    JOIN crm.watermarks m USING (connection_id, source_object)
    WHERE k.listed_uri IS NOT NULL AND m.watermark > k.listed_at + interval '10 minutes'
    ORDER BY abs(k.here - k.there) DESC, 1, 2, 3, k.low
"""
ALIVE = """
    SELECT id FROM {} WHERE connection_id = %s AND source_object = %s AND id = ANY(%s) AND deleted_reason IS NULL
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A bucket that differs: `missing` are ids that only the source has, `surplus` those that only we have.

    They are the first of each; all of them lie at `uri`.
    """

    workspace: str
    connection: str
    source: str
    canonical: str
    low: str
    high: str | None
    here: int
    there: int
    counted_at: datetime
    missing: Sequence[str]
    surplus: Sequence[str]
    uri: str


def differences(conn: psycopg.Connection[Any]) -> Sequence[Difference]:
    """Return the buckets that differ in earnest, the worst first."""
    suspects = conn.cursor(row_factory=class_row(Difference)).execute(SUSPECTS).fetchall()
    return [one for one in suspects if _still(conn, one)]


def _still(conn: psycopg.Connection[Any], one: Difference) -> bool:
    table = sql.Identifier("crm", one.canonical)
    values = (one.connection, one.source, [*one.missing, *one.surplus])
    alive = {id_ for (id_,) in conn.execute(sql.SQL(ALIVE).format(table), values)}
    return bool(set(one.missing) - alive or set(one.surplus) & alive)
