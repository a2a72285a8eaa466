"""The sync: drains what the ledger says is due for a workspace, with a fixed number of workers.

Belongs here: the loop that claims, runs and closes, most urgent work first. Does not: what a window or a chunk is.

There is one bound, the number of workers; windows share them, so that one object with 40 million rows
and one with ten go side by side, and nothing multiplies (I5).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta

from nooks_dagster.crm.chunks import ChunkRunner
from nooks_dagster.crm.discovery import Discovery
from nooks_dagster.crm.hands import Held, Task, Tasks
from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.windows import WindowRunner
from nooks_dagster.crm.work import CHUNKS, DISCOVERIES, WINDOWS
from nooks_dagster.failures import Failure, LostLease, Permanent, QuotaExhausted, RateLimited, Unauthorized
from nooks_dagster.ledger.children import blocked_parts
from nooks_dagster.ledger.items import Claim, Queue
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=45)  # longer than a lease: a dead neighbour's chunk is waited for; later ones are parked
IDLE_SECONDS = 60.0  # without progress a run waits no longer than it takes to start another ten times
RESTED = timedelta(minutes=5)  # the wait after a rate limit that lasted as long as that
STOP_SECONDS = 20.0  # who stops a run kills it 30 s later
POLL_SECONDS = 1.0

Lanes = Callable[[], Sequence[str] | None]


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
        self._problems: dict[int, str] = {}
        self._held: dict[int, Held] = {}
        self._tasks = Tasks()
        self._alone = False
        self._reports: list[WindowReport] = []
        self._moved_at = 0.0  # when something last succeeded
        self._again_at = 0.0  # when what was rate limited outside of a window is due again

    @property
    def problems(self) -> Sequence[str]:
        """Return what could not be looked into."""
        return list(self._problems.values())

    def drain(self, scope: str, lanes: Lanes) -> Iterator[WindowReport]:
        """Work until nothing is due; yield a report as each window ends.

        Args:
            scope: The workspace's CRM work.
            lanes: Returns the lanes to work on, or None for all; asked again as discoveries add some.
        """
        self._moved_at = time.monotonic()
        try:
            while True:
                self._fill(scope, lanes)
                if not self._tasks and not self._linger():
                    break
                self._settle()
                yield from self._told()
            yield from self._told()
        finally:
            self._let_go()

    def _fill(self, scope: str, lanes: Lanes) -> None:
        """Claim work for the idle workers: suspects first and alone, then what finds or opens work, then chunks."""
        if self._alone and self._tasks:
            return
        self._alone = False
        for suspects in (True, False):
            for queue in (DISCOVERIES, WINDOWS, CHUNKS):
                limit = self._room(queue, suspects)
                if limit <= 0:
                    continue
                for claim in self._claims(queue, scope, lanes, limit, suspects):
                    self._start(queue, claim)
                    self._alone = self._alone or suspects
                if self._alone:
                    return

    def _room(self, queue: Queue, suspects: bool) -> int:
        if suspects:
            return 0 if self._tasks else 1
        free = self._workers - len(self._tasks)
        return min(free, self._workers - len(self._held)) if queue is WINDOWS else free

    def _claims(self, queue: Queue, scope: str, lanes: Lanes, limit: int, suspects: bool) -> list[Claim]:
        if queue is DISCOVERIES:
            return self._ledger.claim(queue, limit=limit, scope=scope, suspects=suspects)
        if queue is WINDOWS:
            return self._ledger.claim(queue, limit=limit, scope=scope, lanes=lanes(), suspects=suspects)
        return self._chunks_in_turn(limit, suspects)

    def _chunks_in_turn(self, limit: int, suspects: bool) -> list[Claim]:
        """Claim a chunk of each open window in turn, urgent ones first: ten users don't wait for a million contacts."""
        turn = sorted((h for h in self._held.values() if h.opened), key=_urgency)
        claims: list[Claim] = []
        while turn and len(claims) < limit:
            held = turn.pop(0)
            parent = held.claim.item.id
            found = self._ledger.claim(CHUNKS, limit=1, parents=[parent], suspects=suspects)
            if found:
                claims += found
                self._held[parent] = self._held.pop(parent)  # to the end, for the next time too
                turn = sorted([*turn, held], key=_urgency)
        return claims

    def _start(self, queue: Queue, claim: Claim) -> None:
        if queue is WINDOWS:
            lease = ExitStack()
            lease.enter_context(self._keeper.holding(claim))
            self._held[claim.item.id] = Held(claim, lease)
        work = {DISCOVERIES: self._discover, WINDOWS: self._open, CHUNKS: self._run_chunk}[queue]
        self._tasks.start(Task(queue, claim, self._held.get(claim.item.parent or claim.item.id)), work)

    def _discover(self, task: Task) -> None:
        with self._keeper.holding(task.claim):
            self._discovery.run(task.claim)

    def _open(self, task: Task) -> None:
        task.held.opened = self._windows.open(task.claim)
        if task.held.opened:
            self._windows.plan(task.held.opened)
        task.held.planning = False

    def _run_chunk(self, task: Task) -> None:
        opened = task.held.opened
        if opened is None:
            raise LostLease("its window is not open")
        with self._keeper.holding(task.claim):
            self._chunks.run(task.claim, opened.task, opened.source, opened.connector)

    def _settle(self) -> None:
        """Take in what ended; close the windows that are complete, give back those that a chunk holds up."""
        self._move_along()
        for task, error in self._tasks.ended(POLL_SECONDS):
            if error is None:
                self._moved_at = time.monotonic()
                self._problems.pop(task.claim.item.id, None)
            else:
                self._failed(task, error)
        self._give_back_blocked()
        for held in list(self._held.values()):
            if not held.planning:
                self._close(held)

    def _move_along(self) -> None:
        """Count the progress of any task for the windows that wait for a worker; a run that hangs still stalls."""
        moved_at = max((task.claim.progressed_at for task in self._tasks), default=0.0)
        for held in self._held.values():
            if not held.planning:
                held.claim.progressed_at = max(held.claim.progressed_at, moved_at)

    def _give_back_blocked(self) -> None:
        """Block the windows one of whose chunks is, whoever found that out; drop those that another run took."""
        with self._ledger.db.transaction() as conn:
            blocked = blocked_parts(conn, list(self._held))
        for held in list(self._held.values()):
            reason = blocked.get(held.claim.item.id)
            if reason or held.claim.lost:
                self._failed(held.as_task(), Permanent(reason) if reason else LostLease("another run has it"))

    def _close(self, held: Held) -> None:
        if held.opened is None:
            self._end(held, Ending.HELD_BACK, reason="nothing new is certain to be complete yet")
            return
        try:
            totals = self._windows.close(held.opened)
        except (Failure, LostLease) as error:
            self._failed(held.as_task(), error)
            return
        if totals is not None:
            self._moved_at = time.monotonic()
            self._end(held, Ending.DONE, totals)

    def _failed(self, task: Task, error: BaseException) -> None:
        if isinstance(error, RateLimited) and self._idle():
            error.retry_in = RESTED
        verdict = self._ledger.fail(task.queue, task.claim, error)
        log.warning("%s %s: %s", task.claim.item.lane, task.claim.item.key, verdict.reason)
        if isinstance(error, Unauthorized):
            self._refused(task.connection, str(error))
        if task.queue is CHUNKS:
            if _holds_for_all(error, verdict.wait):
                self._park(task.held, verdict.wait, verdict.reason)
            return
        if isinstance(error, RateLimited) and verdict.wait <= PATIENCE:
            self._again_at = time.monotonic() + verdict.wait.total_seconds() + POLL_SECONDS
        if task.queue is WINDOWS:
            ending = Ending.BLOCKED if verdict.state == "blocked" else Ending.PARKED
            self._end(task.held, ending, reason=verdict.reason)
        elif verdict.reason:
            self._problems[task.claim.item.id] = verdict.reason

    def _idle(self) -> bool:
        return time.monotonic() - self._moved_at > IDLE_SECONDS

    def _linger(self) -> bool:
        """Wait for what is due again soon; park the windows whose chunks are not. Say if anything is left."""
        self._give_back_blocked()
        idle = self._idle()
        for held in list(self._held.values()):
            if held.opened is None:
                continue
            left = self._windows.children(held.opened)
            if left.open and (idle or left.next_in > PATIENCE):
                wait = max(left.next_in, PATIENCE)
                self._park(held, wait, f"its next chunk is tried in {wait.total_seconds():.0f} s")
        waits = bool(self._held) or time.monotonic() < self._again_at
        if waits:
            time.sleep(POLL_SECONDS)
        return waits

    def _park(self, held: Held, wait: timedelta, reason: str | None) -> None:
        """Give a window back until its chunks are worth a claim again."""
        self._ledger.release_claim(held.claim, wait, reason)
        self._end(held, Ending.PARKED, reason=reason)

    def _end(
        self, held: Held, ending: Ending, totals: Mapping[str, int] | None = None, reason: str | None = None
    ) -> None:
        if self._held.get(held.claim.item.id) is not held:
            return
        held.lease.close()
        del self._held[held.claim.item.id]
        self._reports.append(held.report(ending, totals or {}, reason))

    def _told(self) -> Iterator[WindowReport]:
        reports, self._reports = self._reports, []
        yield from reports

    def _let_go(self) -> None:
        """Give back what is in hand when the run is stopped; its successor need not wait for the leases to end.

        What is under way is told to stop at its next tick. A call that does not return is left behind: released,
        it does not count as one that killed its worker, and its fence keeps it from committing.
        """
        until = time.monotonic() + STOP_SECONDS
        failed = [(task, error) for task, error in self._tasks.ended(0) if error]
        claims = {task.claim for task in self._tasks} | {held.claim for held in self._held.values()}
        for claim in claims:
            claim.lost = True
        with suppress(Failure):  # without Postgres the leases end by themselves
            for task, error in failed:
                self._ledger.fail(task.queue, task.claim, error)
            for claim in claims:
                self._ledger.release_claim(claim, timedelta())
        for held in self._held.values():
            held.lease.close()
        self._held.clear()
        self._tasks.abandon(until)


def _urgency(held: Held) -> int:
    return held.claim.item.work_class


def _holds_for_all(error: BaseException, wait: timedelta) -> bool:
    """Say whether what a chunk met would meet the next chunks of its window too, for long."""
    return isinstance(error, QuotaExhausted) or (isinstance(error, RateLimited) and wait > PATIENCE)
