"""When an object is materialised, and what a click that missed something ends with.

Belongs here: the decision. Does not: what the asset's page then shows (`assets.crm.results`).

A click materialises every object that it or another run brought up to date, even if nothing was new: who clicked
sees that it happened. A run of the dispatcher's materialises what changed; the rest once an hour, for the freshness.
"""

import time
from collections import defaultdict
from collections.abc import Iterator

import dagster as dg

from assets.bounded import sentences
from assets.crm.results import materialized
from assets.crm.specs import raw_key, table_key
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.runs import WorkspaceSync
from nooks_dagster.crm.status import LaneStatus
from nooks_dagster.crm.work import Request, WindowKind

UNCHANGED_EVERY = 3600  # seconds
REACHED = (Ending.DONE, Ending.HELD_BACK)

Results = Iterator[dg.MaterializeResult[None]]


class Telling:
    """What one run tells Dagster.

    Args:
        context: Of the step.
        sync: What is told about.
        request: What was wanted.
        asked: A person wants to know, not the dispatcher.
    """

    def __init__(
        self, context: dg.AssetExecutionContext, sync: WorkspaceSync, request: Request, *, asked: bool
    ) -> None:
        self._context = context
        self._sync = sync
        self._asked = asked
        self._wanted = [name for name in OBJECTS if request.wants(name)]
        self._reports: dict[str, list[WindowReport]] = defaultdict(list)
        self._told: set[str] = set()

    def hear(self, report: WindowReport) -> Results:
        """Take in the end of a window; materialise its object if nothing of it is left to do."""
        self._context.log.info("%s/%s: %s", report.task.connection, report.task.source, report.ending)
        canonical = report.task.canonical
        self._reports[canonical].append(report)
        if not self._sync.left(canonical):
            yield from self._tell(canonical)

    def rest(self) -> Results:
        """Materialise what was reached in part, and for a person what another run reached meanwhile."""
        for canonical in self._wanted:
            if canonical in self._reports or self._reached_by_others(canonical):
                yield from self._tell(canonical)

    def missed(self) -> str | None:
        """Return in sentences what could not be brought up to date, or None."""
        reported = {(r.task.connection, r.task.source): r for reports in self._reports.values() for r in reports}
        stuck = [f"{c}/{s} is {r.ending}: {r.reason}" for (c, s), r in reported.items() if r.ending not in REACHED]
        left = [
            f"{lane.connection}/{lane.source} is {_state(lane)}"
            for lane in self._sync.lanes()
            if lane.canonical in self._wanted and lane.state != "done"
            if (lane.connection, lane.source) not in reported
        ]
        told = [*dict.fromkeys(self._sync.problems), *stuck, *left]
        return sentences(told) if told else None

    def _tell(self, canonical: str) -> Results:
        reports = self._reports[canonical]
        if canonical in self._told or (reports and not any(r.ending in REACHED for r in reports)):
            return
        self._told.add(canonical)
        selected = [k for k in (raw_key(canonical), table_key(canonical)) if k in self._context.selected_asset_keys]
        news = [key for key in selected if self._is_news(key, reports)]
        if news:
            stored = self._sync.stored(canonical)  # counts all rows, so once for both
            yield from (materialized(key, reports, self._sync, stored) for key in news)

    def _is_news(self, key: dg.AssetKey, reports: list[WindowReport]) -> bool:
        return self._asked or any(_changed(report) for report in reports) or not self._told_lately(key)

    def _told_lately(self, key: dg.AssetKey) -> bool:
        which = dg.AssetRecordsFilter(key, asset_partitions=[self._context.partition_key])
        last = self._context.instance.fetch_materializations(which, limit=1).records
        return bool(last) and time.time() - last[0].timestamp < UNCHANGED_EVERY

    def _reached_by_others(self, canonical: str) -> bool:
        lanes = [lane for lane in self._sync.lanes() if lane.canonical == canonical]
        return bool(lanes) and all(lane.state == "done" for lane in lanes)


def _changed(report: WindowReport) -> bool:
    wrote = any(report.totals.get(name) for name in ("inserted", "updated", "deleted"))
    return wrote or (report.ending is Ending.DONE and report.task.kind is WindowKind.HISTORY)


def _state(lane: LaneStatus) -> str:
    if lane.state == "leased":
        return "still being read by another run; look at that one"
    return f"{lane.state}: {lane.reason or 'the dispatcher launches it again'}"
