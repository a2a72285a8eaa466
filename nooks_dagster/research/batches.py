"""A batch of sites in the hands of a run: which are still to be looked at, and which alone.

Belongs here: the order within a batch. Does not: threads (`research.draining`), looking (`research.looking`).
"""

import time
from collections import Counter, deque
from contextlib import ExitStack
from dataclasses import dataclass, field

from nooks_dagster.ledger.items import Claim
from nooks_dagster.research.shelf import Kept
from nooks_dagster.research.work import Batch

BUSY_SECONDS = 1.0
"""Until it is asked again whether another run is done with a site."""
TROUBLES = 20
"""Looks of a batch that may break off because Postgres or the lake does not answer; then it is given back."""


@dataclass(slots=True, eq=False)
class Held:
    """A claimed batch.

    Attributes:
        renewing: Ends the renewal of its lease.
        waiting: Sites that nobody suspects.
        alone: Those of which a worker may have died: looked at while nothing else is.
        later: Those that another run looks at, or that met trouble of ours, with the time to try again.
        running: How many are being looked at.
        error: What makes the batch be given back.
    """

    claim: Claim
    batch: Batch
    renewing: ExitStack
    waiting: deque[str]
    alone: deque[str]
    later: deque[tuple[float, str]] = field(default_factory=deque)
    running: int = 0
    troubles: int = 0
    error: BaseException | None = None
    outcomes: Counter[str] = field(default_factory=Counter)

    def next(self) -> str | None:
        """Return a site that may be looked at beside others."""
        if self.error:
            return None
        if self.later and self.later[0][0] <= time.monotonic():
            return self.later.popleft()[1]
        return self.waiting.popleft() if self.waiting else None

    def postpone(self, site: str, seconds: float = BUSY_SECONDS) -> None:
        """Try a site again later."""
        self.later.append((time.monotonic() + seconds, site))

    def trouble(self, site: str, error: Exception, seconds: float) -> None:
        """Try a site again for which Postgres or the lake did not answer; too much of it is the batch's error."""
        self.troubles += 1
        if self.troubles > TROUBLES:
            self.error = error
        self.postpone(site, seconds)

    def count(self, kept: Kept) -> None:
        """Count a look for the outcome of the item."""
        self.outcomes.update(sites=1, new=kept.new, unchanged=kept.unchanged, bytes=kept.bytes)
        self.outcomes[kept.outcome.value] += 1

    @property
    def finished(self) -> bool:
        """Say whether nothing is left to do, or to be done with it."""
        if self.running:
            return False
        return self.error is not None or not (self.waiting or self.alone or self.later)
