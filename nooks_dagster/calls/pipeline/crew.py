"""The crew: takes due calls in batches, a thread for each, and knows what is in hand.

Belongs here: claiming with loading, threads, counting, letting go. Does not: one call (`calls.pipeline.pipeline`),
when to claim (`calls.live.worker`, `calls.reprocessing.backfill`).

A thread that hangs is counted no more once its lease is let go: it is a daemon, and can commit nothing.
"""

import logging
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta

from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.pipeline.hold import Hold
from nooks_dagster.calls.pipeline.loading import load
from nooks_dagster.calls.pipeline.pipeline import Ending, Pipeline
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.work import CALLS
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)


class Crew:
    """Works on many calls at once.

    Args:
        platform: What calls stand on.
        ledger: Claims them.
        keeper: Renews what is in hand.
        size: Calls in hand at most.
        nice: That of the threads whose call nobody waits for; none beside live calls, with which they share a lock.
    """

    def __init__(self, platform: Platform, ledger: Ledger, keeper: LeaseKeeper, size: int, *, nice: int = 0) -> None:
        self.wake = threading.Event()
        """Set when a hand came free; others may set it too."""
        self.endings: Counter[Ending] = Counter()
        self._db = platform.db
        self._ledger = ledger
        self._keeper = keeper
        self._size = size
        self._nice = nice
        self._known = "stages", [stage.value for stage in platform.works]
        self._stall = platform.settings.stall_seconds
        self._pipeline = Pipeline(ledger, platform.works)
        self._stopping = threading.Event()
        self._hands: dict[Hold, threading.Thread] = {}

    @property
    def holds(self) -> list[Hold]:
        """The calls that are worked on, without those that were lost or stall (I12)."""
        moving = time.monotonic() - self._stall
        return [hold for hold in list(self._hands) if not hold.claim.lost and hold.claim.progressed_at > moving]

    @property
    def in_hand(self) -> int:
        """How many calls are worked on."""
        return len(self.holds)

    @property
    def free(self) -> int:
        """How many more may be."""
        return max(0, self._size - self.in_hand)

    def beat(self) -> Beat:
        """Return what is done so far."""
        return Beat(dict(self.endings), self.in_hand)

    def take(self, limit: int, least: WorkClass, most: WorkClass, *, suspects: bool = False) -> int:
        """Claim and begin so many calls at most; return how many there were."""
        if limit < 1 or self._stopping.is_set():
            return 0
        with self._db.transaction() as conn:
            claims = self._ledger.claim_fairly(
                conn, CALLS, limit=limit, least=least, most=most, suspects=suspects, within=self._known
            )
            calls = load(conn, [claim.item.payload["call"] for claim in claims])
            gone = [claim for claim in claims if claim.item.payload["call"] not in calls]
            self._ledger.complete_many(conn, {claim: {"gone": True} for claim in gone})
        for claim in claims:
            if loaded := calls.get(claim.item.payload["call"]):
                self._begin(Hold(self._ledger, claim, loaded, self._stopping.is_set))
        return len(claims)

    def join(self, seconds: float) -> bool:
        """Wait so long for all calls in hand to end; say whether they did."""
        until = time.monotonic() + seconds
        while self.in_hand and time.monotonic() < until:
            self.wake.wait(0.1)
            self.wake.clear()
        return not self.in_hand

    def let_go(self, seconds: float) -> None:
        """Claim no more; wait so long for calls to end, which they do at their next stage; give back the others."""
        self._stopping.set()
        if self.join(seconds):
            return
        for hold in list(self._hands):
            with suppress(Failure):  # without Postgres the lease ends by itself
                self._ledger.release_claim(hold.claim, timedelta(), "its worker was stopped")

    def _begin(self, hold: Hold) -> None:
        thread = threading.Thread(target=self._do, args=(hold,), name=f"call-{hold.loaded.id}", daemon=True)
        self._hands[hold] = thread
        thread.start()

    def _do(self, hold: Hold) -> None:
        give_way(hold.claim.item.work_class, self._nice)
        ending = Ending.LOST
        try:
            with self._keeper.holding(hold.claim):
                ending = self._pipeline.run(hold)
        except Failure as error:
            log.warning("call %d was left to its lease: %s", hold.loaded.id, error)
        except Exception as error:  # noqa: BLE001  its words may quote the call
            log.error("call %d was left to its lease: unexpected %s", hold.loaded.id, type(error).__name__)  # noqa: TRY400
        finally:
            self._hands.pop(hold, None)
            self.endings[ending] += 1
            self.wake.set()
