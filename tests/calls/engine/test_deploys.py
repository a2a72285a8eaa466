"""A deploy that adds a stage while calls are in flight: all finish, and each as it was planned."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from nooks_dagster.calls.model import Outcome, Stage, Task
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.failures import RateLimited
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from tests.calls.engine.things import World

OLD = ("validate", "transcribe", "record")
NEW = ("validate", "transcribe", "contact", "record")
MINUTE = timedelta(minutes=1)
CALLS = 1_000
HANDS = 16


def release(world: World, name: str, stages: tuple[str, ...]) -> Crew:
    """The crew of a release that knows these stages."""
    works = {stage: work for stage, work in world.platform.works.items() if stage in stages}
    keeper = LeaseKeeper(world.db, MINUTE, MINUTE)
    return Crew(replace(world.platform, works=works), Ledger(world.db, name, MINUTE, name), keeper, HANDS)


def accept(world: World, stages: tuple[str, ...]) -> None:
    """Accept calls as a release does that plans these stages."""
    world.accept(CALLS // 2)
    plan = "update work.items set payload = jsonb_set(payload, '{stages}', to_jsonb(%s::text[]))"
    world.run(plan + " where payload->>'stages' like '%%translate%%'", list(stages))


def busy(world: World) -> Callable[[Task], Outcome]:
    """The other side asks every other call to come again, so that they are in flight when the deploy comes."""
    asked: set[int] = set()

    def script(task: Task) -> Outcome:
        if task.call.id % 2 and task.call.id not in asked:
            asked.add(task.call.id)
            raise RateLimited("The other side is busy.", retry_in=timedelta(milliseconds=1))
        return Outcome(world.works[Stage.VALIDATE].run(task).made)

    return script


def take(crew: Crew, limit: int) -> Any:
    crew.take(limit, WorkClass.LIVE, WorkClass.HISTORY)
    return crew.join(60)


def test_a_deploy_that_adds_a_stage_lets_all_calls_finish_and_none_is_a_mixture(world: World) -> None:
    old, new = release(world, "old", OLD), release(world, "new", NEW)
    accept(world, OLD)
    world.script(Stage.TRANSCRIBE, busy(world))
    while sum(old.endings.values()) < CALLS // 3:
        assert take(old, HANDS)
    accept(world, NEW)
    while new.endings[Ending.RECORDED] + old.endings[Ending.RECORDED] < CALLS:
        assert take(old, HANDS)
        assert take(new, HANDS)
    done = world.rows(
        "select i.payload->'stages',"
        " array(select s.stage from calls.stages s where s.call = c.id order by s.started_at)"
        " from calls.calls c join work.items i on i.key = c.id::text where c.state = 'recorded'"
    )
    assert len(done) == CALLS
    assert all(planned == made for planned, made in done)
    assert {tuple(planned) for planned, _ in done} == {OLD, NEW}
