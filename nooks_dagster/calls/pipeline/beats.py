"""A beat: what a run of calls has done so far, told about once a second.

Belongs here: one value. Does not: showing it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nooks_dagster.calls.pipeline.pipeline import FINAL, Ending


@dataclass(frozen=True, slots=True)
class Beat:
    """How calls left a worker's hands so far, and how many are in them."""

    endings: Mapping[Ending, int]
    in_hand: int

    @property
    def ended(self) -> int:
        """How many calls have left its hands for good."""
        return sum(self.endings.get(ending, 0) for ending in FINAL)
