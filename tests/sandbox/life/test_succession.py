"""A world that is killed: its successor goes on where it stood, and gives back all that it had taken."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.local import deadline
from sandbox.hubspot.portals import Portals
from sandbox.life.life import Life
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs
from tests.sandbox.process import PROJECT

NAME = "acme"
SEED = 7
EVERY = 10
PACE = Pace(late_seconds=4, long_seconds=20, alter_every=EVERY)
APPEARED, RETYPED, HIDDEN, RESTORED, VANISHED = (EVERY * number for number in (5, 6, 7, 8, 9))


class Killed(Exception):
    """What ends a world in the middle of a step; nothing of the step was noted down."""


class World:
    """One process's view of an org and a portal."""

    def __init__(self, state: Path) -> None:
        self.orgs, self.portals = Orgs(state), Portals(state)
        self.orgs.create_generated(NAME, 60, seed=1)
        self.portals.create_generated(NAME, 40, seed=1)
        self.life = Life((self.orgs, [NAME]), (self.portals, [NAME]), SEED, PACE)

    def steps(self) -> tuple[int, int]:
        return self.orgs.living(NAME).steps(), self.portals.living(NAME).steps()

    def live_until(self, steps: int) -> None:
        """Go on until both have made so many steps, of which a kill may have let one make more."""
        of_org, of_portal = self.steps()
        Life((self.orgs, [NAME]), (self.portals, []), SEED, PACE).step(steps - of_org)
        Life((self.orgs, []), (self.portals, [NAME]), SEED, PACE).step(steps - of_portal)

    def taken(self) -> dict[str, list[dict[str, Any]]]:
        """Return what administrators did to both, and has not been given back."""
        done = {"org": self.orgs.alterations(NAME), "portal": self.portals.alterations(NAME)}
        return {name: [each.model_dump() for each in altered] for name, altered in done.items()}

    def hidden(self) -> set[str]:
        return {each["object"].lower() for done in self.taken().values() for each in done if each["kind"] == "hide"}

    def die_in_the_next_step(self) -> None:
        with (
            pytest.raises(Killed),
            self.orgs.living(NAME).overlay.writing(),
            self.portals.living(NAME).writing(),
        ):
            self.life.step(1)
            raise Killed


@pytest.mark.parametrize("step", [APPEARED, RETYPED, HIDDEN, RESTORED, VANISHED])
def test_a_world_that_dies_between_an_alteration_and_noting_it_down_is_as_one_that_lived(
    tmp_path: Path, step: int
) -> None:
    lived, died = World(tmp_path / "lived"), World(tmp_path / "died")
    lived.life.step(step + 1)
    died.life.step(step - 1)
    before = died.taken()
    died.die_in_the_next_step()
    successor = World(tmp_path / "died")
    assert successor.steps() == (step - 1, step - 1)
    assert successor.taken() != before
    successor.life.step(2)
    assert (successor.steps(), successor.taken()) == (lived.steps(), lived.taken())


def test_a_permission_that_a_killed_world_took_is_given_back_when_its_successors_time_for_it_comes(
    tmp_path: Path,
) -> None:
    World(tmp_path).life.step(HIDDEN)
    successor = World(tmp_path)
    assert successor.hidden() == {"lead", "leads"}
    successor.life.step(RESTORED - HIDDEN - 1)
    assert successor.hidden() == {"lead", "leads"}
    successor.life.step(1)
    assert successor.hidden() == set()


def test_all_that_a_killed_world_took_is_given_back_when_all_is_to_stand_still(tmp_path: Path) -> None:
    killed = World(tmp_path)
    killed.life.step(HIDDEN - 1)
    killed.orgs.living(NAME).begin(until=10**6)
    killed.die_in_the_next_step()
    successor = World(tmp_path)
    assert (successor.hidden(), len(successor.orgs.living(NAME).open_since()) > 0) == ({"lead", "leads"}, True)
    successor.life.settle()
    assert (successor.hidden(), successor.orgs.living(NAME).overlay.open) == (set(), {})


def test_worlds_killed_at_any_moment_end_as_one_that_lived(tmp_path: Path) -> None:
    lived, killed = World(tmp_path / "lived"), World(tmp_path / "killed")
    command = [sys.executable, "-m", "sandbox", "world", "--state", str(tmp_path / "killed"), "--no-settle"]
    command += ["--org", NAME, "--portal", NAME, "--seed", f"{SEED}", "--rate", "400", "--alter-every", f"{EVERY}"]
    command += ["--late-seconds", f"{PACE.late_seconds}", "--long-seconds", f"{PACE.long_seconds}"]
    for _ in range(2):
        before = killed.steps()
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) as world:
            for _ in deadline.polls(60, every=0.005):
                if min(killed.steps()) > max(before) + EVERY:
                    break
            world.send_signal(signal.SIGKILL)
    steps = max(killed.steps()) + 6 * EVERY
    successor = World(tmp_path / "killed")
    for world in (successor, lived):
        world.live_until(steps)
    assert successor.steps() == lived.steps() == (steps, steps)
    assert successor.taken() == lived.taken()
