"""Dead letters sent again, and the story that is told of a call."""

from collections.abc import Callable

import pytest

from nooks_dagster.calls.model import Outcome, Stage, Task
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.reporting.story import named, story
from nooks_dagster.calls.reprocessing.replay import MOST, Replay, Replayed, replay
from nooks_dagster.calls.stages.refusals import Refusal
from nooks_dagster.failures import Permanent, Transient
from tests.calls.engine.things import World

Work = Callable[..., list[Ending]]


def dies(_: Task) -> Outcome:
    raise Permanent("The audio cannot be read.", subject="call 1")


@pytest.fixture
def dead(world: World, work: Work) -> list[int]:
    """Three calls of two workspaces that died while they were transcribed, of something that is mended by now."""
    world.script(Stage.TRANSCRIBE, dies)
    calls = world.accept(2) + world.accept(1, "globex")
    work()
    world.script(Stage.TRANSCRIBE, None)
    return calls


def send(world: World, *, dry_run: bool = False, **chosen: object) -> Replayed:
    return replay(world.db, Replay("a person", dry_run=dry_run, **chosen))  # type: ignore[arg-type]  # as chosen


def test_a_dead_call_that_is_sent_again_goes_on_where_it_died(world: World, work: Work, dead: list[int]) -> None:
    assert send(world).replayed == 3
    assert [world.state(call) for call in dead] == ["accepted"] * 3
    assert work() == [Ending.RECORDED] * 3
    assert world.ran(dead[0]).count("validate") == 1
    assert world.effects(dead[0]) == {"validate": 1, "transcribe": 1, "record": 1}
    assert send(world).found == 0


def test_a_dry_run_tells_how_many_there_are_and_is_kept_too(world: World, work: Work, dead: list[int]) -> None:
    assert send(world, dry_run=True, stage=Stage.TRANSCRIBE).found == 3
    assert work() == []
    kept = world.rows("select asked_by, asked, dry_run, found, replayed from calls.replays")
    assert kept == [("a person", {"stage": "transcribe"}, True, 3, 0)]


def test_only_what_has_all_that_is_named_is_sent_again(world: World, dead: list[int]) -> None:
    assert send(world, dry_run=True, workspace="globex").found == 1
    assert send(world, dry_run=True, stage=Stage.RECORD).found == 0
    assert send(world, dry_run=True, failure="Poison").found == 0
    assert send(world, dry_run=True, failure="Permanent", ids=dead[:1]).found == 1
    with pytest.raises(Permanent, match="1001 ids"):
        send(world, ids=range(MOST + 1))


def test_a_thousand_ids_of_any_length_are_sent_again_and_the_first_of_them_kept(world: World) -> None:
    ids = range(2**62, 2**62 + MOST)
    assert len(send(world, ids=ids).left) == MOST
    ((kept,),) = world.rows("select asked from calls.replays")
    assert (kept["ids"][0], kept["of_ids"]) == (ids[0], MOST)
    assert send(world, ids=[-1, 1 << 70]).left == [-1, 1 << 70]


def test_a_refused_call_begins_anew_when_it_or_its_stage_is_named(world: World, work: Work) -> None:
    world.script(Stage.VALIDATE, lambda _: Outcome(Refusal.RECORDING_MISSING.made()))
    first, second = world.accept(2)
    assert work() == [Ending.REFUSED] * 2
    world.run("delete from work.items where key = %s", str(second))  # as the ledger's retention does after days
    world.script(Stage.VALIDATE, None)
    assert send(world).found == 0
    assert send(world, dry_run=True, stage=Stage.VALIDATE).found == 2
    assert send(world, ids=[first]).replayed == 1
    assert world.state(first) == "accepted"
    assert send(world, stage=Stage.VALIDATE).replayed == 1
    assert work() == [Ending.RECORDED] * 2
    assert world.effects(second) == {"validate": 1, "transcribe": 1, "record": 1}


def test_a_stage_that_died_of_a_call_that_other_work_took_over_is_done_again_all_the_same(
    world: World, work: Work, dead: list[int]
) -> None:
    world.run("update work.items set state = 'done', failure = null where key = %s", str(dead[0]))
    world.run("delete from work.items where key = %s", str(dead[1]))  # as the ledger's retention does
    assert send(world, stage=Stage.TRANSCRIBE).replayed == 3
    assert work() == [Ending.RECORDED] * 3
    assert world.effects(dead[0]) == {"validate": 1, "transcribe": 1, "record": 1}
    assert send(world).found == 0


