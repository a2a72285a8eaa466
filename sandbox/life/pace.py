"""How fast a world lives, and for how long things take in it.

Belongs here: the numbers. Does not: acting on them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Durations are kept by counting steps, so that a seed and a number of steps say what happened.

    Args:
        rate: Steps a second, of each org and portal.
        late_seconds: How long a row may stay unseen after its stamp without a word of it; in a portal, how far the
            index may be behind.
        long_seconds: How long the longest transactions take, of which `latestDateCovered` tells.
        alter_every: Steps from one alteration of fields and permissions to the next; 0: there are none.
    """

    rate: float = 50.0
    late_seconds: float = 240.0
    long_seconds: float = 1_200.0
    alter_every: int = 30_000

    def __post_init__(self) -> None:
        if self.rate <= 0 or min(self.late_seconds, self.long_seconds, self.alter_every) < 0:
            raise ValueError("rate is above 0, late_seconds, long_seconds and alter_every are not below it")

    def steps(self, seconds: float) -> int:
        """Return how many steps pass in a time, at least one."""
        return max(1, int(seconds * self.rate))
