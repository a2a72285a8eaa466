"""One run's sync of a workspace: join the launch, say what is wanted, drain it, wait for what others hold.

Belongs here: putting the parts of a sync together for one run. Does not: Dagster; the asset only relays.
"""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from nooks_dagster.crm.chunks import ChunkRunner
from nooks_dagster.crm.connections import ConnectorFactory, Connectors
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.discovery import Discovery
from nooks_dagster.crm.reports import WindowReport
from nooks_dagster.crm.status import LaneStatus, lane_statuses
from nooks_dagster.crm.stored import Stored, stored
from nooks_dagster.crm.sync import Sync
from nooks_dagster.crm.windows import WindowRunner
from nooks_dagster.crm.work import Request, discovery, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.parts import sweep
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection, Registry

LANES = """
    SELECT DISTINCT lane FROM work.items
    WHERE queue = 'crm.windows' AND scope = %s AND state IN ('waiting', 'leased', 'blocked')
      AND payload ->> 'canonical' = ANY(%s)
"""
HELD = """
    SELECT count(*) FROM work.items
    WHERE queue IN ('crm.windows', 'crm.discoveries') AND scope = %s AND state = 'leased' AND lease_until > now()
      AND (queue = 'crm.discoveries' OR %s::text[] IS NULL OR payload ->> 'canonical' = ANY(%s))
"""
POLL_SECONDS = 1.0  # one indexed count


@dataclass(frozen=True, slots=True)
class Platform:
    """What a sync stands on."""

    db: Database
    lake: Lake
    settings: Settings
    factory: ConnectorFactory

    @property
    def launches(self) -> Launches:
        """Return the launches of this platform."""
        return launches(self.db, self.settings)


def launches(db: Database, settings: Settings) -> Launches:
    """Return the launches of a database, with the patience of the settings."""
    return Launches(db, timedelta(seconds=settings.silence_seconds), timedelta(seconds=settings.launch_grace_seconds))


@dataclass(frozen=True, slots=True)
class SyncRun:
    """Who drains: a run of the dispatcher's, or of a person's when `launch` is None.

    `work_class` is the class it was launched for; a person's is always ASKED.
    """

    workspace: str
    run_id: str
    launch: int | None = None
    work_class: WorkClass = WorkClass.ASKED
    request: Request = field(default_factory=Request)

    @property
    def scope(self) -> str:
        """Return the scope that it drains."""
        return scope_of(self.workspace)


class WorkspaceSync:
    """Drains the CRM work of one workspace, once."""

    def __init__(self, platform: Platform, run: SyncRun) -> None:
        settings = platform.settings
        self._platform = platform
        self._run = run
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._registry = Registry(platform.db)
        self._opened: dict[str, Connection] = {}
        self._connectors = Connectors(self._registry, self._open)
        worker = f"{socket.gethostname()}:{os.getpid()}:{run.run_id}"
        self._ledger = Ledger(platform.db, worker, self._lease, settings.release)
        self.problems: Sequence[str] = ()

    def run(self) -> Iterator[WindowReport]:
        """Yield a report for each window that ends; afterwards `problems` tells what could not be looked into.

        Raises:
            Permanent: The workspace has no connection.
        """
        run, started = self._run, self._platform.launches
        n = started.start(run.scope, run.run_id, run.work_class, run.launch)
        try:
            if run.launch is None:
                self._ask()
            yield from self._drain(n)
        except BaseException:
            started.end(run.scope, n, "failed")
            raise
        started.end(run.scope, n, "done")

    def calls(self) -> int:
        """Return the API calls made so far."""
        return self._connectors.calls()

    def left(self, canonical: str) -> bool:
        """Say whether windows of an object are still to be worked on."""
        with self._platform.db.transaction() as conn:
            return bool(conn.execute(LANES, (self._run.scope, [canonical])).fetchall())

    def stored(self, canonical: str) -> Stored:
        """Return what we have of an object of this workspace."""
        with self._platform.db.transaction() as conn:
            return stored(conn, self._run.workspace, canonical)

    def lanes(self) -> Sequence[LaneStatus]:
        """Return how the source objects of this workspace stand."""
        with self._platform.db.transaction() as conn:
            return lane_statuses(conn, self._run.scope)

    def _ask(self) -> None:
        connections = [c for c in self._registry.connections(self._run.workspace) if c.state != "removed"]
        if not connections:
            raise Permanent(
                "no CRM is connected.",
                subject=self._run.workspace,
                next_step=f"Run `nooks connect salesforce {self._run.workspace}`.",
            )
        with self._platform.db.transaction() as conn:
            for c in connections:
                # An earlier look that is blocked would hold this one up, after its cause is mended too.
                self._ledger.expedite(conn, c.id, WorkClass.ASKED, below=False)
                work = discovery(c.workspace, c.id, self._run.run_id, WorkClass.ASKED, self._run.request)
                self._ledger.plan(conn, [work])

    def _drain(self, n: int) -> Iterator[WindowReport]:
        settings = self._platform.settings
        # One connection of its own, so that renewals never wait for a worker to finish its transaction.
        heart = Database(settings.postgres_url, size=1)
        stall = timedelta(seconds=settings.stall_seconds)
        deadline = time.monotonic() + settings.patience_seconds
        try:
            with LeaseKeeper(heart, self._lease, stall, (self._run.scope, n)) as keeper:
                sync = self._sync(keeper)
                yield from sync.drain(self._run.scope, self._lanes)
                while self._waited_for_others(deadline):
                    # They may have died or failed, and left what is due to us.
                    yield from sync.drain(self._run.scope, self._lanes)
                self.problems = sync.problems
        finally:
            heart.close()

    def _sync(self, keeper: LeaseKeeper) -> Sync:
        db, lake, settings = self._platform.db, self._platform.lake, self._platform.settings
        sweep(lake.scratch)
        return Sync(
            self._ledger,
            keeper,
            Discovery(db, self._ledger, self._connectors),
            WindowRunner(db, lake, self._ledger, self._connectors),
            ChunkRunner(db, lake, self._ledger),
            workers=settings.crm_workers,
            refused=self._mark_unauthorized,
        )

    def _lanes(self) -> Sequence[str] | None:
        objects = self._run.request.objects
        if not objects:
            return None
        with self._platform.db.transaction() as conn:
            return [lane for (lane,) in conn.execute(LANES, (self._run.scope, list(objects)))]

    def _open(self, connection: Connection, work_class: WorkClass) -> Connector:
        self._opened.setdefault(connection.id, connection)
        return self._platform.factory(connection, work_class)

    def _mark_unauthorized(self, connection: str, reason: str) -> None:
        # What this run was refused with may have been replaced by a person meanwhile.
        self._registry.mark(connection, "unauthorized", reason, seen=self._opened.get(connection))

    def _waited_for_others(self, deadline: float) -> bool:
        """Wait a while for work that another run holds, when a person wants it; say if there was any to wait for."""
        if self._run.launch is not None:
            return False
        objects = list(self._run.request.objects) or None
        waited = False
        while time.monotonic() < deadline:
            with self._platform.db.transaction() as conn:
                row = conn.execute(HELD, (self._run.scope, objects, objects)).fetchone()
            if not row or not row[0]:
                return waited
            waited = True
            time.sleep(POLL_SECONDS)
        return False
