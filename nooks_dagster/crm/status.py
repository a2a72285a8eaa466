"""How the CRM lanes stand: one row per source object of each connection, from our own tables.

Belongs here: the one query behind checks, the status command and the tables in the UI.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

LANES = """
    WITH windows AS (
        SELECT DISTINCT ON (lane) lane, id, payload, state, failure, reason, due_at, progress
        FROM work.items WHERE queue = 'crm.windows' AND (%(scope)s::text IS NULL OR scope = %(scope)s)
        ORDER BY lane, state IN ('waiting', 'leased', 'blocked') DESC, id DESC
    )
    SELECT w.payload ->> 'workspace' AS workspace, w.payload ->> 'connection' AS connection,
        w.payload ->> 'source' AS source, w.payload ->> 'canonical' AS canonical, w.payload ->> 'kind' AS kind,
        w.state, w.failure, w.reason, w.due_at AS next_try, m.watermark, now() - m.established_at AS age,
        coalesce(c.planned, 0) AS chunks, coalesce(c.merged, 0) AS chunks_merged, coalesce(c.rows, 0) AS rows_merged
    FROM windows w
    LEFT JOIN crm.watermarks m
        ON m.connection_id = w.payload ->> 'connection' AND m.source_object = w.payload ->> 'source'
    LEFT JOIN LATERAL (
        SELECT count(*) AS planned, count(*) FILTER (WHERE state = 'done') AS merged,
            sum((outcome ->> 'rows')::bigint)::bigint AS rows
        FROM work.items WHERE parent = w.id
    ) c ON true
    ORDER BY 1, 2, 4, 3
"""

UNMERGED = """
    SELECT i.lane, split_part(p.dataset, '/', 2) AS canonical, p.uri, p.created_at AS landed_at, i.reason
    FROM lake.parts p JOIN work.items i ON i.id = p.item_id
    WHERE i.queue = 'crm.chunks' AND i.state <> 'done' AND p.created_at < now() - interval '15 minutes'
    ORDER BY p.created_at
"""


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One source object of a connection: its last or current window, and how old its data is.

    `age` is the time since the watermark last moved, by the database's clock; None before the history is complete.
    """

    workspace: str
    connection: str
    source: str
    canonical: str
    kind: str
    state: str
    failure: str | None
    reason: str | None
    next_try: datetime
    watermark: datetime | None
    age: timedelta | None
    chunks: int
    chunks_merged: int
    rows_merged: int


def lane_statuses(conn: psycopg.Connection[Any], scope: str | None = None) -> Sequence[LaneStatus]:
    """Return how each lane stands, of one scope or of all."""
    return conn.cursor(row_factory=class_row(LaneStatus)).execute(LANES, {"scope": scope}).fetchall()


@dataclass(frozen=True, slots=True)
class Unmerged:
    """A part in the lake whose rows have not reached Postgres in time."""

    lane: str
    canonical: str
    uri: str
    landed_at: datetime
    reason: str | None


def unmerged_parts(conn: psycopg.Connection[Any]) -> Sequence[Unmerged]:
    """Return the parts that landed more than 15 minutes ago and are not merged, oldest first."""
    return conn.cursor(row_factory=class_row(Unmerged)).execute(UNMERGED).fetchall()
