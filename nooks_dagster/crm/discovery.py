"""Discovery: which windows does a request mean, given what the CRM has and what we have?

Belongs here: turning a request into windows in the ledger; work like any other, leased, retried, blockable.
Does not: reading a single record.
"""

from dataclasses import replace
from typing import Any

import psycopg

from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.watermarks import watermark
from nooks_dagster.crm.work import WINDOWS, Request, WindowKind, WindowTask, lane_of
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import Claim, Item, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger

# A lane with unfinished work already reads all from its watermark on; a second window would find nothing.
BUSY = """
    SELECT EXISTS (
        SELECT FROM work.items
        WHERE queue = %s AND lane = %s AND state IN ('waiting', 'leased', 'blocked'))
"""


class Discovery:
    """Plans windows for the objects of a connection."""

    def __init__(self, db: Database, ledger: Ledger, connectors: Connectors) -> None:
        self._db = db
        self._ledger = ledger
        self._connectors = connectors

    def run(self, claim: Claim) -> None:
        """Plan what a discovery item asks for, and complete it.

        Raises:
            Unauthorized: The credentials were refused.
        """
        item, request = claim.item, _request(claim.item)
        objects = self._connectors.get(item.payload["connection"], item.work_class).objects()
        claim.tick()
        tasks = [_task(item, request, name, canonical) for name, canonical in objects.items()]
        with self._db.transaction() as conn:
            windows = [w for task in tasks if request.wants(task.canonical) for w in self._windows(conn, task, item)]
            planned = self._ledger.plan(conn, windows)
            self._ledger.complete(conn, claim, {"objects": len(objects), "windows": planned})

    def _windows(self, conn: psycopg.Connection[Any], task: WindowTask, item: Item) -> list[NewItem]:
        lane = lane_of(task.connection, task.source)
        if item.work_class == WorkClass.ASKED:
            self._ledger.expedite(conn, lane, WorkClass.ASKED)
        if task.kind is not WindowKind.INCREMENTAL:
            return [_window(task, item)]
        row = conn.execute(BUSY, (WINDOWS.name, lane)).fetchone()
        if row and row[0]:
            return []
        if watermark(conn, task.connection, task.source) is None:
            return [_window(replace(task, kind=WindowKind.HISTORY), item)]
        return [_window(task, item)]


def _window(task: WindowTask, item: Item) -> NewItem:
    """Return a window. Whoever asks: every row of an object is read with the allowance of a history."""
    whole = task.kind in (WindowKind.HISTORY, WindowKind.REFRESH)
    return task.item(f"{task.kind}:{item.id}", WorkClass.HISTORY if whole else item.work_class)


def _request(item: Item) -> Request:
    payload = item.payload
    return Request(WindowKind(payload["kind"]), tuple(payload["objects"]), payload["since"], payload["until"])


def _task(item: Item, request: Request, source: str, canonical: str) -> WindowTask:
    where = (item.payload["workspace"], item.payload["connection"])
    return WindowTask(*where, source, canonical, request.kind, request.since, request.until)
