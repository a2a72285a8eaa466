"""Upkeep: what a live worker does once a minute beside its calls, whichever of them comes first.

Belongs here: the loop. Does not: what is done (`calls.retention`, `calls.reprocessing.deferred`).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.reprocessing.deferred import plan_deferred
from nooks_dagster.calls.retention import forget_done
from nooks_dagster.failures import Failure

log = logging.getLogger(__name__)

EVERY = 60.0
LOCK = 0x63616C6C73  # "calls": one worker's minute is enough
TURN = "SELECT pg_try_advisory_xact_lock(%s)"


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The loop of one worker."""

    platform: Platform

    def run(self, stopped: Callable[[], bool]) -> None:
        """Do it once a minute until told to stop."""
        due = time.monotonic()
        while not stopped():
            if time.monotonic() >= due:
                due = time.monotonic() + EVERY
                self.once()
            time.sleep(0.5)

    def once(self) -> None:
        """Do it, unless another worker does just now; what fails is tried again in a minute."""
        try:
            forget_done(self.platform.db)
            with self.platform.db.transaction() as conn:
                ((first,),) = conn.execute(TURN, (LOCK,)).fetchall()
                if first:
                    plan_deferred(conn, self.platform.settings)
        except Failure as error:
            log.warning("the upkeep of calls waits: %s", error)
