"""Discovery: which windows does a request mean, given what the CRM has and what we have?

Belongs here: turning a request into windows in the ledger; work like any other, leased, retried, blockable.
Does not: reading a single record; what becomes of a window while others are not done (`crm.starts.overlap`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg

from nooks_dagster.crm.access.meter import spent
from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.lifecycle.chosen import wants
from nooks_dagster.crm.lifecycle.moving import begin_anew
from nooks_dagster.crm.lifecycle.options import OverlapPolicy, SyncOptions
from nooks_dagster.crm.promoted import promotion_of
from nooks_dagster.crm.rows.schemas import known_objects
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.starts.overlap import FREE, Fate, OpenLane, fate, open_lanes, superseded
from nooks_dagster.crm.sync.watermarks import watermarks
from nooks_dagster.crm.work import Request, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.giving_up import give_up
from nooks_dagster.ledger.items import Claim, Item, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import ConnectionState, Registry

DEFER = """
    UPDATE work.items SET payload = payload || jsonb_build_object('due', %s::text)
    WHERE id = %s AND state = 'waiting' AND progress = '{}'
"""


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands of a connection: its watermarks by object, and what is not done by lane."""

    watermarks: Mapping[str, datetime]
    lanes: Mapping[str, OpenLane]


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
        policy: OverlapPolicy | None = None
        if "due" in item.payload:
            policy = self._policy(claim)
            if policy is None:
                return
        objects = self._connectors.get(item.payload["connection"], item.work_class).objects()
        objects = {**objects, **self._lost(item.payload["connection"], objects)}
        claim.tick()
        if any(promotion_of(name) for name in objects):
            ensure_partitions(self._db, item.payload["connection"])
        tasks = [_task(item, request, name, canonical) for name, canonical in objects.items()]
        with self._db.transaction() as conn:
            begin_anew(conn, item.payload["workspace"], item.payload["connection"], objects)
            fates = self._plan(conn, item, [task for task in tasks if request.wants(task.canonical)], policy)
            self._ledger.complete(conn, claim, {"objects": len(objects), **fates, **spent()})

    def _lost(self, connection: str, objects: Collection[str]) -> Mapping[str, str]:
        """Return the objects that were read and are offered no more, though wanted: their windows then say why."""
        options = SyncOptions.of(Registry(self._db).connection(connection).options)
        with self._db.transaction() as conn:
            read = watermarks(conn, connection)
            known = known_objects(conn, connection)
        return {
            source: canonical
            for source, canonical in known
            if source in read and source not in objects and wants(options, source)
        }

    def _policy(self, claim: Claim) -> OverlapPolicy | None:
        """Return the policy of a start's connection, or None when the start is done with: another stands for it."""
        connection = Registry(self._db).connection(claim.item.payload["connection"])
        policy = SyncOptions.of(connection.options).overlap
        with self._db.transaction() as conn:
            if connection.state is not ConnectionState.ACTIVE:
                # It was planned before; when the connection may be used again, one start follows.
                self._ledger.complete(conn, claim, {str(connection.state): 1})
            elif superseded(conn, policy, claim.item):
                self._ledger.complete(conn, claim, {Fate.COALESCED: 1})
            else:
                return policy
        return None

    def _plan(
        self, conn: psycopg.Connection[Any], item: Item, tasks: Sequence[WindowTask], policy: OverlapPolicy | None
    ) -> Mapping[str, int]:
        """Plan a window for each task that needs one; return how many of them met which fate."""
        lanes = [task.lane for task in tasks]
        if item.work_class == WorkClass.ASKED:
            for lane in lanes:
                self._ledger.expedite(conn, lane, WorkClass.ASKED)
        known = _Known(watermarks(conn, item.payload["connection"]), open_lanes(conn, lanes))
        fates: Counter[str] = Counter({Fate.PLANNED: 0})
        for task in tasks:
            met = self._met(conn, task, known, policy)
            fates[met] += 1
            if met in (Fate.PLANNED, Fate.INSTEAD):
                self._ledger.plan(conn, [_window(task, item, known)])
        return fates

    def _met(
        self, conn: psycopg.Connection[Any], task: WindowTask, known: _Known, policy: OverlapPolicy | None
    ) -> Fate:
        if task.kind is not WindowKind.INCREMENTAL:
            return Fate.PLANNED
        lane = known.lanes.get(task.lane, FREE)
        met = fate(policy, lane)
        behind = lane.untouched if met is Fate.COALESCED and task.due else None
        if behind and not conn.execute(DEFER, (task.due, behind)).rowcount:
            return Fate.PLANNED  # it was begun just now, and reads no further than it was to
        if met is Fate.INSTEAD:
            give_up(conn, lane.increments)
        return met


def _window(task: WindowTask, item: Item, known: _Known) -> NewItem:
    """Return a window. Whoever asks: every row of an object is read with the allowance of a history."""
    if task.kind is WindowKind.INCREMENTAL and task.source not in known.watermarks:
        task = replace(task, kind=WindowKind.HISTORY, due=None)
    whole = task.kind in (WindowKind.HISTORY, WindowKind.REFRESH)
    return task.item(f"{task.kind}:{item.id}", WorkClass.HISTORY if whole else item.work_class)


def _request(item: Item) -> Request:
    payload = item.payload
    return Request(WindowKind(payload["kind"]), tuple(payload["objects"]), payload["since"], payload["until"])


def _task(item: Item, request: Request, source: str, canonical: str) -> WindowTask:
    where = (item.payload["workspace"], item.payload["connection"])
    return WindowTask(
        *where, source, canonical, request.kind, request.since, request.until, due=item.payload.get("due")
    )
