"""What a run has in its hands: the batches that it holds, and their accounts that have no answer yet.

Belongs here: the values, and what is ready. Does not: opening and closing a batch (`signals.batches`).
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from nooks_dagster.ledger.items import Claim
from nooks_dagster.signals.outcomes import Outcome
from nooks_dagster.signals.pairs import Pair
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import BatchReport, Counts, Ending


@dataclass(slots=True, eq=False)
class Held:
    """A batch in this run's hands.

    Attributes:
        claim: The right to its item.
        renewal: Keeps the claim alive until it is closed.
        question: What is asked.
        pairs: Accounts without an answer that this run may ask about, by subject.
        elsewhere: Accounts that another batch holds.
        asking: The pairs that a thread is at.
        counts: What became of the others.
    """

    claim: Claim
    renewal: ExitStack
    question: Question
    pairs: dict[str, Pair]
    elsewhere: int
    asking: set[Pair] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)
    started: float = field(default_factory=time.monotonic)

    def ready(self, now: float) -> Iterator[Pair]:
        """Yield the pairs that may be asked about beside others, in order."""
        return (pair for pair in self._resting() if not pair.suspect and pair.ready_at <= now)

    def suspects(self, now: float) -> Iterator[Pair]:
        """Yield the pairs that may be asked about alone."""
        return (pair for pair in self._resting() if pair.suspect and pair.ready_at <= now)

    @property
    def next_at(self) -> float:
        """When a pair that rests is ready, on the monotonic clock; never if there is none."""
        return min((pair.ready_at for pair in self._resting()), default=float("inf"))

    def take_in(self, pair: Pair, outcome: Outcome) -> None:
        """Count what became of a pair; it stays only if it is to be asked about again."""
        self.asking.discard(pair)
        self.counts.add(
            Counts(
                Counter({outcome.status: 1} if outcome.status else {}),
                int(outcome.cached),
                outcome.bought,
                outcome.duplicates,
                outcome.dropped,
                outcome.cost,
            )
        )
        if outcome.wait is None:
            self.pairs.pop(pair.lease.subject, None)
        else:
            pair.ready_at = time.monotonic() + outcome.wait.total_seconds()

    def report(self, ending: Ending, reason: str | None = None) -> BatchReport:
        """Return how it left this run."""
        return BatchReport(
            self.question.signal.name,
            self.claim.item.key,
            ending,
            self.counts,
            len(self.pairs) + self.elsewhere,
            time.monotonic() - self.started,
            reason,
        )

    def _resting(self) -> Iterator[Pair]:
        return (pair for pair in self.pairs.values() if pair not in self.asking)
