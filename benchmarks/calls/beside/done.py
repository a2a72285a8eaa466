"""How far the work beside the calls came, by the platform's own figures.

Belongs here: reading them. Does not: what it took (`calls.looks`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from benchmarks.cadence import LATE, OF_CROWD
from benchmarks.calls.beside.wish import BOOK, HISTORY, Beside
from benchmarks.calls.house import House
from benchmarks.calls.outcome import cut
from nooks_dagster.crm.reporting.lag import late_lanes
from nooks_dagster.crm.reporting.past import lags
from nooks_dagster.crm.reporting.status import lane_statuses
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry

ROWS = f"""
    SELECT coalesce(sum((outcome ->> 'rows')::bigint), 0) FROM work.items
    WHERE queue = 'crm.chunks' AND scope = 'crm/{HISTORY}' AND state = 'done'
"""
DUE = f"""
    SELECT count(*) FROM work.items
    WHERE {OF_CROWD} AND queue = 'crm.discoveries' AND payload ? 'due' AND due_at <= now()
"""
WITHHELD = f"""
    SELECT coalesce(extract(epoch FROM min(finished_at - (progress ->> 'until')::timestamptz)), 0) FROM work.items
    WHERE {OF_CROWD} AND queue = 'crm.windows' AND state = 'done' AND payload ->> 'due' IS NOT NULL
"""
ANSWERS = "SELECT count(*) FROM llm.purchases WHERE purpose LIKE 'signals/%' AND state = 'settled'"
UNASKED = f"SELECT count(*) FROM signals.asked WHERE workspace = '{BOOK}' AND open"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done beside the calls.

    Attributes:
        rows: Of the history, in Postgres.
        starts: Incremental syncs that fell due.
        starts_done: Of these, to the last of their windows.
        start_seconds: From due to done: median, 95th percentile, most.
        lag_seconds: The furthest that any object lagged behind its source.
        withheld_seconds: Of it what the source itself holds back: the least lag that any window ended with.
        cadences: What remains, in cadences.
        late: Objects that `workspaces_are_fresh` would name at the end.
        answers: Of signals.
        unasked: Accounts x signals that were left at the end; with none the backfill was over before the calls.
    """

    rows: int = 0
    starts: int = 0
    starts_done: int = 0
    start_seconds: Sequence[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    lag_seconds: float = 0.0
    withheld_seconds: float = 0.0
    cadences: float = 0.0
    late: int = 0
    answers: int = 0
    unasked: int = 0

    def figures(self, beside: Beside) -> dict[str, float]:
        """Return what two reports are compared by, of what was wanted."""
        of_syncs = {
            "incremental syncs due": self.starts,
            "incremental syncs done": self.starts_done,
            **{
                f"s, incremental, from due to done, {name}": value
                for name, value in zip(("median", "p95", "most"), self.start_seconds, strict=True)
            },
            "s, incremental lag, most": self.lag_seconds,
            "s, of it held back by the source": self.withheld_seconds,
            "cadences, incremental lag beyond the source's": self.cadences,
            "objects late by the check": self.late,
        }
        return {
            **({"rows of the history read beside": self.rows} if beside.history else {}),
            **(of_syncs if beside.syncs else {}),
            **({"answers of signals": self.answers, "answers left to ask": self.unasked} if beside.accounts else {}),
        }


def done(house: House, beside: Beside, seconds: float) -> Done:
    """Return how far it all is, so many seconds after it began."""
    late = [float(str(value)) for (value,) in house.ask(LATE)]
    withheld = _number(house, WITHHELD)
    cadence = 60 * beside.cadence_minutes
    # Two cadences after it began each object was synced by the clock; before, it lags behind its history.
    lag, too_late = _lag(house, max(seconds - 2 * cadence, seconds / 2)) if beside.syncs else (0.0, 0)
    return Done(
        rows=int(_number(house, ROWS)),
        starts=int(_number(house, DUE)),
        starts_done=len(late),
        start_seconds=cut(late),
        lag_seconds=round(lag, 1),
        withheld_seconds=round(withheld, 1),
        cadences=round(max(0.0, lag - withheld) / cadence, 2),
        late=too_late,
        answers=int(_number(house, ANSWERS)),
        unasked=int(_number(house, UNASKED)),
    )


def _lag(house: House, seconds: float) -> tuple[float, int]:
    """Return the furthest that an object of the crowd lagged behind, and how many are too late now."""
    db = Database(house.where.url, size=1)
    try:
        connections = [one for one in Registry(db).connections() if one.workspace.startswith("customer-")]
    finally:
        db.close()
    with psycopg.connect(house.where.url) as conn:
        lanes = [lane for lane in lane_statuses(conn) if lane.workspace.startswith("customer-")]
        worst = max(lags(conn, lanes, timedelta(seconds=seconds)), default=timedelta())
    return worst.total_seconds(), len(late_lanes(lanes, connections))


def _number(house: House, query: str) -> float:
    ((found,),) = house.ask(query)
    return float(str(found))
