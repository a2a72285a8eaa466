"""How far windows are: rows expected, landed and merged, the rate of the last minutes, the time that is left.

Belongs here: the one query over the chunks of some windows, and what its numbers mean. Does not: how each lane
stands when nothing is under way (`crm.reporting.status`), words (`nooks_dagster.cli`), Dagster's metadata (`assets`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.reporting.status import Standing, standing_of
from nooks_dagster.crm.work import WINDOWS

OPEN_WINDOWS = """
    SELECT id FROM work.items WHERE queue = %s AND state IN ('waiting', 'leased', 'blocked')
        AND (%s::text IS NULL OR scope = %s)
"""
# By the index of children, one window after the other. The rate is that of the chunks which ended in the last five
# minutes, or since the window was last claimed: the hours that it was parked are not time that it took.
PROGRESS = """
    SELECT w.id, w.payload ->> 'workspace' AS workspace, w.payload ->> 'connection' AS connection,
        w.payload ->> 'source' AS source, w.payload ->> 'canonical' AS canonical, w.payload ->> 'kind' AS kind,
        w.state, coalesce(c.reason, w.reason) AS reason, coalesce(w.lease_until > now(), false) AS held,
        w.due_at AS next_try, greatest(w.due_at - now(), interval '0') AS next_in, a.started_at,
        (w.progress ->> 'expected_rows')::bigint AS expected_rows,
        coalesce((w.progress ->> 'planned')::boolean, false) AS all_planned, c.chunks, c.chunks_done,
        coalesce(c.landed, 0) AS rows_landed, coalesce(c.merged, 0) AS rows_merged,
        coalesce(c.bytes, 0) AS bytes_landed,
        coalesce(c.recent / nullif(extract(epoch FROM now() - a.since), 0), 0)::float8 AS rows_per_second
    FROM work.items w CROSS JOIN LATERAL (
        SELECT min(started_at) AS started_at, greatest(max(started_at), now() - interval '5 minutes') AS since
        FROM work.attempts WHERE item_id = w.id
    ) a CROSS JOIN LATERAL (
        SELECT count(*) AS chunks, count(*) FILTER (WHERE state = 'done') AS chunks_done,
            min(k.reason) FILTER (WHERE state IN ('waiting', 'blocked')) AS reason,
            sum(coalesce(outcome ->> 'rows', outcome ->> 'shown', progress -> 'landed' ->> 'rows')::bigint)::bigint
                AS landed,
            sum(coalesce(outcome ->> 'bytes', progress -> 'landed' ->> 'bytes')::bigint)::bigint AS bytes,
            sum(coalesce(outcome ->> 'rows', outcome ->> 'shown')::bigint)::bigint AS merged,
            sum(coalesce(outcome ->> 'rows', outcome ->> 'shown')::bigint) FILTER (WHERE finished_at > a.since)
                AS recent
        FROM work.items k WHERE parent = w.id
    ) c
    WHERE w.id = ANY(%s)
    ORDER BY workspace, connection, canonical, source, w.id
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows on their way: about how many are expected in all, and how many landed and merged until now.

    `rows_per_second` is of merged rows; `expected` is None when unknown.
    """

    expected: int | None
    landed: int
    merged: int
    rows_per_second: float

    @classmethod
    def of(cls, parts: Iterable["WindowProgress"]) -> Self:
        """Return the tally of several windows together."""
        tallies = [part.tally for part in parts]
        known = [t.expected for t in tallies if t.expected is not None]
        return cls(
            sum(known) if len(known) == len(tallies) else None,
            sum(t.landed for t in tallies),
            sum(t.merged for t in tallies),
            sum(t.rows_per_second for t in tallies),
        )

    @property
    def part(self) -> float | None:
        """Return the part that is merged, from 0 to 0.99: what was expected is an estimate, the end is not."""
        return min(self.merged / self.expected, 0.99) if self.expected else None

    @property
    def left(self) -> timedelta | None:
        """Return about how long it takes; None when unknown, or when there are more rows than were expected."""
        if not self.expected or not self.rows_per_second or self.merged >= self.expected:
            return None
        return timedelta(seconds=round((self.expected - self.merged) / self.rows_per_second))


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """One window of one source object, by the database's clock.

    `expected_rows` is what the source said, if it did. Rows that are merged have landed too; `rows_per_second` is
    zero unless chunks ended in the last five minutes. `next_in` is the time until it is tried again.
    """

    id: int
    workspace: str
    connection: str
    source: str
    canonical: str
    kind: str
    state: str
    reason: str | None
    held: bool
    next_try: datetime
    next_in: timedelta
    started_at: datetime | None
    expected_rows: int | None
    all_planned: bool
    chunks: int
    chunks_done: int
    rows_landed: int
    rows_merged: int
    bytes_landed: int
    rows_per_second: float

    @property
    def lane(self) -> tuple[str, str]:
        """Return connection and source object, whose windows go one after the other."""
        return self.connection, self.source

    @property
    def standing(self) -> Standing:
        """Return what is going on with it."""
        return standing_of(self.state, held=self.held, resting=bool(self.next_in))

    @property
    def part(self) -> float | None:
        """Return the part of it that is merged, 1 only when it is finished; None when unknown."""
        return 1.0 if self.standing is Standing.COMPLETE else self.tally.part

    @property
    def tally(self) -> Tally:
        """Return its rows; when the source said nothing, as the chunks until now let expect of all that are planned."""
        expected = self.expected_rows
        if not expected and self.all_planned and self.chunks_done:
            expected = self.rows_merged * self.chunks // self.chunks_done
        return Tally(expected or None, self.rows_landed, self.rows_merged, self.rows_per_second if self.held else 0.0)


def open_windows(conn: psycopg.Connection[Any], scope: str | None = None) -> list[int]:
    """Return the ids of the windows that are not finished, of one scope or of all."""
    return [id_ for (id_,) in conn.execute(OPEN_WINDOWS, (WINDOWS.name, scope, scope))]


def progress_of(conn: psycopg.Connection[Any], windows: Sequence[int]) -> Sequence[WindowProgress]:
    """Return how far windows are, by connection and object; finished ones too."""
    return conn.cursor(row_factory=class_row(WindowProgress)).execute(PROGRESS, (list(windows),)).fetchall()


def progress(conn: psycopg.Connection[Any], scope: str | None = None) -> Sequence[WindowProgress]:
    """Return how far the open windows are, of one scope or of all."""
    return progress_of(conn, open_windows(conn, scope))
