"""What a task of a sync does: look into a connection, open and cut a window, read a chunk.

Belongs here: which part of the engine does which kind of work, under its lease. Does not: the work itself.
"""

from dataclasses import dataclass

from nooks_dagster.crm.access.meter import counting
from nooks_dagster.crm.sweeps.deletions import FOLLOWED, follow_deletions
from nooks_dagster.crm.sweeps.sweeping import Sweeper
from nooks_dagster.crm.sync.chunks import ChunkRunner
from nooks_dagster.crm.sync.cutting import Cutter
from nooks_dagster.crm.sync.discovery import Discovery
from nooks_dagster.crm.sync.hands import Task
from nooks_dagster.crm.sync.windows import OpenWindow, WindowRunner
from nooks_dagster.crm.work import CHUNKS, DISCOVERIES, SWEEPS, WindowKind
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.children import any_open
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class TaskRunner:
    """Does tasks, in the thread that it is called from. A window's own lease is kept by whoever holds the window."""

    keeper: LeaseKeeper
    discovery: Discovery
    windows: WindowRunner
    cutter: Cutter
    chunks: ChunkRunner
    sweeper: Sweeper
    ledger: Ledger

    def do(self, task: Task) -> None:
        """Bring a task to its end, and count its calls.

        Raises:
            Failure: What it met.
            LostLease: Another worker has the work.
        """
        with counting() as calls:
            try:
                self._do(task)
            except BaseException:
                task.charge(calls)
                raise
        if task.queue is not CHUNKS:  # a chunk tells of its own
            task.charge(calls)

    def _do(self, task: Task) -> None:
        if task.queue is DISCOVERIES:
            with self.keeper.holding(task.claim):
                self.discovery.run(task.claim)
        elif task.queue is CHUNKS:
            self._read(task)
        else:
            if task.queue is SWEEPS:
                self.sweeper.prepare(task.claim)
            task.held.opened = self.windows.open(task.claim)
            if task.held.opened:
                self.cutter.cut(task.held.opened)

    def must_settle(self, window: OpenWindow) -> bool:
        """Say whether a window is to be settled, once its chunks are all done, before it may be closed."""
        return not window.settled and window.task.kind in (WindowKind.SWEEP, *FOLLOWED)

    def is_read(self, window: OpenWindow) -> bool:
        """Say whether all chunks of a window are done."""
        with self.ledger.db.transaction() as conn:
            return not any_open(conn, window.claim.item.id)

    def settle(self, task: Task) -> None:
        """Plan what follows from all that a window brought; after that it is done when its chunks are.

        Raises:
            Failure: What it met.
            LostLease: Another run has the window.
        """
        with counting() as calls:
            try:
                self._settle(task)
            finally:
                task.charge(calls)

    def _settle(self, task: Task) -> None:
        if opened := task.held.opened:
            if opened.task.kind is WindowKind.SWEEP:
                self.sweeper.judge(opened)
            else:
                follow_deletions(self.ledger, opened)
            opened.settled = True

    def _read(self, task: Task) -> None:
        opened = task.held.opened
        if opened is None:
            raise LostLease("its window is not open")
        with self.keeper.holding(task.claim):
            if opened.task.kind is WindowKind.SWEEP and "roll" not in task.claim.item.payload:
                self.sweeper.compare(task.claim, opened)
                return
            self.chunks.run(task.claim, opened.task, opened.source, opened.connector)
