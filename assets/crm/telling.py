"""When an object is materialised, and what a click that missed something ends with.

Belongs here: the decision. Does not: what the asset's page then shows (`assets.crm.results`), and by what kind of event
(`assets.crm.records`, `assets.crm.jobs`).

A click materialises every object that it or another run brought up to date, even if nothing was new: who clicked
sees that it happened. A run of the dispatcher's materialises what changed; the rest once an hour, for the freshness.
A history of days tells of an object each time that it changed, for what is new is read beside it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator

import dagster as dg

from assets.bounded import sentences
from assets.crm.results import materialized
from assets.crm.specs import raw_key, table_key
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.reporting.status import LaneStatus
from nooks_dagster.crm.sync.runs import WorkspaceSync
from nooks_dagster.crm.work import WINDOWS, Request, WindowKind

REACHED = (Ending.DONE, Ending.HELD_BACK)

Told = Iterator[dg.AssetMaterialization]


class Telling:
    """What one run tells Dagster.

    Args:
        sync: What is told about.
        request: What was wanted.
        selected: The assets that may be told about.
        asked: A person wants to know, not the dispatcher.
    """

    def __init__(
        self, sync: WorkspaceSync, request: Request, selected: Collection[dg.AssetKey], *, asked: bool
    ) -> None:
        self._sync = sync
        self._asked = asked
        self._selected = selected
        self._wanted = [name for name in OBJECTS if request.wants(name)]
        self._last: dict[tuple[str, str], WindowReport] = {}
        self._news: dict[str, list[WindowReport]] = defaultdict(list)
        self._fresh: set[str] = set()
        self._told: set[str] = set()

    def hear(self, report: WindowReport) -> None:
        """Take in the end of a window."""
        self._last[report.task.connection, report.task.source] = report
        self._news[report.task.canonical].append(report)
        self._fresh.add(report.task.canonical)

    def done(self) -> Told:
        """Materialise the objects of which windows ended since the last call and nothing is left to do."""
        fresh, self._fresh = self._fresh, set()
        for canonical in sorted(fresh):
            if not self._sync.left(canonical):
                yield from self._tell(canonical)

    def rest(self) -> Told:
        """Materialise what was reached in part, and for a person what another run reached meanwhile."""
        for canonical in self._wanted:
            if canonical in self._news or (canonical not in self._told and self._reached_by_others(canonical)):
                yield from self._tell(canonical)

    def missed(self) -> str | None:
        """Return in sentences what could not be brought up to date, or None."""
        done = {(lane.connection, lane.source) for lane in self._sync.lanes if lane.state == "done"}
        stuck = [
            f"{report.task.connection}/{report.task.source} is {report.ending}: {report.reason}"
            for place, report in self._last.items()
            if report.ending not in REACHED and not (report.task.queue is WINDOWS and place in done)
        ]
        left = [
            f"{lane.connection}/{lane.source} is {_state(lane)}"
            for lane in self._sync.lanes
            if lane.canonical in self._wanted and lane.state != "done"
            if (lane.connection, lane.source) not in self._last
        ]
        told = [*dict.fromkeys(self._sync.problems), *stuck, *left]
        return sentences(told) if told else None

    def _tell(self, canonical: str) -> Told:
        reports = self._news.pop(canonical, [])
        if reports and not any(r.ending in REACHED for r in reports) and not self._reached_by_others(canonical):
            return
        self._told.add(canonical)
        selected = [key for key in (raw_key(canonical), table_key(canonical)) if key in self._selected]
        changed = self._asked or any(map(_changed, reports))
        shown = self._sync.show([key.to_user_string() for key in selected], changed=changed)
        news = [key for key in selected if key.to_user_string() in shown]
        if news:
            stored = self._sync.stored(canonical)  # counts all rows, so once for both
            yield from (materialized(key, reports, self._sync, stored) for key in news)

    def _reached_by_others(self, canonical: str) -> bool:
        lanes = [lane for lane in self._sync.lanes if lane.canonical == canonical]
        return bool(lanes) and all(lane.state == "done" for lane in lanes)


def _changed(report: WindowReport) -> bool:
    wrote = any(report.totals.get(name) for name in ("inserted", "updated", "deleted"))
    return wrote or (report.ending is Ending.DONE and report.task.kind is WindowKind.HISTORY)


def _state(lane: LaneStatus) -> str:
    if lane.state == "leased":
        return "still being read by another run; look at that one"
    return f"{lane.state}: {lane.reason or 'the dispatcher launches it again'}"
