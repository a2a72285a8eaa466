"""How the CRM lanes stand: one row per source object of each connection, from our own tables.

Belongs here: the one query behind checks, the status command and the tables in the UI, and what a row means.
Does not: how far an open window is (`crm.reporting.progress`), connections and runs (`crm.reporting.overview`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.work import CHUNKS, WINDOWS, lane_of
from nooks_dagster.ledger.holds import NOT_HELD

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
        EXISTS (SELECT FROM work.holds h WHERE h.scope = w.scope AND h.lane = w.payload ->> 'connection') AS paused,
        m.watermark, now() - m.established_at AS age, now() - m.watermark AS lag,
        coalesce(p.rows, 0) AS rows_read, coalesce(p.bytes, 0) AS bytes_read
    FROM windows w
    LEFT JOIN crm.watermarks m
        ON m.connection_id = w.payload ->> 'connection' AND m.source_object = w.payload ->> 'source'
    LEFT JOIN LATERAL (
        SELECT min(reason) AS reason FROM work.items WHERE parent = w.id AND state IN ('waiting', 'blocked')
    ) c ON true
    LEFT JOIN LATERAL (
        SELECT sum(rows)::bigint AS rows, sum(bytes)::bigint AS bytes FROM lake.parts
        WHERE dataset = format('crm_raw/%%s/workspace=%%s/connection=%%s/source=%%s', w.payload ->> 'canonical',
            w.payload ->> 'workspace', w.payload ->> 'connection', w.payload ->> 'source') AND unnamed_at IS NULL
    ) p ON true
    ORDER BY 1, 2, 4, 3
"""

UNMERGED = f"""
    SELECT i.lane, split_part(p.dataset, '/', 2) AS canonical, p.uri, p.created_at AS landed_at, i.reason
    FROM lake.parts p JOIN work.items i ON i.id = p.item_id
    WHERE i.queue = %s AND i.state IN ('waiting', 'leased', 'blocked') AND p.created_at < now() - interval '15 minutes'
      AND {NOT_HELD}
    ORDER BY p.created_at
"""  # noqa: S608 - NOT_HELD is a constant


class Standing(StrEnum):
    """What is going on with an object, in one word."""

    COMPLETE = "complete"
    READING = "reading"
    WAITING = "waiting"
    PARKED = "parked"
    BLOCKED = "blocked"
    PAUSED = "paused"


def standing_of(state: str, *, held: bool, resting: bool) -> Standing:
    """Return what is going on with a window, of its state, whether a run holds it, and whether it is due later."""
    if state == "done":
        return Standing.COMPLETE
    if state == "blocked":
        return Standing.BLOCKED
    if held:
        return Standing.READING
    return Standing.PARKED if resting else Standing.WAITING


@dataclass(frozen=True, slots=True)
class LaneStatus:
    """One source object of a connection: its current window, or its last one, and how old its data is.

    `age` is the time since the watermark last moved, by the database's clock, and `lag` that since the watermark; None
    before the history is complete. `paused` says that a person lets its connection rest.
    `rows_read` and `bytes_read` add up the parts in the lake that are not superseded: a row in two counts twice.
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
    paused: bool
    watermark: datetime | None
    age: timedelta | None
    lag: timedelta | None
    rows_read: int
    bytes_read: int

    @property
    def key(self) -> str:
        """Return its name in the ledger."""
        return lane_of(self.connection, self.source)

    @property
    def standing(self) -> Standing:
        """Return what is going on with it; what a person lets rest is neither parked nor blocked."""
        if self.paused and self.state != "done":
            return Standing.PAUSED
        return standing_of(self.state, held=self.held, resting=self.resting)


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
    return conn.cursor(row_factory=class_row(Unmerged)).execute(UNMERGED.encode(), (CHUNKS.name,)).fetchall()
