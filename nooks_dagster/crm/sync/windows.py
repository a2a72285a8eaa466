"""Windows: opening one fixes its bounds, closing one moves the watermark.

Belongs here: the beginning and the end of a window. Does not: how it is cut (`crm.sync.cutting`), its chunks
(`crm.sync.chunks`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.access.meter import spent
from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.lifecycle.chosen import LeftOut
from nooks_dagster.crm.lifecycle.moving import clear_old_datasets, clear_old_tables
from nooks_dagster.crm.model import SourceObject, Window
from nooks_dagster.crm.rows.drift import follow_up
from nooks_dagster.crm.rows.raw import raw_schema
from nooks_dagster.crm.rows.rebuild import begin
from nooks_dagster.crm.rows.schema_changes import learn
from nooks_dagster.crm.rows.schemas import latest, recall
from nooks_dagster.crm.sweeps.comparing import to_compare
from nooks_dagster.crm.sweeps.planning import sweep_after
from nooks_dagster.crm.sweeps.roll import Roll
from nooks_dagster.crm.sync.landed import landed_by_shape, swept_by_shape
from nooks_dagster.crm.sync.promises import check_promises
from nooks_dagster.crm.sync.watermarks import move_watermark, watermark
from nooks_dagster.crm.work import OVERLAP, WindowKind, WindowTask, moment
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import StalePlan
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Group
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.children import Children, any_open, children, detach
from nooks_dagster.ledger.giving_up import GIVEN_UP
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

ALL_ROWS = (WindowKind.HISTORY, WindowKind.REFRESH)
Shaped = tuple[SourceObject, Sequence[Handle]]
ADVANCING = (*ALL_ROWS, WindowKind.INCREMENTAL)


@dataclass(slots=True, eq=False)
class OpenWindow:
    """A window whose bounds are fixed: what its chunks need to run. A rebuild asks no connector.

    `listed` is the object as its plan is made for, with fewer fields for a sweep; None if there is nothing to plan.
    `stale` is what one of its chunks found out while more of them are being planned; the planning then stops.
    `settled` is set when nothing more follows from what it brought.
    """

    claim: Claim
    task: WindowTask
    source: SourceObject
    connector: Connector | None
    window: Window
    listed: SourceObject | None = None
    stale: StalePlan | None = None
    settled: bool = False


class WindowRunner:
    """Opens and closes windows."""

    def __init__(self, db: Database, lake: Lake, ledger: Ledger, connectors: Connectors) -> None:
        self._db = db
        self._lake = lake
        self._ledger = ledger
        self._connectors = connectors

    def open(self, claim: Claim) -> OpenWindow | None:
        """Fix the bounds of a window at its first claim, or find them again at a later one.

        The object is described each time: with the fields of the first time, a field that is gone meanwhile
        would be asked for in vain for ever.

        Returns None when there is nothing to read: the source holds back everything behind the watermark.
        """
        task = WindowTask.of(claim.item)
        if task.kind is WindowKind.REBUILD:
            return self._open_rebuild(claim, task)
        connector = self._connectors.get(task.connection, claim.item.work_class)
        try:
            return self._open(claim, task, connector)
        except LeftOut:
            with self._db.transaction() as conn:
                detach(conn, claim.item.id)
                self._ledger.complete(conn, claim, {"left_out": True})
            return None

    def _open(self, claim: Claim, task: WindowTask, connector: Connector) -> OpenWindow | None:
        progress = dict(claim.item.progress)
        if "until" not in progress:
            bounds = self._bounds(task, connector)
            if bounds is None:
                self._complete(claim, {"held_back": True, **spent()})
                return None
            progress |= bounds
        source = self._described(claim, task, connector, progress)
        since = moment(progress["since"]) if progress["since"] else None
        window = Window(since, moment(progress["until"]), again=task.kind is WindowKind.REREAD)
        return OpenWindow(claim, task, source, connector, window, _listed(task, source))

    def close(self, window: OpenWindow, calls: Mapping[str, int] | None = None) -> Mapping[str, int] | None:
        """Finish a window whose chunks are all merged; return its totals, or None while some are open.

        One that was given up is published as far as it came: its rows are here, and will not be fetched again if their
        stamps stand. The watermark stays.

        Args:
            window: Held by this run.
            calls: Those of which no chunk tells, as the ledger keeps them.

        Raises:
            StalePlan: Its chunks together are not what the source promised.
            LostLease: Another run has the window; nothing is published.
        """
        item = window.claim.item
        given_up = bool(item.progress.get(GIVEN_UP))
        with self._db.transaction() as conn:
            if any_open(conn, item.id):
                return None
            # The manifest knows no fence: what another run closed since, and built on, must not be begun anew.
            self._ledger.note(conn, window.claim, item.progress)
            # What a sweep listed is in no table to be counted; what was given up is not all.
            if window.task.kind is not WindowKind.SWEEP and not given_up:
                check_promises(conn, window.task, item.id)
            totals = Counter(children(conn, item.id).totals)
            totals.update(calls or {})
            landed = _shaped(conn, window.task, landed_by_shape(conn, item.id))
        self._publish(window, landed)
        crash_point("published")
        with self._db.transaction() as conn:
            if (task := window.task).kind in ADVANCING and not given_up:
                self._advance(conn, window, [shape for shape, _ in landed])
            if task.kind in ALL_ROWS:
                clear_old_tables(conn, task.raw)
            if task.kind is WindowKind.SWEEP:
                Roll(conn, item.id, task).drop()
            elif not given_up and (sweep := sweep_after(conn, item, window.source)):
                self._ledger.plan(conn, [sweep])
            self._ledger.complete(conn, window.claim, {**totals, GIVEN_UP: 1} if given_up else totals)
            crash_point("closing")
        crash_point("closed")
        if task.kind in ALL_ROWS:
            clear_old_datasets(self._db, self._lake, task.raw)
        return totals

    def _open_rebuild(self, claim: Claim, task: WindowTask) -> OpenWindow | None:
        progress = begin(self._db, Dataset(self._lake, task.dataset).manifest(), self._ledger, claim)
        if progress is None:
            self._complete(claim, {"held_back": True})
            return None
        with self._db.transaction() as conn:
            source = latest(conn, task.connection, task.source)
        return OpenWindow(claim, task, source, None, Window(None, moment(progress["until"])), source)

    def _advance(self, conn: psycopg.Connection[Any], window: OpenWindow, shapes: Sequence[SourceObject]) -> None:
        task, read_all = window.task, window.task.kind in ALL_ROWS
        move_watermark(conn, task.connection, task.source, window.window.until)
        if refresh := follow_up(conn, window.claim.item, window.source, shapes if read_all else None):
            self._ledger.plan(conn, [refresh])

    def _publish(self, window: OpenWindow, landed: Sequence[Shaped]) -> None:
        """Name the parts of a window in the manifest; what reads all begins it anew, so that a broken part goes."""
        dataset = Dataset(self._lake, window.task.dataset)
        parts = _groups(landed)
        if window.task.kind in ALL_ROWS:
            # No rows are published too: an object without rows exists and is empty.
            dataset.begin_anew(parts or [((), raw_schema(window.source))], lambda: self._swept(window))
            return
        for handles, schema in parts:
            dataset.publish(handles, schema)

    def _swept(self, window: OpenWindow) -> Sequence[Group]:
        """Return what sweeps found while the window was read, which it may have read before."""
        task = window.task
        with self._db.transaction() as conn:
            return _groups(_shaped(conn, task, swept_by_shape(conn, task.dataset, window.claim.item.id)))

    def children(self, window: OpenWindow) -> Children:
        """Return how the chunks of a window stand."""
        with self._db.transaction() as conn:
            return children(conn, window.claim.item.id)

    def _described(
        self, claim: Claim, task: WindowTask, connector: Connector, progress: Mapping[str, Any]
    ) -> SourceObject:
        source = connector.describe(task.source)
        with self._db.transaction() as conn:
            shape = learn(conn, task.connection, source)
            if progress.get("schema") != shape:
                self._ledger.advance(conn, claim, {**progress, "schema": shape})
        return source

    def _bounds(self, task: WindowTask, connector: Connector) -> dict[str, Any] | None:
        if task.kind is WindowKind.INCREMENTAL:
            return self._bounds_of_news(task, connector)
        until = moment(task.until) if task.until else connector.safe_bound(task.source)
        since = (until - timedelta(hours=task.hours)).isoformat() if task.kind is WindowKind.LATE else task.since
        return {"since": since, "until": until.isoformat()}

    def _bounds_of_news(self, task: WindowTask, connector: Connector) -> dict[str, Any] | None:
        """Return the bounds of what is new behind the watermark; None if nothing is."""
        since, due = self._watermark(task), moment(task.due) if task.due else None
        if since is None or (due and due <= since):
            return None  # the source need not be asked
        bound = connector.safe_bound(task.source)
        until = min(bound, due) if due else bound
        if until <= since:
            return None
        return {"since": (since - OVERLAP).isoformat(), "until": until.isoformat()}

    def _watermark(self, task: WindowTask) -> datetime | None:
        with self._db.transaction() as conn:
            return watermark(conn, task.connection, task.source)

    def _complete(self, claim: Claim, outcome: Mapping[str, Any]) -> None:
        with self._db.transaction() as conn:
            self._ledger.complete(conn, claim, outcome)


def _listed(task: WindowTask, source: SourceObject) -> SourceObject | None:
    if task.kind is not WindowKind.SWEEP:
        return source
    return to_compare(source, task.sweep) if task.sweep else None


def _shaped(
    conn: psycopg.Connection[Any], task: WindowTask, landed: Mapping[str, Sequence[Handle]]
) -> Sequence[Shaped]:
    """Return parts together with those that were read with the same shape."""
    return [(recall(conn, task.connection, task.source, shape), parts) for shape, parts in landed.items()]


def _groups(shaped: Sequence[Shaped]) -> list[Group]:
    return [(handles, raw_schema(shape)) for shape, handles in shaped]
