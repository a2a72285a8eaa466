"""SIGKILL at every boundary of a stage: nothing is lost or written twice, and audio that kills harms no neighbour."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from nooks_dagster.calls.model import WORKED
from nooks_dagster.calls.pipeline.pipeline import Ending
from tests.calls.engine.things import World
from tests.programs import Programs

Work = Callable[..., list[Ending]]
NAMES = [stage.value for stage in WORKED]
WRITING = ("validate", "transcribe", "record")
POINTS = [(stage, point) for stage in NAMES for point in ("begin", "end")]
POINTS += [(stage, "write") for stage in WRITING]
Kill = Callable[..., int]


@pytest.fixture
def kill(programs: Programs, database_url: str, tmp_path: Path) -> Kill:
    """Let a worker take one call and be killed at a point of it; say by which signal it died, 0 for none."""

    def order(stage: str, point: str, *, suspect: bool = False) -> int:
        words = (stage, point, "suspects" if suspect else "all")
        return -programs.run("tests.calls.engine.crashing", database_url, str(tmp_path), *words)

    return order


def test_killed_anywhere_a_call_is_finished_by_the_next_worker_and_no_committed_stage_is_repeated(
    world: World, work: Work, kill: Kill
) -> None:
    calls = {}
    for stage, point in POINTS:
        (calls[stage, point],) = world.accept()
        assert kill(stage, point) == signal.SIGKILL
    assert work() == []
    world.expire()
    assert work(suspects=True) == [Ending.RECORDED] * len(POINTS)
    for (stage, _), call in calls.items():
        assert world.effects(call) == dict.fromkeys(WRITING, 1)
        assert world.stages(call).keys() == set(NAMES)
        ran = world.ran(call)
        committed = [name for name in WRITING if NAMES.index(name) < NAMES.index(stage)]
        assert [ran.count(name) for name in committed] == [1] * len(committed)


def test_killed_after_the_last_commit_a_call_is_done(world: World, work: Work, kill: Kill) -> None:
    (call,) = world.accept()
    assert kill("record", "written") == signal.SIGKILL
    assert (world.state(call), world.item(call)[0]) == ("recorded", "done")
    world.expire()
    assert work(suspects=True) == []


def test_audio_that_kills_its_worker_is_one_dead_letter_that_names_the_stage(
    world: World, work: Work, kill: Kill
) -> None:
    (poison,) = world.accept()
    assert kill("transcribe", "begin") == signal.SIGKILL
    (neighbour,) = world.accept()
    for _ in range(5):
        world.expire()
        assert kill("transcribe", "begin", suspect=True) == signal.SIGKILL
    assert work() == [Ending.RECORDED]
    world.expire()
    assert work(suspects=True) == [Ending.DEAD]
    assert world.state(neighbour) == "recorded"
    assert (world.state(poison), world.stages(poison)) == ("dead", {"validate": "done", "transcribe": "dead"})
    assert world.item(poison)[2] == "Poison"
    assert world.ran(poison) == ["validate"]
