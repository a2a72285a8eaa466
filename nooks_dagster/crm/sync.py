"""The sync: drains what the ledger says is due for a workspace, with a fixed number of workers.

Belongs here: the loop that claims, runs and closes, most urgent work first. Does not: what a window or a chunk is.

There is one bound, the number of workers; windows share them, so that one object with 40 million rows
and one with ten go side by side, and nothing multiplies (I5).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from nooks_dagster.crm.chunks import ChunkRunner
from nooks_dagster.crm.discovery import Discovery
from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.windows import OpenWindow, WindowRunner
from nooks_dagster.crm.work import CHUNKS, DISCOVERIES, WINDOWS, WindowTask
from nooks_dagster.failures import Failure, LostLease, Permanent, Unauthorized
from nooks_dagster.ledger.items import Claim, Queue
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=45)  # longer than a lease: a dead neighbour's chunk is waited for; later ones are parked
POLL_SECONDS = 1.0


@dataclass(slots=True)
class _Held:
    """A window in this run's hands."""

    claim: Claim
    lease: ExitStack
    started: float = field(default_factory=time.monotonic)
    opened: OpenWindow | None = None
    planning: bool = True

    @property
    def task(self) -> WindowTask:
        return WindowTask.of(self.claim.item)


class Sync:
    """One drain of the CRM work of a scope.

    Args:
        ledger: The work.
        keeper: Keeps the leases of what is in hand.
        discovery: Runs discoveries.
        windows: Opens and closes windows.
        chunks: Runs chunks.
        workers: Tasks in flight at once.
        refused: Told (connection, sentence) when credentials were refused.
    """

    def __init__(
        self,
        ledger: Ledger,
        keeper: LeaseKeeper,
        discovery: Discovery,
        windows: WindowRunner,
        chunks: ChunkRunner,
        *,
        workers: int,
        refused: Callable[[str, str], None],
    ) -> None:
        self._ledger = ledger
        self._keeper = keeper
        self._discovery = discovery
        self._windows = windows
        self._chunks = chunks
        self._workers = workers
        self._refused = refused
        self.problems: list[str] = []
        self._held: dict[int, _Held] = {}
        self._running: dict[Future[None], tuple[Queue, Claim]] = {}
        self._alone = False
        self._reports: list[WindowReport] = []

    def drain(self, scope: str, lanes: Callable[[], Sequence[str] | None]) -> Iterator[WindowReport]:
        """Work until nothing is due; yield a report as each window ends.

        Args:
            scope: The workspace's CRM work.
            lanes: Returns the lanes to work on, or None for all; asked again as discoveries add some.
        """
        with ThreadPoolExecutor(self._workers, thread_name_prefix="crm") as pool:
            try:
                while True:
                    self._fill(pool, scope, lanes)
                    if not self._running and not self._linger():
                        break
                    self._settle()
                    yield from self._told()
                yield from self._told()
            finally:
                self._let_go(pool)

    def _fill(self, pool: ThreadPoolExecutor, scope: str, lanes: Callable[[], Sequence[str] | None]) -> None:
        """Claim work for the idle workers: suspects first and alone, then what finds or opens work, then chunks."""
        if self._alone and self._running:
            return
        self._alone = False
        for suspects in (True, False):
            for queue in (DISCOVERIES, WINDOWS, CHUNKS):
                limit = self._room(queue, suspects)
                if limit <= 0:
                    continue
                for claim in self._claims(queue, scope, lanes, limit, suspects):
                    self._start(pool, queue, claim)
                    self._alone = self._alone or suspects
                if self._alone:
                    return

    def _room(self, queue: Queue, suspects: bool) -> int:
        if suspects:
            return 0 if self._running else 1
        free = self._workers - len(self._running)
        return min(free, self._workers - len(self._held)) if queue is WINDOWS else free

    def _claims(
        self,
        queue: Queue,
        scope: str,
        lanes: Callable[[], Sequence[str] | None],
        limit: int,
        suspects: bool,
    ) -> list[Claim]:
        if queue is DISCOVERIES:
            return self._ledger.claim(queue, limit=limit, scope=scope, suspects=suspects)
        if queue is WINDOWS:
            return self._ledger.claim(queue, limit=limit, scope=scope, lanes=lanes(), suspects=suspects)
        parents = [held.claim.item.id for held in self._held.values() if held.opened]
        return self._ledger.claim(queue, limit=limit, parents=parents, suspects=suspects) if parents else []

    def _start(self, pool: ThreadPoolExecutor, queue: Queue, claim: Claim) -> None:
        if queue is WINDOWS:
            lease = ExitStack()
            lease.enter_context(self._keeper.holding(claim))
            self._held[claim.item.id] = _Held(claim, lease)
        work = {DISCOVERIES: self._discover, WINDOWS: self._open, CHUNKS: self._run_chunk}[queue]
        self._running[pool.submit(work, claim)] = (queue, claim)

    def _discover(self, claim: Claim) -> None:
        with self._keeper.holding(claim):
            self._discovery.run(claim)

    def _open(self, claim: Claim) -> None:
        held = self._held[claim.item.id]
        held.opened = self._windows.open(claim)
        if held.opened:
            self._windows.plan(held.opened)
        held.planning = False

    def _run_chunk(self, claim: Claim) -> None:
        held = self._held.get(claim.item.parent or 0)
        if held is None or held.opened is None:
            raise LostLease("the window was given back")
        with self._keeper.holding(claim):
            self._chunks.run(claim, held.opened.task, held.opened.source, held.opened.connector)
        held.claim.tick()

    def _settle(self) -> None:
        """Take in what ended; close the windows that are complete."""
        done, _ = wait(self._running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            queue, claim = self._running.pop(future)
            error = future.exception()
            if error is not None:
                self._failed(queue, claim, error)
        for held in [h for h in self._held.values() if not h.planning]:
            self._close(held)

    def _close(self, held: _Held) -> None:
        if held.opened is None:
            self._end(held, Ending.HELD_BACK, reason="nothing new is certain to be complete yet")
            return
        try:
            totals = self._windows.close(held.opened)
        except (Failure, LostLease) as error:
            self._failed(WINDOWS, held.claim, error)
            return
        if totals is not None:
            self._end(held, Ending.DONE, totals)

    def _failed(self, queue: Queue, claim: Claim, error: BaseException) -> None:
        verdict = self._ledger.fail(queue, claim, error)
        log.warning("%s %s: %s", claim.item.lane, claim.item.key, verdict.reason)
        if isinstance(error, Unauthorized):
            self._refused(claim.item.payload.get("connection", ""), str(error))
        if queue is WINDOWS and claim.item.id in self._held:
            ending = Ending.BLOCKED if verdict.state == "blocked" else Ending.PARKED
            self._end(self._held[claim.item.id], ending, reason=verdict.reason)
        elif queue is DISCOVERIES and verdict.reason:
            self.problems.append(verdict.reason)
        elif queue is CHUNKS and verdict.state == "blocked":
            window = self._held.get(claim.item.parent or 0)
            if window:
                self._failed(WINDOWS, window.claim, Permanent(verdict.reason or "a chunk is blocked"))

    def _linger(self) -> bool:
        """Wait for chunks that are due again soon; park the windows whose chunks are not. Say if any is left."""
        for held in list(self._held.values()):
            if held.opened is None:
                continue
            left = self._windows.children(held.opened)
            if left.open and left.next_in > PATIENCE:
                self._ledger.release_claim(held.claim, left.next_in, "its next chunk is due then")
                self._end(held, Ending.PARKED, reason=f"its next chunk is due in {left.next_in.seconds} s")
        if self._held:
            time.sleep(POLL_SECONDS)
        return bool(self._held)

    def _end(
        self, held: _Held, ending: Ending, totals: Mapping[str, int] | None = None, reason: str | None = None
    ) -> None:
        held.lease.close()
        del self._held[held.claim.item.id]
        window = held.opened.window if held.opened else None
        self._reports.append(
            WindowReport(
                held.task,
                ending,
                totals or {},
                since=window.since if window else None,
                until=window.until if window else None,
                seconds=time.monotonic() - held.started,
                reason=reason,
            )
        )

    def _told(self) -> Iterator[WindowReport]:
        reports, self._reports = self._reports, []
        yield from reports

    def _let_go(self, pool: ThreadPoolExecutor) -> None:
        """Give back what is in hand when the run is stopped; its successor need not wait for the leases to end.

        A chunk that is under way is finished: left to its lease, it would count as one that killed its worker.
        """
        pool.shutdown(wait=False, cancel_futures=True)
        for held in list(self._held.values()):
            held.lease.close()
            with suppress(Failure):
                self._ledger.release_claim(held.claim, timedelta())
        self._held.clear()
        pool.shutdown()
        for future, (queue, claim) in self._running.items():
            with suppress(Failure):
                if future.cancelled():
                    self._ledger.release_claim(claim, timedelta())
                elif error := future.exception():
                    self._ledger.fail(queue, claim, error)
