"""Work that waits in the ledger for one run a night, apart from the syncs: claimed one by one, others go on.

Belongs here: draining a queue of a scope.
Does not: planning it, or the work (`crm.upkeep.lake`, `crm.counts.counting`).
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from nooks_dagster.crm.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, LostLease
from nooks_dagster.ledger.items import Claim, Queue
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Missed:
    """Work that could not be done, by its lane, and why; it is tried again in the next night."""

    lane: str
    reason: str


class Nightly:
    """Drains nightly work.

    Args:
        platform: What it stands on.
        run_id: Who does it, for people to read.
    """

    def __init__(self, platform: Platform, run_id: str) -> None:
        settings = platform.settings
        self._platform = platform
        self._lease = timedelta(seconds=settings.lease_seconds)
        worker = f"{socket.gethostname()}:{os.getpid()}:{run_id}"
        self.ledger = Ledger(platform.db, worker, self._lease, settings.release)

    def drain(self, queue: Queue, scope: str, work: Callable[[Claim], Done]) -> Iterator[Done | Missed]:
        """Do what is due, one item after the other; yield what became of each.

        Args:
            queue: Whose items.
            scope: They are below it.
            work: Brings an item to its end, and completes it.
        """
        # A connection of its own: renewals never wait for a transaction of the work.
        heart = Database(self._platform.settings.postgres_url, size=1)
        stall = timedelta(seconds=self._platform.settings.stall_seconds)
        try:
            with LeaseKeeper(heart, self._lease, stall) as keeper:
                while claim := self._claim(queue, scope):
                    with keeper.holding(claim):
                        done = self._run(queue, claim, work)
                    yield done
        finally:
            heart.close()

    def _claim(self, queue: Queue, scope: str) -> Claim | None:
        for suspects in (True, False):
            if claims := self.ledger.claim(queue, limit=1, scope=scope, suspects=suspects):
                return claims[0]
        return None

    def _run(self, queue: Queue, claim: Claim, work: Callable[[Claim], Done]) -> Done | Missed:
        try:
            return work(claim)
        except (Exception, LostLease) as error:  # noqa: BLE001  the others go on; the verdict says what may be told
            verdict = self.ledger.fail(queue, claim, error)
            return Missed(claim.item.lane, verdict.reason or "")
        except BaseException:
            with suppress(Failure):  # without Postgres the lease ends by itself
                self.ledger.release_claim(claim, timedelta())
            raise
