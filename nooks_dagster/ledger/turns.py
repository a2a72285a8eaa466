"""Turns: how long a run may go on claiming before it makes room for the next.

Belongs here: one value. Does not: who is next (`ledger.launches`).

Two books that take hours would hold both slow places for hours. A launched run ends after its turn, and what is left
is due: the dispatcher launches it again behind those that have waited longer. A person's run goes on to its end.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.runs import WorkspaceRun


@dataclass(slots=True)
class Turn:
    """One run's turn; whatever its length, it claims something, so that work moves.

    Attributes:
        until: When it is over, on the monotonic clock.
    """

    until: float
    _claimed: bool = field(default=False, init=False)

    @classmethod
    def of(cls, run: WorkspaceRun, minutes: float) -> Self:
        """Return the turn of a run that begins now."""
        return cls(float("inf") if run.launch is None else time.monotonic() + 60 * minutes)

    def claimed(self, claim: Callable[[], list[Claim]]) -> Claim | None:
        """Claim the next item, if the turn is not over."""
        if self._claimed and time.monotonic() >= self.until:
            return None
        claims = claim()
        self._claimed = self._claimed or bool(claims)
        return claims[0] if claims else None
