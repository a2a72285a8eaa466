"""The sync: drains what the ledger says is due for a workspace, with a fixed number of workers.

Belongs here: taking in what ended, closing windows, parking and giving back. Does not: which work comes next
(`crm.sync.claiming`), doing it (`crm.sync.doing`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta

from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.sync.claiming import OPENED, Claimer, Lanes
from nooks_dagster.crm.sync.doing import TaskRunner
from nooks_dagster.crm.sync.hands import Hands, Held, Task
from nooks_dagster.crm.sync.neighbours import not_done
from nooks_dagster.crm.work import CHUNKS
from nooks_dagster.failures import (
    Failure,
    LostLease,
    Permanent,
    QuotaExhausted,
    RateLimited,
    SourceDown,
    StalePlan,
    Transient,
    Unauthorized,
)
from nooks_dagster.ledger.children import blocked_parts
from nooks_dagster.ledger.holds import held_items
from nooks_dagster.ledger.items import Claim, Queue
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.threads import STOP_SECONDS

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=45)  # longer than a lease: a dead neighbour's chunk is waited for; later ones are parked
IDLE_SECONDS = 60.0  # without progress a run waits no longer than it takes to start another ten times
RESTED = timedelta(minutes=5)  # the wait after a rate limit that lasted as long as that
POLL_SECONDS = 1.0
MOST_DROPS = 3  # of the plan of a window, then its lane is blocked for an hour


class Sync:
    """One drain of the CRM work of a scope.

    Args:
        ledger: The work.
        keeper: Keeps the leases of what is in hand.
        hands: What is in hand.
        claimer: Finds the next work for them.
        runner: Does it.
        refused: Told (connection, sentence) when credentials were refused.
    """

    def __init__(
        self,
        ledger: Ledger,
        keeper: LeaseKeeper,
        hands: Hands,
        claimer: Claimer,
        runner: TaskRunner,
        refused: Callable[[str, str], None],
    ) -> None:
        self._ledger = ledger
        self._keeper = keeper
        self._hands = hands
        self._claimer = claimer
        self._runner = runner
        self._refused = refused
        self._problems: dict[int, str] = {}
        self._reports: list[WindowReport] = []
        self._moved_at = 0.0  # when something last succeeded
        self._again_at = 0.0  # when what is not a chunk is due again

    def problems(self) -> Sequence[str]:
        """Return what could not be looked into, neither by this run nor by another meanwhile."""
        with self._ledger.db.transaction() as conn:
            left = not_done(conn, self._problems)
        return [problem for item, problem in self._problems.items() if item in left]

    def drain(self, scope: str, lanes: Lanes) -> Iterator[WindowReport | None]:
        """Work until nothing is due; yield a report as each window ends, and None at least once a second.

        Args:
            scope: The workspace's CRM work.
            lanes: Returns the lanes to work on, or None for all; asked again as discoveries add some.
        """
        self._moved_at = time.monotonic()
        try:
            while True:
                for queue, claim in self._claimer.ready(scope, lanes):
                    self._start(queue, claim)
                if not self._hands.tasks and not self._linger():
                    break
                self._settle()
                yield from self._told()
                yield None
            yield from self._told()
        finally:
            self._let_go()

    def _start(self, queue: Queue, claim: Claim) -> None:
        windows = self._hands.windows
        if queue in OPENED:
            lease = ExitStack()
            lease.enter_context(self._keeper.holding(claim))
            windows[claim.item.id] = Held(claim, lease)
        self._hands.tasks.start(Task(queue, claim, windows.get(claim.item.parent or claim.item.id)), self._runner.do)

    def _settle(self) -> None:
        """Take in what ended; close the windows that are complete, give back those that a chunk holds up."""
        self._move_along()
        for task, future in self._hands.tasks.ended(POLL_SECONDS):
            if task.queue in OPENED:
                task.held.planning = False
            if (error := future.exception()) is None:
                self._moved_at = time.monotonic()
                self._problems.pop(task.claim.item.id, None)
            else:
                self._failed(task, error)
        self._give_back_blocked()
        for held in list(self._hands.windows.values()):
            if not held.planning:
                self._close(held)

    def _move_along(self) -> None:
        """Count the progress of any task for the windows that wait for a worker; a run that hangs still stalls."""
        moved_at = max((task.claim.progressed_at for task in self._hands.tasks), default=0.0)
        for held in self._hands.windows.values():
            if not held.planning:
                held.claim.progressed_at = max(held.claim.progressed_at, moved_at)

    def _give_back_blocked(self) -> None:
        """Block the windows one of whose chunks is, whoever found that out; drop those that another run took.

        Those that a person holds are given back as they are: a chunk that is being read comes to its end.
        """
        with self._ledger.db.transaction() as conn:
            blocked = blocked_parts(conn, list(self._hands.windows))
            resting = held_items(conn, list(self._hands.windows))
        for item, why in resting.items():
            self._park(self._hands.windows[item], timedelta(), why)
        for held in list(self._hands.windows.values()):
            reason = blocked.get(held.claim.item.id)
            if reason or held.claim.lost:
                self._failed(held.as_task(), Permanent(reason) if reason else LostLease("another run has it"))

    def _close(self, held: Held) -> None:
        if held.opened is None:
            self._end(held, Ending.HELD_BACK, reason="nothing new is certain to be complete yet")
            return
        try:
            if self._runner.must_settle(held.opened):
                if self._runner.is_read(held.opened):
                    held.planning = True
                    self._hands.tasks.start(held.as_task(), self._runner.settle)
                return
            totals = self._runner.windows.close(held.opened, held.calls.outcome)
        except StalePlan as stale:
            self._plan_anew(held, stale)
            return
        except (Failure, LostLease) as error:
            self._failed(held.as_task(), error)
            return
        if totals is not None:
            self._moved_at = time.monotonic()
            self._end(held, Ending.DONE, totals)

    def _plan_anew(self, held: Held, stale: StalePlan) -> None:
        """Cut a window again whose chunks lead nowhere; that is nobody's attempt, and yet cannot go on for ever."""
        if held.planning and held.opened:
            held.opened.stale = stale
            return
        try:
            often = self._runner.cutter.drop(held.claim) % MOST_DROPS == 0
        except (Failure, LostLease) as error:
            self._failed(held.as_task(), error)
            return
        log.warning("%s %s: planned anew. %s", held.claim.item.lane, held.claim.item.key, stale)
        if often:
            reason = f"{stale.what} It was planned anew {MOST_DROPS} times."
            self._failed(held.as_task(), Permanent(reason, subject=stale.subject, next_step=stale.next_step))
        else:
            self._again_at = time.monotonic() + POLL_SECONDS
            self._park(held, timedelta(), str(stale))

    def _failed(self, task: Task, error: BaseException) -> None:
        if (
            isinstance(error, StalePlan)
            and task.window
            and self._hands.windows.get(task.window.claim.item.id) is task.window
        ):
            self._plan_anew(task.window, error)
            return
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
        if isinstance(error, Transient) and verdict.state == "waiting" and verdict.wait <= PATIENCE:
            self._again_at = time.monotonic() + verdict.wait.total_seconds() + POLL_SECONDS
        if task.queue in OPENED:
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
        for held in list(self._hands.windows.values()):
            if held.opened is None:
                continue
            left = self._runner.windows.children(held.opened)
            if left.open and (idle or left.next_in > PATIENCE):
                wait = max(left.next_in, PATIENCE)
                self._park(held, wait, f"its next chunk is tried in {wait.total_seconds():.0f} s")
        waits = bool(self._hands.windows) or time.monotonic() < self._again_at
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
        if self._hands.windows.get(held.claim.item.id) is not held:
            return
        held.claim.lost = True  # whoever still plans it, and may wait for the source for hours, stops at its next step
        held.lease.close()
        del self._hands.windows[held.claim.item.id]
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
        failed = [(task, error) for task, future in self._hands.tasks.ended(0) if (error := future.exception())]
        claims = {task.claim for task in self._hands.tasks} | {held.claim for held in self._hands.windows.values()}
        for claim in claims:
            claim.lost = True
        with suppress(Failure):  # without Postgres the leases end by themselves
            for task, error in failed:
                self._ledger.fail(task.queue, task.claim, error)
            for claim in claims:
                self._ledger.release_claim(claim, timedelta())
        for held in self._hands.windows.values():
            held.lease.close()
        self._hands.windows.clear()
        self._hands.tasks.finish(until)


def _holds_for_all(error: BaseException, wait: timedelta) -> bool:
    """Say whether what a chunk met would meet the next chunks of its window too, for long."""
    return isinstance(error, QuotaExhausted | SourceDown) or (isinstance(error, RateLimited) and wait > PATIENCE)
