"""The drain: keeps a fixed number of threads busy with the accounts of the batches that are due.

Belongs here: which account is asked about next, waiting, parking and giving back. Does not: one account
(`signals.asking`), one batch (`signals.batches`).

One pool for all batches: the slow answers at the end of one leave no thread idle, for the next is open by then.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import islice

from nooks_dagster.failures import Failure, LostLease, QuotaExhausted
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.ledger.items import Claim
from nooks_dagster.signals.asking import Asker
from nooks_dagster.signals.batches import Batches
from nooks_dagster.signals.hands import Held
from nooks_dagster.signals.outcomes import Outcome
from nooks_dagster.signals.pairs import Pair
from nooks_dagster.signals.reports import BatchReport, Ending
from nooks_dagster.threads import STOP_SECONDS, Threads

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=45)  # longer than a lease: what a dead neighbour held is waited for; later is parked
IDLE_SECONDS = 60.0  # without an answer a run waits no longer than it takes to start another ten times
ELSEWHERE = timedelta(seconds=10)  # another batch of the same accounts asks 50 of them in that time
CLAIM_SECONDS = 1.0
POLL_SECONDS = 0.5
SHORTEST_PAUSE = 0.01
MOST_REST = 86_400.0
SHORTEST_REST = timedelta(seconds=5)


class Drain:
    """One drain of a workspace's signals.

    Args:
        batches: Opens and closes them.
        asker: Asks about an account.
        claim: Claims a batch that is due, told whether it may be one whose last worker died.
        more: Looks for what can be planned now; says if more may come.
        workers: Accounts in hand at once.
        patience: Seconds without an answer until what rests is given back.
        stall: Seconds without any progress until a batch is lost.
        nice: That of the threads whose account nobody waits for.
    """

    def __init__(
        self,
        batches: Batches,
        asker: Asker,
        claim: Callable[[bool], Claim | None],
        more: Callable[[], bool],
        *,
        workers: int,
        patience: float,
        stall: float,
        nice: int = 0,
    ) -> None:
        self._batches = batches
        self._asker = asker
        self._claim = claim
        self._more = more
        self._patience = patience
        self._stall = stall
        self._nice = nice
        self._hands: list[Held] = []
        self._of: dict[Pair, Held] = {}
        self._workers = workers
        self._threads: Threads[Pair, Outcome] = Threads("signals")
        self._reports: list[BatchReport] = []
        self._coming = True
        self._stopping = False
        self._over: QuotaExhausted | None = None  # nothing can be bought any more
        # On the monotonic clock:
        self._moved_at = 0.0  # something was last answered
        self._claim_at = 0.0  # a claim may find something
        self._rest_until = 0.0  # the same error would meet every account
        self._again_at = 0.0  # what another batch held is due again

    def run(self) -> Generator[BatchReport | None, None, None]:
        """Work until nothing is due; yield a report as each batch leaves, and None at least once a second.

        Raises:
            Unauthorized: No account can be asked about.
            Unavailable: Postgres does not answer.
        """
        self._moved_at = time.monotonic()
        try:
            while True:
                self._look_for_more()
                self._open_more()
                self._start()
                self._close_ended()
                if not self._threads and not self._linger():
                    break
                self._settle()
                yield from self._told()
                yield None
            yield from self._told()
        finally:
            self._let_go()

    def _look_for_more(self) -> None:
        if self._coming:
            self._coming = self._more()
            if not self._coming:
                self._claim_at = 0.0  # the last were planned just now

    def _open_more(self) -> None:
        """Open batches until there is an account for each idle thread; a suspect only while nothing is under way."""
        while not self._rests() and time.monotonic() >= self._claim_at and self._have_room():
            claim = (None if self._threads else self._claim(True)) or self._claim(False)
            if claim is None:
                self._claim_at = time.monotonic() + CLAIM_SECONDS
                return
            self._open(claim)

    @property
    def _idle(self) -> int:
        """How many more accounts may be asked about."""
        return self._workers - len(self._threads)

    def _have_room(self) -> bool:
        now = time.monotonic()
        ready = (pair for held in self._hands for pair in held.ready(now))
        return len(list(islice(ready, self._idle))) < self._idle

    def _open(self, claim: Claim) -> None:
        try:
            held = self._batches.open(claim)
        except (Failure, LostLease) as error:
            log.warning("%s %s: %s", claim.item.lane, claim.item.key, self._batches.fail(claim, error))
            return
        for pair in [pair for pair in held.pairs.values() if pair.poison]:
            held.take_in(pair, self._asker.bury(pair))
        self._hands.append(held)

    def _start(self) -> None:
        """Ask about whoever is ready; a suspect alone, when nobody else is."""
        if self._rests() or any(pair.suspect for pair in self._threads):
            return
        now = time.monotonic()
        for held in self._hands:
            for pair in list(islice(held.ready(now), self._idle)):
                self._ask(held, pair)
        if not self._threads:
            alone = ((held, pair) for held in self._hands for pair in held.suspects(now))
            for held, pair in islice(alone, 1):
                self._ask(held, pair)

    def _ask(self, held: Held, pair: Pair) -> None:
        held.asking.add(pair)
        self._of[pair] = held
        self._threads.start(pair, partial(self._do, held))

    def _do(self, held: Held, pair: Pair) -> Outcome:
        give_way(held.claim.item.work_class, self._nice)
        outcome = self._asker.ask(pair, partial(self._stopped, held))
        if outcome.status:
            with suppress(LostLease):
                held.claim.tick()
        return outcome

    def _stopped(self, held: Held) -> bool:
        """Say whether a thread that waits for its turn shall stop; that it asks is a sign of life."""
        if not held.claim.lost:
            held.claim.progressed_at = time.monotonic()
        return self._stopping or held.claim.lost or self._over is not None

    def _rests(self) -> bool:
        return self._over is not None or time.monotonic() < self._rest_until

    def _settle(self) -> None:
        """Take in what ended."""
        self._move_along()
        for pair, future in self._threads.ended(self._pause()):
            outcome = future.result()
            self._of.pop(pair).take_in(pair, outcome)
            self._heed(outcome)

    def _close_ended(self) -> None:
        """Close the batches that are complete, some before anything was asked; drop those that another run took."""
        for held in list(self._hands):
            if held.claim.lost or self._stalls(held):
                self._lost(held)
            elif not held.pairs and not held.elsewhere:
                self._complete(held)

    def _pause(self) -> float:
        """Return how long to wait for a thread to end: no longer than until one is of use for who rests."""
        resting = min((held.next_at for held in self._hands), default=0.0)
        soon = max(resting, self._rest_until) - time.monotonic()
        return min(max(soon, SHORTEST_PAUSE), POLL_SECONDS) if resting and self._idle else POLL_SECONDS

    def _heed(self, outcome: Outcome) -> None:
        now = time.monotonic()
        if outcome.status:
            self._moved_at = now
            if outcome.bought:
                self._rest_until = 0.0
        if outcome.holds_all and outcome.wait:
            self._rest_until = max(self._rest_until, now + outcome.wait.total_seconds())
            if isinstance(outcome.error, QuotaExhausted):
                self._over = outcome.error

    def _move_along(self) -> None:
        """Count the progress of others for the batches that wait for a thread; one whose thread hangs still stalls."""
        asking = [held.claim.progressed_at for held in self._hands if held.asking]
        moved_at = max(asking, default=time.monotonic())
        for held in self._hands:
            if not held.asking:
                held.claim.progressed_at = max(held.claim.progressed_at, moved_at)

    def _linger(self) -> bool:
        """Wait for what is ready soon; give back what is not. Say if anything is left to wait for."""
        if self._over:
            if self._hands or not self._coming:
                self._defer(self._over)
            return self._waited(self._coming)
        now = time.monotonic()
        idle = now - self._moved_at > self._patience
        for held in list(self._hands):
            rest = timedelta(seconds=max(0.0, min(max(held.next_at, self._rest_until) - now, MOST_REST)))
            if not held.pairs:
                self._again_at = now + ELSEWHERE.total_seconds() + CLAIM_SECONDS
                self._park(held, ELSEWHERE, f"another batch asks about {held.elsewhere} of its accounts")
            elif idle or rest > PATIENCE:
                self._park(held, max(rest, SHORTEST_REST), f"{len(held.pairs)} of its accounts are tried again later")
        return self._waited(self._coming or bool(self._hands) or (now < self._again_at and not idle))

    def _waited(self, waits: bool) -> bool:
        if waits:
            time.sleep(self._pause())
        return waits

    def _defer(self, error: QuotaExhausted) -> None:
        """Give everything back until a cap frees; what was not claimed yet waits as long."""
        for held in list(self._hands):
            reason = self._batches.defer(held, error)
            self._end(held, Ending.DEFERRED, reason)
        self._batches.postpone(error)

    def _park(self, held: Held, wait: timedelta, reason: str) -> None:
        self._batches.give_back(held, wait, reason)
        self._end(held, Ending.PARKED, reason)

    def _complete(self, held: Held) -> None:
        try:
            self._batches.complete(held)
        except LostLease:
            self._lost(held)
        else:
            self._end(held, Ending.DONE)

    def _stalls(self, held: Held) -> bool:
        """Say whether nothing of a batch has moved for so long that its lease is renewed no more (I12)."""
        return time.monotonic() - held.claim.progressed_at > self._stall

    def _lost(self, held: Held) -> None:
        """Drop a batch that another run has now; a thread that hangs on it is waited for no longer."""
        held.renewal.close()
        held.claim.lost = True
        self._threads.forget(lambda pair: pair in held.asking)
        self._end(held, Ending.LOST, "another run has it now")

    def _end(self, held: Held, ending: Ending, reason: str | None = None) -> None:
        self._hands.remove(held)
        self._reports.append(held.report(ending, reason))

    def _told(self) -> Iterator[BatchReport]:
        reports, self._reports = self._reports, []
        yield from reports

    def _let_go(self) -> None:
        """Give back what is in hand when the run is stopped: answers on their way are waited for, none is begun.

        What does not end in time is left behind: its lease is gone, so it commits nothing.
        """
        self._stopping = True
        if not self._hands:
            return
        self._threads.finish(time.monotonic() + STOP_SECONDS)
        with suppress(Failure):  # without Postgres the leases end by themselves
            for pair, future in self._threads.ended(0):
                if not future.exception():
                    self._of.pop(pair).take_in(pair, future.result())
            for held in list(self._hands):
                if held.pairs or held.elsewhere:
                    self._park(held, timedelta(), "the run was stopped")
                else:
                    self._complete(held)
        self._hands.clear()
