"""Whatever befalls a call, in any order: each effect once, nothing committed done again, and an end."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.calls.model import WORKED, Outcome, Stage, Task
from nooks_dagster.failures import LostLease, Permanent, Transient, Unavailable
from tests.calls.engine.conftest import Work
from tests.calls.engine.things import World

FINAL = {"recorded", "dead"}
WRITING = ("validate", "transcribe", "record")
BEFALLS = st.sampled_from(["done", "broken", "parked", "taken", "died", "hopeless"])


class Fate:
    """What befalls the tries of stages, one after the other; afterwards all goes well."""

    def __init__(self, world: World, befalls: list[str]) -> None:
        self._world = world
        self._befalls: Iterator[str] = iter(befalls)

    def script(self, stage: Stage) -> None:
        def run(task: Task) -> Outcome:
            self._befall(task)
            return self._world.works[stage].usual(task)

        self._world.script(stage, run)

    def _befall(self, task: Task) -> None:
        match next(self._befalls, "done"):
            case "broken":
                raise Transient("It broke.")
            case "parked":
                raise Unavailable("Nobody answers.")
            case "hopeless":
                raise Permanent("It is bad.")
            case "taken":  # another worker has it now, and dies
                self._world.run("update work.items set fence = fence + 1 where state = 'leased'")
            case "died":
                raise LostLease("as a killed worker: it writes nothing more")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(befalls=st.lists(BEFALLS, max_size=12))
def test_a_call_ends_with_each_effect_once_whatever_befalls_it(world: World, work: Work, befalls: list[str]) -> None:
    fate = Fate(world, befalls)
    for stage in WORKED:
        fate.script(stage)
    (call,) = world.accept()
    committed: set[str] = set()
    for _ in range(40):
        before = len(world.ran(call))
        world.make_due()
        work()
        world.expire()
        work(suspects=True)
        assert not committed & set(world.ran(call)[before:])
        committed = {stage for stage, status in world.stages(call).items() if status in {"done", "skipped"}}
        if world.state(call) in FINAL:
            break
    assert world.state(call) in FINAL
    expected = set(WRITING) & committed
    assert world.effects(call) == dict.fromkeys(expected, 1)
    if "hopeless" not in befalls and len(befalls) < 5:
        assert world.state(call) == "recorded"
