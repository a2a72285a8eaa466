"""What a run of signals tells: one report for each batch that left its hands.

Belongs here: the values. Does not: how they are shown (assets, command).
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """What is known of an account after a look."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    """The documents were read, and do not tell it."""
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    """Nobody could look, or what the model said stands in no document."""
    DEGRADED = "degraded"
    """Nothing was found, but a page that should have been read could not be."""
    DEFERRED = "deferred"
    """A cap on spend is reached; it goes on when that frees. No answer: it stands at the pair."""
    ERROR = "error"
    """Asking failed, for a reason that is told, until it is tried again."""


class Ending(StrEnum):
    """How a batch left a run."""

    DONE = "done"
    PARKED = "parked"
    """Some of its accounts are due later, or another batch holds them."""
    DEFERRED = "deferred"
    """A cap on spend is reached."""
    LOST = "lost"
    """Another run has it now."""


@dataclass(slots=True)
class Counts:
    """What became of accounts: by status, with what it cost."""

    statuses: Counter[Status] = field(default_factory=Counter)
    cached: int = 0
    bought: int = 0
    duplicates: int = 0
    dropped: int = 0
    """Findings that no document showed."""
    cost: Decimal = Decimal(0)

    @property
    def ended(self) -> int:
        """How many accounts have an answer now."""
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """How many of these are errors."""
        return self.statuses[Status.ERROR]

    def add(self, other: "Counts") -> None:
        """Count another's in."""
        self.statuses.update(other.statuses)
        self.cached += other.cached
        self.bought += other.bought
        self.duplicates += other.duplicates
        self.dropped += other.dropped
        self.cost += other.cost


@dataclass(frozen=True, slots=True)
class BatchReport:
    """One batch of one signal: how it left this run, and what the run made of its accounts.

    `left` are accounts that are still open; `reason` is a sentence when it is not done.
    """

    signal: str
    key: str
    ending: Ending
    counts: Counts
    left: int = 0
    seconds: float = 0.0
    reason: str | None = None
