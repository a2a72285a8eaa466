"""An account and a signal on their way to an answer, as one run has them in its hands.

Belongs here: the value that a thread works on. Does not: the work (`signals.asking`), its batch (`signals.hands`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from nooks_dagster.ledger.ledger import DEATHS_ALONE
from nooks_dagster.signals.leases import Lease
from nooks_dagster.signals.outcomes import Outcome
from nooks_dagster.signals.questions import Question

TOO_LONG = "the answer did not end within its tokens"


class Asked(NamedTuple):
    """What is known of a pair before it is leased; see `Pair`."""

    fresh: bool
    seen_at: datetime | None


@dataclass(slots=True, eq=False)
class Pair:
    """One account for one signal.

    Attributes:
        question: What is asked.
        lease: The right to ask it.
        fresh: The cache is not asked first.
        seen_at: When its documents had last changed as far as was known before they were read.
        failures: Errors that accuse it.
        ready_at: When it may be asked, on the monotonic clock.
        longer: An answer did not end within its tokens, in this run or in one before.
        invented: The last answer was shown by no document.
        spent: What answers cost in this run that were of no use.
    """

    question: Question
    lease: Lease
    fresh: bool
    seen_at: datetime | None
    failures: int
    ready_at: float
    longer: bool = False
    invented: bool = False
    spent: Decimal = Decimal(0)

    @classmethod
    def of(cls, question: Question, lease: Lease, asked: Asked) -> "Pair":
        """Return a pair that has just been leased."""
        return cls(
            question,
            lease,
            asked.fresh,
            asked.seen_at,
            lease.failures,
            time.monotonic() + lease.wait.total_seconds(),
            longer=lease.reason == TOO_LONG,
        )

    @property
    def suspect(self) -> bool:
        """Whether its last worker died of it, perhaps: it is asked about alone."""
        return self.lease.deaths > 0

    @property
    def poison(self) -> bool:
        """Whether it has killed five workers alone, after the one that made it a suspect."""
        return self.lease.deaths > DEATHS_ALONE


Ask = Callable[[Pair, Callable[[], bool]], Outcome]
"""Brings a pair further; the second argument says whether to stop, and counts as a sign of life."""
