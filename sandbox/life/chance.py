"""What a step leaves to chance: the same for the same seed, account and step, on whatever machine.

Belongs here: drawing. Does not: what is drawn.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from sandbox.salesforce.moments import to_json
from sandbox.world.timeline import DAY, END

_Any = TypeVar("_Any")

_TEXTS = ("NA", "NULL", "0", 'said "no", then left', "two\nlines", "Zoë 🚀", "a;b", "007")
"""Values on which readers stumble."""


class Chance(random.Random):
    """The draws of one step."""

    def __init__(self, seed: int, account: str, step: int) -> None:
        super().__init__(f"{seed}/{account}/{step}")
        self._step = step

    def one(self, weighted: Sequence[tuple[int, _Any]]) -> _Any:
        """Return one of some things, each as often as its weight says."""
        return self.choices([thing for _, thing in weighted], [weight for weight, _ in weighted])[0]

    def text(self, length: int) -> str:
        """Return a text that mostly tells its step."""
        return (self.choice(_TEXTS) if self.random() < 0.1 else f"edit {self._step}")[:length]

    def day(self) -> str:
        """Return a day of this decade."""
        return (date(2020, 1, 1) + timedelta(days=self.randrange(3_600))).isoformat()

    def moment(self) -> str:
        """Return a moment of last year, as Salesforce writes it."""
        return to_json((END - self.randrange(365 * DAY)) * 1_000)

    def until(self, try_: Callable[[], _Any | None], tries: int = 12) -> _Any | None:
        """Return the first thing that is found in some tries."""
        return next((found for found in (try_() for _ in range(tries)) if found is not None), None)
