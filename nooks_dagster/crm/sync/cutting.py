"""Cutting windows into chunks, in steps that another process can go on from.

Belongs here: recording what a plan finds out, and dropping a plan that leads nowhere. Does not: what the plan is
(`crm.connector`, `crm.rows.rebuild`), the bounds of a window (`crm.sync.windows`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.model import Chunk, Plan, SourceObject
from nooks_dagster.crm.rows.rebuild import published_parts
from nooks_dagster.crm.sweeps.roll import Roll
from nooks_dagster.crm.sync.packed_ids import pack
from nooks_dagster.crm.sync.windows import OpenWindow
from nooks_dagster.crm.work import CHUNKS, SWEEPS, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.children import detach
from nooks_dagster.ledger.giving_up import GIVEN_UP
from nooks_dagster.ledger.items import Claim, NewItem
from nooks_dagster.ledger.ledger import Ledger

AT_ONCE = 50  # chunks recorded in one transaction; the first are read while the rest are planned
BOUNDS = ("since", "until", "schema")  # of a window's progress; the rest is its plan


class Cutter:
    """Cuts open windows into chunks."""

    def __init__(self, db: Database, lake: Lake, ledger: Ledger) -> None:
        self._db = db
        self._lake = lake
        self._ledger = ledger

    def cut(self, window: OpenWindow) -> None:
        """Plan the chunks that are not planned yet; each group is claimable as soon as it is.

        Raises:
            StalePlan: What is planned so far rests on something that the source no longer has.
        """
        progress = dict(window.claim.item.progress)
        if progress.get("planned") or progress.get(GIVEN_UP) or window.listed is None:
            return
        plan = self._plan(window, window.listed, _resume(progress))
        if plan.rows is not None:
            progress["expected_rows"] = plan.rows
        waiting: list[Chunk] = []
        for step in plan.steps:
            if window.stale:
                raise window.stale
            window.claim.tick()
            waiting += step.chunks
            moved = step.resume != progress.get("plan") or window.claim.item.deaths
            if len(waiting) >= AT_ONCE or (moved and not step.chunks):
                progress["plan"] = dict(step.resume)
                self._record(window.claim, progress, waiting)
                waiting = []
        self._record(window.claim, progress | {"planned": True}, waiting)

    def drop(self, claim: Claim) -> int:
        """Drop the chunks and the plan of a window, its bounds stay; return how often that has been done.

        What landed by the old plan stays merged, and goes from the lake when nothing names it any more.
        """
        progress = claim.item.progress
        times = int(progress.get("restarts", 0)) + 1
        bounds = {name: progress[name] for name in BOUNDS if name in progress}
        with self._db.transaction() as conn:
            detach(conn, claim.item.id)
            if claim.item.queue == SWEEPS.name:
                Roll(conn, claim.item.id, WindowTask.of(claim.item)).empty()
            self._ledger.advance(conn, claim, bounds | {"restarts": times})
        return times

    def _plan(self, window: OpenWindow, listed: SourceObject, resume: Mapping[str, str] | None) -> Plan:
        if window.connector is None:
            return published_parts(Dataset(self._lake, window.task.dataset).manifest(), resume)
        return window.connector.plan(listed, window.window, resume)

    def _record(self, claim: Claim, progress: Mapping[str, Any], chunks: Sequence[Chunk]) -> None:
        # A source that is asked for its rows again and again has brought none of them: that clears no attempt.
        record = self._ledger.advance if chunks else self._ledger.note
        with self._db.transaction() as conn:
            record(conn, claim, progress)
            self._ledger.plan(conn, [_item(claim, chunk) for chunk in chunks])
        crash_point("planning")
        claim.tick()


def _resume(progress: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return where a plan goes on; an older release remembered its last chunk instead."""
    if last := progress.get("last_chunk"):
        return {"key": last["key"], **last["spec"]}
    resume: Mapping[str, str] | None = progress.get("plan")
    return resume


def _item(window: Claim, chunk: Chunk) -> NewItem:
    item = window.item
    payload: dict[str, Any] = {"key": chunk.key, "spec": dict(chunk.spec)}
    if chunk.promise:
        payload["promise"] = asdict(chunk.promise)
    if chunk.ids:
        payload["ids"] = pack(chunk.ids)
    times = item.progress.get("restarts", 0)
    key = f"{item.id}.{times}/{chunk.key}" if times else f"{item.id}/{chunk.key}"
    return NewItem(CHUNKS, item.scope, item.lane, key, payload, item.work_class, parent=item.id)
