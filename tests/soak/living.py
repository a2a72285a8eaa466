"""The world around a soaked house: it lives in a process of its own, and time passes faster in it.

Belongs here: starting that process, its clocks, standing still. Does not: what happens in a world (`sandbox.life`).
"""

import subprocess
import sys

import psutil

from sandbox.hubspot.portals import Portals
from sandbox.life.life import Life
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.house import PROJECT, SAMPLE, House

PACE = Pace(late_seconds=20, long_seconds=60, alter_every=2_500)
"""Nothing is late by more than a minute or two of the world's own time, which is below the five that a sync waits."""


class LivingWorld:
    """The life of a house's org and portal.

    Args:
        house: Whose they are.
        seed: Of all that is left to chance.
        rate: Changes a second, in each.
    """

    def __init__(self, house: House, seed: int, rate: float) -> None:
        self._command = [sys.executable, "-m", "sandbox", "world", "--state", str(house.worlds), "--no-settle"]
        self._command += ["--org", SAMPLE, "--portal", SAMPLE, "--seed", str(seed), "--rate", f"{rate}"]
        self._command += ["--late-seconds", f"{PACE.late_seconds}", "--long-seconds", f"{PACE.long_seconds}"]
        self._command += ["--alter-every", f"{PACE.alter_every}"]
        self._orgs, self._portals = Orgs(house.worlds), Portals(house.worlds)
        self._process: subprocess.Popen[bytes] | None = None
        self._steps_before = 0

    def keep_alive(self) -> None:
        """Start the process, unless it lives; a world that was killed goes on with its next step."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(self._command, cwd=PROJECT, stdout=subprocess.DEVNULL)

    def living(self) -> list[psutil.Process]:
        """Return the process, if there is one."""
        alive = self._process is not None and self._process.poll() is None
        return [psutil.Process(self._process.pid)] if self._process and alive else []

    def pass_time(self, seconds: float) -> None:
        """Let time pass on the clocks of the org and the portal, beside the machine's, while something happens there.

        What a killed world has begun ends with its successor's first step: until then it would become too late.
        """
        steps = self.steps()
        if steps == self._steps_before:
            return
        self._steps_before = steps
        self._put_forward(seconds)

    def _put_forward(self, seconds: float) -> None:
        for world in (self._orgs.living(SAMPLE), self._portals.living(SAMPLE)):
            world.advance(seconds)

    def steps(self) -> int:
        """Return how many changes the org has seen."""
        return self._orgs.living(SAMPLE).steps()

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def stand_still(self) -> None:
        """End the process, and let nothing be open, late or hidden any more: twenty minutes later all is visible."""
        self.stop()
        Life((self._orgs, [SAMPLE]), (self._portals, [SAMPLE]), 0, PACE).settle()
        self._put_forward(1_200)