def test_what_is_named_and_cannot_be_sent_again_is_told(world: World, work: Work, dead: list[int]) -> None:
    (recorded,) = world.accept()
    work()
    asked = [dead[0], recorded, 99]
    assert send(world, dry_run=True, ids=asked).left == [recorded, 99]
    assert send(world, ids=asked, stage=Stage.VALIDATE).left == sorted(asked)
    assert send(world, ids=asked).left == [recorded, 99]
    assert send(world, ids=dead[:1]).left == dead[:1]


def test_what_has_killed_its_workers_is_sent_again_alone(world: World, work: Work) -> None:
    (call,) = world.accept()
    world.run("update work.items set deaths = 5, state = 'leased', lease_until = now() where queue = 'calls'")
    assert work(suspects=True) == [Ending.DEAD]
    assert send(world, failure="Poison").replayed == 1
    assert work() == []
    assert work(suspects=True) == [Ending.RECORDED]
    assert world.state(call) == "recorded"


def test_a_dead_delivery_waits_again(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    world.run(
        "insert into calls.deliveries (call, integration, kind, workspace, key, state, failure, digest)"
        " values (%s, 'acme-hubspot', 'hubspot', 'acme', 'k', 'dead', 'Permanent', '')",
        call,
    )
    world.run(
        "insert into work.items (queue, scope, lane, key, serial, class, payload, release, state)"
        " values ('calls.deliveries', 'calls/acme', 'deliveries/acme-hubspot', '1', false, 0,"
        " jsonb_build_object('call', %s::bigint), 'test', 'dead')",
        call,
    )
    assert send(world).found == 0
    assert send(world, stage=Stage.DELIVER, workspace="acme").replayed == 1
    assert world.rows("select state from calls.deliveries") == [("waiting",)]
    assert world.rows("select state from work.items where queue = 'calls.deliveries'") == [("waiting",)]


def test_of_a_calls_dead_deliveries_those_are_sent_again_that_died_of_what_is_named(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    for integration, failure in (("acme-hubspot", "Permanent"), ("acme-salesforce", "Transient")):
        world.run(
            "insert into calls.deliveries (call, integration, kind, workspace, key, state, failure, digest)"
            " values (%s, %s, 'crm', 'acme', 'k', 'dead', %s, '')",
            call,
            integration,
            failure,
        )
        world.run(
            "insert into work.items (queue, scope, lane, key, serial, class, payload, release, state, failure)"
            " values ('calls.deliveries', 'calls/acme', 'deliveries/' || %s, '1', false, 0,"
            " jsonb_build_object('call', %s::bigint), 'test', 'dead', %s)",
            integration,
            call,
            failure,
        )
    assert send(world, stage=Stage.DELIVER, failure="Transient").replayed == 1
    states = [("acme-hubspot", "dead"), ("acme-salesforce", "waiting")]
    assert world.rows("select integration, state from calls.deliveries order by 1") == states
    assert (
        world.rows("select substr(lane, 12), state from work.items where queue = 'calls.deliveries' order by 1")
        == states
    )


def test_the_story_of_a_call_tells_each_stage_with_its_handles_and_tries(world: World, work: Work) -> None:
    failed = [False]

    def script(task: Task) -> Outcome:
        if not failed[0]:
            failed[0] = True
            raise Transient("The model broke off.", subject=f"call {task.call.id}")
        return world.works[Stage.CONTACT].run(task)

    (call,) = world.accept()
    world.script(Stage.RECORD, script)
    work()
    world.script(Stage.RECORD, None)
    world.make_due()
    work()
    with world.db.transaction() as conn:
        told = story(conn, call)
        assert named(conn, "acme", "call-0") == call
        assert story(conn, call + 1) is None
    assert told
    assert (told.call.state, told.call.workspace) == ("recorded", "acme")
    stages = {one.stage: one for one in told.stages}
    assert stages["record"].tries[0]["reason"] == f"call {call}: The model broke off."
    assert stages["transcribe"].output
    assert stages["transcribe"].input
    assert stages["transcribe"].input["validate"] == stages["validate"].output
    assert [(one.outcome, one.worker) for one in told.attempts] == [("Transient", "worker-1"), ("done", "worker-1")]
    assert told.plan
    assert told.plan.state == "done"
    assert "4155550100" not in repr(told)
