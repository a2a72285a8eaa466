"""One run's sync of a workspace: join the launch, say what is wanted, drain it, wait for what others hold.

Belongs here: putting the parts of a sync together for one run. Does not: Dagster; the asset only relays.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

from nooks_dagster.budgets.quotas import Allowance, Quotas
from nooks_dagster.crm.access.allowance import quota_of
from nooks_dagster.crm.connections import ConnectorFactory, Connectors
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.reporting.past import Past
from nooks_dagster.crm.reporting.progress import WindowProgress, progress
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.reporting.shown import AGAIN_AFTER, show
from nooks_dagster.crm.reporting.status import LaneStatus, lane_statuses
from nooks_dagster.crm.reporting.stored import Stored, stored
from nooks_dagster.crm.rows.schema_changes import LATELY, SchemaChange, schema_changes
from nooks_dagster.crm.sweeps.sweeping import Sweeper
from nooks_dagster.crm.sync.asking import ask, connected
from nooks_dagster.crm.sync.chunks import ChunkRunner
from nooks_dagster.crm.sync.claiming import Claimer
from nooks_dagster.crm.sync.cutting import Cutter
from nooks_dagster.crm.sync.discovery import Discovery
from nooks_dagster.crm.sync.doing import TaskRunner
from nooks_dagster.crm.sync.hands import Hands, Tasks
from nooks_dagster.crm.sync.neighbours import Neighbours
from nooks_dagster.crm.sync.sync import PATIENCE, Sync
from nooks_dagster.crm.sync.windows import WindowRunner
from nooks_dagster.crm.work import Request, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.parts import sweep
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper, keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.runs import WorkspaceRun
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection, Registry

LANES = """
    SELECT DISTINCT lane FROM work.items
    WHERE queue IN ('crm.windows', 'crm.rebuilds', 'crm.sweeps') AND scope = %s
      AND state IN ('waiting', 'leased', 'blocked') AND payload ->> 'canonical' = ANY(%s)
"""
ONE_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
POLL_SECONDS = 1.0  # a dozen indexed queries


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
        return Launches.of(self.db, self.settings)


@dataclass(frozen=True, slots=True)
class SyncRun(WorkspaceRun):
    """A run that syncs a workspace, and what is wanted of it beyond what is due."""

    request: Request = field(default_factory=Request)

    @property
    def scope(self) -> str:
        """Return the scope that it drains."""
        return scope_of(self.workspace)

    @property
    def most(self) -> WorkClass:
        """Return the last class that it drains: one that the clock launched leaves what takes days to other runs."""
        by_the_clock = self.launch is not None and self.work_class is WorkClass.INCREMENTAL
        return WorkClass.INCREMENTAL if by_the_clock else WorkClass.HISTORY


class WorkspaceSync:
    """Drains the CRM work of one workspace, once."""

    def __init__(self, platform: Platform, run: SyncRun) -> None:
        self._platform = platform
        self._run = run
        self._registry = Registry(platform.db)
        self._opened: dict[str, Connection] = {}
        self._connectors = Connectors(self._registry, self._open)
        self._ledger = Ledger.of(platform.db, platform.settings, run.run_id)
        self.problems: Sequence[str] = ()
        self.lanes: Sequence[LaneStatus] = ()

    def run(self) -> Iterator[WindowReport]:
        """Yield a report for each window that ends.

        Afterwards `problems` tells what could not be looked into, and `lanes` how the source objects stood when
        nothing was under way any more, or the patience ended: what begins later is not this run's to wait for.

        Raises:
            Permanent: The workspace has no connection.
        """
        with closing(self.beats()) as beats:
            for report in beats:
                if report:
                    yield report

    def beats(self) -> Generator[WindowReport | None, None, None]:
        """Do what `run` does, and yield None at least once a second: a beat, to look how far it is."""
        run, settings = self._run, self._platform.settings
        with self._platform.launches.joined(run.scope, run.run_id, run.work_class, run.launch) as n:
            if run.launch is None:
                ask(self._ledger, connected(self._registry, run.workspace), run.run_id, run.request)
            with keeping(settings, (run.scope, n)) as keeper:
                yield from self._drain(keeper, n)

    @property
    def workspace(self) -> str:
        """Return whose work it is."""
        return self._run.workspace

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

    def show(self, assets: Sequence[str], *, changed: bool) -> Sequence[str]:
        """Return those of the assets that are to be shown now: if they changed all, else what was not for an hour."""
        with self._platform.db.transaction() as conn:
            return show(conn, self.workspace, assets, timedelta() if changed else AGAIN_AFTER)

    def past(self, canonical: str, *, over_a_day: bool) -> Past:
        """Return how far an object of this workspace is, and how far it lagged behind over the last day, if asked."""
        with self._platform.db.transaction() as conn:
            lanes = [lane for lane in lane_statuses(conn, self._run.scope) if lane.canonical == canonical]
            return Past.of(conn, lanes, over_a_day=over_a_day)

    def drift(self, canonical: str) -> Sequence[SchemaChange]:
        """Return what changed lately about the fields of an object of this workspace."""
        with self._platform.db.transaction() as conn:
            changes = schema_changes(conn, LATELY, self._run.workspace)
        return [change for change in changes if change.canonical == canonical]

    def allowances(self) -> Mapping[str, Allowance]:
        """Return what the connections of this workspace have used of their calls of the day."""
        known, found = self._registry.connections(self._run.workspace), Quotas(self._platform.db).allowances()
        return {one.id: found[quota_of(one)] for one in known if quota_of(one) in found}

    def progress(self) -> Sequence[WindowProgress]:
        """Return how far the open windows of this workspace are, whoever works on them."""
        with self._platform.db.transaction() as conn:
            return progress(conn, self._run.scope)

    def _drain(self, keeper: LeaseKeeper, n: int) -> Iterator[WindowReport | None]:
        run, settings = self._run, self._platform.settings
        neighbours = Neighbours(run.scope, n, run.request.queues, run.request.objects, PATIENCE, settings.lease)
        sync = self._sync(keeper)
        yield from sync.drain(run.scope, self._lanes)
        patience = float(settings.patience_seconds) if run.launch is None else 0.0
        while self._others_go_on(neighbours) and patience > 0:
            time.sleep(POLL_SECONDS)
            patience -= POLL_SECONDS  # what this run does itself is no wait
            yield None
            # They may have died or failed, and left what is due to us.
            yield from sync.drain(run.scope, self._lanes)
        self.problems = sync.problems()

    def _sync(self, keeper: LeaseKeeper) -> Sync:
        db, lake, settings = self._platform.db, self._platform.lake, self._platform.settings
        sweep(lake.scratch)
        hands = Hands(tasks=Tasks(settings.background_nice))
        runner = TaskRunner(
            keeper,
            Discovery(db, self._ledger, self._connectors),
            WindowRunner(db, lake, self._ledger, self._connectors),
            Cutter(db, lake, self._ledger),
            ChunkRunner(db, lake, self._ledger, settings.crm_merges),
            Sweeper(self._ledger, lake),
            self._ledger,
        )
        claimer = Claimer(self._ledger, hands, settings.crm_workers, self._run.request.queues, self._run.most)
        return Sync(self._ledger, keeper, hands, claimer, runner, self._mark_unauthorized)

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

    def _others_go_on(self, neighbours: Neighbours) -> bool:
        """Note how the lanes stand, and say whether another run is about to change that: both of one moment."""
        with self._platform.db.transaction() as conn:
            conn.execute(ONE_SNAPSHOT)
            self.lanes = lane_statuses(conn, self._run.scope)
            return neighbours.under_way(conn)
