"""Windows: opening one fixes its bounds and plans its chunks, closing one moves the watermark.

Belongs here: the life of a window around its chunks. Does not: the chunks' own work (`crm.chunks`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import psycopg
import pyarrow as pa

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.landed import landed_by_shape
from nooks_dagster.crm.model import Chunk, SourceObject, Window
from nooks_dagster.crm.schemas import recall, remember
from nooks_dagster.crm.watermarks import move_watermark, watermark
from nooks_dagster.crm.work import CHUNKS, OVERLAP, WindowKind, WindowTask, moment
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.children import Children, any_open, children
from nooks_dagster.ledger.items import Claim, NewItem
from nooks_dagster.ledger.ledger import Ledger

ALL_ROWS = (WindowKind.HISTORY, WindowKind.REFRESH)
Shaped = Sequence[tuple[pa.Schema, Sequence[Handle]]]
"""Parts together with those that have the same schema."""
PLANNED_AT_ONCE = 50  # chunks planned in one transaction; the first are read while the rest are planned


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window whose bounds are fixed: what its chunks need to run."""

    claim: Claim
    task: WindowTask
    source: SourceObject
    connector: Connector
    window: Window


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
        connector = self._connectors.get(task.connection, claim.item.work_class)
        progress = dict(claim.item.progress)
        if "until" not in progress:
            bounds = self._bounds(task, connector)
            if bounds is None:
                self._complete(claim, {"held_back": True})
                return None
            progress = bounds
        source = self._described(claim, task, connector, progress)
        since = moment(progress["since"]) if progress["since"] else None
        return OpenWindow(claim, task, source, connector, Window(since, moment(progress["until"])))

    def plan(self, window: OpenWindow) -> None:
        """Plan the chunks that are not planned yet; each group is claimable as soon as it is."""
        progress = dict(window.claim.item.progress)
        if progress.get("planned"):
            return
        last = progress.get("last_chunk")
        after = Chunk(last["key"], last["spec"]) if last else None
        for group in _groups(window.connector.plan(window.source, window.window, after)):
            last = {"key": group[-1].key, "spec": dict(group[-1].spec)}
            progress = progress | {"last_chunk": last}
            self._record(window, progress, group)
            crash_point("planning")
        self._record(window, progress | {"planned": True}, ())

    def close(self, window: OpenWindow) -> Mapping[str, int] | None:
        """Finish a window whose chunks are all merged; return its totals, or None while some are open."""
        item = window.claim.item
        with self._db.transaction() as conn:
            if any_open(conn, item.id):
                return None
            totals = children(conn, item.id).totals
            parts = _parts(conn, window)
        self._publish(window.task, parts)
        crash_point("published")
        with self._db.transaction() as conn:
            if window.task.kind is not WindowKind.REREAD:
                move_watermark(conn, window.task.connection, window.task.source, window.window.until)
            self._ledger.complete(conn, window.claim, dict(totals))
            crash_point("closing")
        crash_point("closed")
        return totals

    def _publish(self, task: WindowTask, parts: Shaped) -> None:
        """Name the parts of a window in the manifest; what reads all begins it anew, so that a broken part goes."""
        dataset = Dataset(self._lake, task.dataset)
        anew = task.kind in ALL_ROWS
        for schema, handles in parts:
            (dataset.replace if anew else dataset.publish)(handles, schema)
            anew = False

    def children(self, window: OpenWindow) -> Children:
        """Return how the chunks of a window stand."""
        with self._db.transaction() as conn:
            return children(conn, window.claim.item.id)

    def _described(
        self, claim: Claim, task: WindowTask, connector: Connector, progress: Mapping[str, Any]
    ) -> SourceObject:
        source = connector.describe(task.source)
        with self._db.transaction() as conn:
            shape = remember(conn, task.connection, source)
            if progress.get("schema") != shape:
                self._ledger.advance(conn, claim, {**progress, "schema": shape})
        return source

    def _bounds(self, task: WindowTask, connector: Connector) -> dict[str, Any] | None:
        if task.kind is WindowKind.REREAD:
            return {"since": task.since, "until": task.until or connector.safe_bound(task.source).isoformat()}
        until = connector.safe_bound(task.source)
        if task.kind is not WindowKind.INCREMENTAL:
            return {"since": None, "until": until.isoformat()}
        since = self._watermark(task)
        if since is None or until <= since:
            return None
        return {"since": (since - OVERLAP).isoformat(), "until": until.isoformat()}

    def _watermark(self, task: WindowTask) -> datetime | None:
        with self._db.transaction() as conn:
            return watermark(conn, task.connection, task.source)

    def _record(self, window: OpenWindow, progress: Mapping[str, Any], group: Iterable[Chunk]) -> None:
        with self._db.transaction() as conn:
            self._ledger.advance(conn, window.claim, progress)
            self._ledger.plan(conn, [_item(window.claim, chunk) for chunk in group])
        window.claim.tick()

    def _complete(self, claim: Claim, outcome: Mapping[str, Any]) -> None:
        with self._db.transaction() as conn:
            self._ledger.complete(conn, claim, outcome)


def _parts(conn: psycopg.Connection[Any], window: OpenWindow) -> Shaped:
    """Return what a window publishes: its parts, together with those that have the same schema."""
    task = window.task
    landed = landed_by_shape(conn, window.claim.item.id)
    # No rows are published too: an object without rows exists and is empty.
    if not landed and task.kind in ALL_ROWS:
        return [(window.source.schema, ())]
    return [(recall(conn, task.connection, task.source, shape).schema, parts) for shape, parts in landed.items()]


def _item(window: Claim, chunk: Chunk) -> NewItem:
    item = window.item
    payload = {"key": chunk.key, "spec": dict(chunk.spec)}
    key = f"{item.id}/{chunk.key}"
    return NewItem(CHUNKS, item.scope, item.lane, key, payload, item.work_class, parent=item.id)


def _groups(chunks: Iterator[Chunk]) -> Iterator[list[Chunk]]:
    while group := list(islice(chunks, PLANNED_AT_ONCE)):
        yield group
