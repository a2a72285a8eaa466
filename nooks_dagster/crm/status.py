"""How the CRM lanes stand: one row per source object of each connection, from our own tables.

Belongs here: the one query behind checks, the status command and the tables in the UI, and what a row means.
Does not: connections and runs (`crm.overview`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.work import CHUNKS, WINDOWS

# Three steps, so that finished windows cost nothing, however many there are. One index probe finds the next scope or
# lane. A lane is as its head is, the first open window: those behind it wait for it; without one, as its last is.
# A parked or blocked chunk knows why; its window only waits for it.
LANES = """
    WITH RECURSIVE scopes AS (
        SELECT coalesce(%(scope)s::text,
            (SELECT min(scope) FROM work.items WHERE queue = %(queue)s AND parent IS NULL)) AS scope
        UNION ALL
        SELECT (SELECT min(scope) FROM work.items WHERE queue = %(queue)s AND parent IS NULL AND scope > s.scope)
        FROM scopes s WHERE s.scope IS NOT NULL AND %(scope)s::text IS NULL
    ), lanes AS (
        SELECT s.scope, (SELECT min(lane) FROM work.items
            WHERE queue = %(queue)s AND parent IS NULL AND scope = s.scope) AS lane
        FROM scopes s WHERE s.scope IS NOT NULL
        UNION ALL
        SELECT l.scope, (SELECT min(lane) FROM work.items
            WHERE queue = %(queue)s AND parent IS NULL AND scope = l.scope AND lane > l.lane)
        FROM lanes l WHERE l.lane IS NOT NULL
    ), windows AS (
        SELECT w.* FROM lanes l CROSS JOIN LATERAL (
            SELECT * FROM work.items WHERE id = coalesce(
                (SELECT min(id) FROM work.items
                    WHERE queue = %(queue)s AND lane = l.lane AND state IN ('waiting', 'leased', 'blocked')),
                (SELECT max(id) FROM work.items
                    WHERE queue = %(queue)s AND parent IS NULL AND scope = l.scope AND lane = l.lane))
            LIMIT 1
        ) w WHERE l.lane IS NOT NULL
    )
    SELECT w.payload ->> 'workspace' AS workspace, w.payload ->> 'connection' AS connection,
        w.payload ->> 'source' AS source, w.payload ->> 'canonical' AS canonical, w.payload ->> 'kind' AS kind,
        w.state, w.failure, coalesce(c.reason, w.reason) AS reason, w.due_at AS next_try,
        w.due_at > now() AS resting, coalesce(w.lease_until > now(), false) AS held,
        m.watermark, now() - m.established_at AS age,
        coalesce(c.planned, 0) AS chunks, coalesce(c.merged, 0) AS chunks_merged, coalesce(c.rows, 0) AS rows_merged,
        coalesce((w.progress ->> 'planned')::boolean, false) AS all_planned,
        coalesce(p.rows, 0) AS rows_read, coalesce(p.bytes, 0) AS bytes_read
    FROM windows w
    LEFT JOIN crm.watermarks m
        ON m.connection_id = w.payload ->> 'connection' AND m.source_object = w.payload ->> 'source'
    LEFT JOIN LATERAL (
        SELECT count(*) AS planned, count(*) FILTER (WHERE state = 'done') AS merged,
            min(reason) FILTER (WHERE state IN ('waiting', 'blocked')) AS reason,
            sum((outcome ->> 'rows')::bigint)::bigint AS rows
        FROM work.items WHERE parent = w.id
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT sum(rows)::bigint AS rows, sum(bytes)::bigint AS bytes FROM lake.parts
        WHERE dataset = format('crm_raw/%%s/workspace=%%s/connection=%%s/source=%%s', w.payload ->> 'canonical',
            w.payload ->> 'workspace', w.payload ->> 'connection', w.payload ->> 'source')
    ) p ON true
    ORDER BY 1, 2, 4, 3
"""

UNMERGED = """
    SELECT i.lane, split_part(p.dataset, '/', 2) AS canonical, p.uri, p.created_at AS landed_at, i.reason
    FROM lake.parts p JOIN work.items i ON i.id = p.item_id
    WHERE i.queue = %s AND i.state IN ('waiting', 'leased', 'blocked') AND p.created_at < now() - interval '15 minutes'
    ORDER BY p.created_at
"""


class Standing(StrEnum):
    """What is going on with an object, in one word."""

    COMPLETE = "complete"
    READING = "reading"
    WAITING = "waiting"
    PARKED = "parked"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One source object of a connection: its current window, or its last one, and how old its data is.

    `age` is the time since the watermark last moved, by the database's clock; None before the history is complete.
    `rows_read` and `bytes_read` add up every part in the lake, so that a row read twice counts twice;
    `rows_merged` are those of the current window. While not `all_planned`, more chunks may come.
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
    resting: bool
    held: bool
    watermark: datetime | None
    age: timedelta | None
    chunks: int
    chunks_merged: int
    rows_merged: int
    all_planned: bool
    rows_read: int
    bytes_read: int

    @property
    def standing(self) -> Standing:
        """Return what is going on with it."""
        if self.state == "done":
            return Standing.COMPLETE
        if self.state == "blocked":
            return Standing.BLOCKED
        if self.held:
            return Standing.READING
        return Standing.PARKED if self.resting else Standing.WAITING

    @property
    def part_merged(self) -> float:
        """Return the part of the current window that is merged, from 0 to 1, of what is planned by now."""
        return self.chunks_merged / self.chunks if self.chunks else 0.0


def lane_statuses(conn: psycopg.Connection[Any], scope: str | None = None) -> Sequence[LaneStatus]:
    """Return how each lane stands, of one scope or of all."""
    chosen = {"queue": WINDOWS.name, "scope": scope}
    return conn.cursor(row_factory=class_row(LaneStatus)).execute(LANES, chosen).fetchall()


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
    return conn.cursor(row_factory=class_row(Unmerged)).execute(UNMERGED, (CHUNKS.name,)).fetchall()
