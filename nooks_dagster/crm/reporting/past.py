"""What the last windows of each object did, and how far it lagged behind over the last day.

Belongs here: reading finished windows, a handful by the index of their lane. Does not: open ones
(`crm.reporting.progress`), verdicts (`crm.reporting.lag`).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import psycopg

from nooks_dagster.crm.access.meter import calls_in
from nooks_dagster.crm.reporting.status import LaneStatus
from nooks_dagster.crm.work import WINDOWS, WindowKind, scope_of
from nooks_dagster.database import clock

DAY = timedelta(days=1)
SAMPLES = 48  # every half an hour of a day
MOST_WINDOWS = 1_500  # of a lane in a day: one a minute

LAST = """
    SELECT asked.lane, w.payload ->> 'kind', w.progress ->> 'since', w.progress ->> 'until', w.outcome, w.finished_at,
        extract(epoch FROM w.finished_at - (SELECT min(started_at) FROM work.attempts WHERE item_id = w.id))::float8
    FROM unnest(%(scopes)s::text[], %(lanes)s::text[]) AS asked (scope, lane) CROSS JOIN LATERAL (
        SELECT * FROM work.items i
        WHERE queue = %(queue)s AND parent IS NULL AND i.scope = asked.scope AND i.lane = asked.lane AND state = 'done'
        ORDER BY id DESC LIMIT 1
    ) w
"""
REACHED = """
    SELECT asked.lane, w.finished_at, (w.progress ->> 'until')::timestamptz
    FROM unnest(%(scopes)s::text[], %(lanes)s::text[]) AS asked (scope, lane) CROSS JOIN LATERAL (
        SELECT finished_at, progress FROM work.items i
        WHERE queue = %(queue)s AND parent IS NULL AND i.scope = asked.scope AND i.lane = asked.lane AND state = 'done'
            AND payload ->> 'kind' = ANY(%(kinds)s) AND progress ->> 'until' IS NOT NULL
        ORDER BY id DESC LIMIT %(most)s
    ) w WHERE w.finished_at > now() - 2 * %(span)s ORDER BY w.finished_at
"""
ADVANCING = [WindowKind.HISTORY, WindowKind.REFRESH, WindowKind.INCREMENTAL]


@dataclass(frozen=True, slots=True)
class LastWindow:
    """The last finished window of an object: what it read, what that did, what it cost.

    `counts` has rows, inserted, updated, unchanged and deleted; `calls` are API calls by kind, where they were noted.
    """

    kind: str
    since: str | None
    until: str | None
    finished_at: datetime
    seconds: float
    counts: Mapping[str, int]
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Past:
    """How far some source objects are, and how far the worst of them lagged behind over the last day, if asked.

    `complete_until` and `lag` are None while the history of one of them is not complete.
    """

    complete_until: datetime | None = None
    lag: timedelta | None = None
    lags: Sequence[timedelta] = ()

    @classmethod
    def of(cls, conn: psycopg.Connection[Any], lanes: Sequence[LaneStatus], *, over_a_day: bool) -> Self:
        """Look at the lanes of some source objects; over a day that reads all their windows."""
        moments = [lane.watermark for lane in lanes if lane.watermark]
        spans = [lane.lag for lane in lanes if lane.lag is not None]
        if not lanes or len(moments) < len(lanes):
            return cls()
        return cls(min(moments), max(spans), lags(conn, lanes) if over_a_day else ())


def last_windows(conn: psycopg.Connection[Any], lanes: Iterable[LaneStatus]) -> Mapping[str, LastWindow]:
    """Return the last finished window of each of some objects, by lane."""
    found: dict[str, LastWindow] = {}
    for lane, kind, since, until, outcome, finished_at, seconds in conn.execute(LAST, _asked(lanes)):
        counts = {name: int(outcome.get(name, 0)) for name in ("rows", "inserted", "updated", "unchanged", "deleted")}
        found[lane] = LastWindow(kind, since, until, finished_at, seconds or 0.0, counts, calls_in(outcome))
    return found


def lags(conn: psycopg.Connection[Any], lanes: Iterable[LaneStatus], span: timedelta = DAY) -> Sequence[timedelta]:
    """Return how far the worst of some objects lagged behind, at equal distances over a span until now.

    Moments before the first window that is known are left out, so it is empty for a new workspace.
    """
    values = _asked(lanes) | {"kinds": ADVANCING, "most": MOST_WINDOWS, "span": span}
    reached: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for lane, finished_at, until in conn.execute(REACHED, values):
        best = max(until, reached[lane][-1][1]) if reached[lane] else until
        reached[lane].append((finished_at, best))
    now = clock.now(conn)
    moments = [now - span + span * n / SAMPLES for n in range(1, SAMPLES + 1)]
    worst = (max((lag for one in reached.values() if (lag := _lag_at(one, at))), default=None) for at in moments)
    return [lag for lag in worst if lag is not None]


def _lag_at(reached: Sequence[tuple[datetime, datetime]], at: datetime) -> timedelta | None:
    place = bisect_right(reached, at, key=lambda one: one[0])
    return at - reached[place - 1][1] if place else None


def _asked(lanes: Iterable[LaneStatus]) -> dict[str, Any]:
    known = [(scope_of(lane.workspace), lane.key) for lane in lanes]
    return {"queue": WINDOWS.name, "scopes": [scope for scope, _ in known], "lanes": [lane for _, lane in known]}
