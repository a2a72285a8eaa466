"""The life of a whole sandbox: its orgs and portals, each at the same pace.

Belongs here: which of them live, steps, standing still. Does not: what happens in them (`org`, `portal`).
"""

import math
import sys
import time
from collections.abc import Callable, Sequence

from sandbox.hubspot.portals import Portals
from sandbox.life.org import OrgLife
from sandbox.life.pace import Pace
from sandbox.life.portal import PortalLife
from sandbox.salesforce.orgs import Orgs

_TICK = 0.1
"""Seconds; what is due by then happens at once."""

_TOGETHER = 25
"""Steps that are durable together: a flush to disk takes longer than they."""


class Life:
    """Several orgs and portals that live.

    Args:
        orgs: (folder, names) of the orgs.
        portals: (folder, names) of the portals.
        seed: Of all that is left to chance.
        pace: How fast they live.
    """

    def __init__(
        self, orgs: tuple[Orgs, Sequence[str]], portals: tuple[Portals, Sequence[str]], seed: int, pace: Pace
    ) -> None:
        self._lives: list[OrgLife | PortalLife] = [
            *(OrgLife(orgs[0], name, seed, pace) for name in orgs[1]),
            *(PortalLife(portals[0], name, seed, pace) for name in portals[1]),
        ]
        self._pace = pace

    def step(self, steps: int) -> int:
        """Let so many things happen in each; return the most steps that any has made so far."""
        together = [min(_TOGETHER, steps - done) for done in range(0, steps, _TOGETHER)]
        return max((life.live(some) for some in together for life in self._lives), default=0)

    def run(self, steps: int | None, seconds: float | None, stopped: Callable[[], bool]) -> int:
        """Live at the pace until so many steps were made, or seconds have passed, or somebody says stop.

        A world that cannot keep the pace lives more slowly; it does not catch up.

        Returns:
            How many steps each has made.
        """
        done, due = 0, time.monotonic()
        most, end = sys.maxsize if steps is None else steps, due + (math.inf if seconds is None else seconds)
        while done < most and time.monotonic() < end and not stopped():
            together = min(max(1, round(self._pace.rate * _TICK)), most - done)
            self.step(together)
            done += together
            due = max(due + together / self._pace.rate, time.monotonic() - _TICK)
            time.sleep(max(0.0, due - time.monotonic()))
        return done

    def settle(self) -> None:
        """Let all stand still: nothing is open, late or hidden any more."""
        for life in self._lives:
            life.settle()
