"""The live worker: takes calls as they come, of any hour, until its own hour is over and its successor is there.

Belongs here: one worker's loop, how it begins and ends. Does not: Dagster; claims and threads (`calls.pipeline.crew`),
turns (`calls.live.turns`), runs (the sensors).
"""

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from nooks_dagster.budgets.pace import Pace
from nooks_dagster.calls.live.listening import POLL_SECONDS, Listener
from nooks_dagster.calls.live.loops import Loop, Loops
from nooks_dagster.calls.live.turns import relieved, take_turn
from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.suspects import COMMAND, SuspectProcesses
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.wiring import loops_of
from nooks_dagster.calls.work import scope_of_worker
from nooks_dagster.failures import Failure, LostLease, Transient
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper, keeping
from nooks_dagster.ledger.ledger import Ledger, worker_name
from nooks_dagster.threads import STOP_SECONDS

log = logging.getLogger(__name__)

BREATH = 0.1
"""Seconds between two claims, at least: of 35 calls/s each of two workers takes two at once, and none waits longer."""
HANDED_OVER_SECONDS = 600.0
"""So long a worker that was relieved finishes what is in its hands: as long as work may stall."""


@dataclass(frozen=True, slots=True)
class LiveRun:
    """Which turn a worker takes, and as whom: a run of the dispatcher's, or of a person's when `launch` is None."""

    slot: int
    hour: datetime
    run_id: str
    launch: int | None = None


class LiveWorker:
    """Works one turn.

    Args:
        platform: What calls stand on.
        run: The turn.
        beside: What runs in threads of their own, if not as usual: deliveries and upkeep.
        alone: The command that works on suspects.
    """

    def __init__(
        self,
        platform: Platform,
        run: LiveRun,
        *,
        beside: Sequence[Loop] | None = None,
        alone: Sequence[str] = COMMAND,
    ) -> None:
        self._platform = platform
        self._run = run
        self._beside = loops_of(platform, worker_name(run.run_id)) if beside is None else beside
        self._suspects = SuspectProcesses(platform, alone)
        self._scope = scope_of_worker(run.slot, run.hour)
        self._ledger = Ledger.of(platform.db, platform.settings, run.run_id)
        self._second = Pace(POLL_SECONDS)
        self._spare = Pace(POLL_SECONDS)

    def beats(self) -> Generator[Beat, None, None]:
        """Work until relieved; yield at least once a second. Closed early, it gives back what does not end in 20 s.

        Without a turn to take (another has it) it ends at once.

        Raises:
            Unavailable: Postgres did not answer when it began.
        """
        settings, run = self._platform.settings, self._run
        launches = Launches.of(self._platform.db, settings)
        with (
            launches.joined(self._scope, run.run_id, WorkClass.LIVE, run.launch) as n,
            keeping(settings, (self._scope, n)) as keeper,
        ):
            if turn := take_turn(self._ledger, run.slot, run.hour):
                yield from self._turn(keeper, turn)

    def _turn(self, keeper: LeaseKeeper, turn: Claim) -> Iterator[Beat]:
        try:
            with keeper.holding(turn):
                yield from self._work(keeper, turn)
        except BaseException:
            with suppress(Failure):  # without Postgres the lease ends by itself
                self._ledger.release_claim(turn, timedelta(), "its worker was stopped")
            raise
        with suppress(LostLease), self._platform.db.transaction() as conn:
            self._ledger.complete(conn, turn, {})

    def _work(self, keeper: LeaseKeeper, turn: Claim) -> Iterator[Beat]:
        settings = self._platform.settings
        crew = Crew(self._platform, self._ledger, keeper, settings.calls_in_hand)
        loops = Loops(self._beside)
        try:
            with Listener(settings.postgres_url, crew.wake):
                while not self._over(turn):
                    self._take(crew)
                    yield crew.beat()
                    time.sleep(BREATH)
                    crew.wake.wait(POLL_SECONDS)
                    crew.wake.clear()
            yield from self._finish(crew, turn)
        finally:
            self._end(crew, loops)
        yield crew.beat()

    def _over(self, turn: Claim) -> bool:
        """Say whether this worker is relieved, or another has its turn; once a second look for suspects too."""
        turn.progressed_at = time.monotonic()
        if turn.lost or not self._second.due():
            return turn.lost
        try:
            self._suspects.look()
            with self._platform.db.transaction() as conn:
                return relieved(conn, self._run.slot, self._run.hour)
        except Transient:  # Postgres may be restarting
            return False

    def _take(self, crew: Crew) -> None:
        """Take live calls with half of the free hands, for others take too; and what else waits with half of all."""
        try:
            crew.take((crew.free + 1) // 2, WorkClass.LIVE, WorkClass.LIVE)
            spare = crew.free - self._platform.settings.calls_in_hand // 2
            if spare > 0 and self._spare.due() and crew.take(spare, WorkClass.ASKED, WorkClass.HISTORY):
                self._spare.hurry()
        except Transient as error:  # Postgres may be restarting
            log.warning("no calls are taken just now: %s", error)

    def _finish(self, crew: Crew, turn: Claim) -> Iterator[Beat]:
        until = time.monotonic() + HANDED_OVER_SECONDS
        while time.monotonic() < until and not crew.join(POLL_SECONDS):
            turn.progressed_at = time.monotonic()
            yield crew.beat()

    def _end(self, crew: Crew, loops: Loops) -> None:
        """Tell everything to stop, and then wait for all of it together."""
        until = time.monotonic() + STOP_SECONDS
        loops.stop()
        self._suspects.stop()
        crew.let_go(until - time.monotonic())
        self._suspects.end(until - time.monotonic())
        loops.join(until - time.monotonic())
