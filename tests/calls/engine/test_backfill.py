"""Stages done again: where it is needed, wherever it was asked for, and never by two at once."""

from collections.abc import Callable
from datetime import datetime

from nooks_dagster.calls.model import WORKED, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.reprocessing.backfill import OPEN, Backfill, BackfillRun
from nooks_dagster.calls.reprocessing.redoing import Redo, plan_again
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from tests.calls.engine.things import World, made

Work = Callable[..., list[Ending]]
NAMES = [stage.value for stage in WORKED]


def hour_of(world: World) -> datetime:
    hour: datetime = world.rows("select min(hour) from calls.calls")[0][0]
    return hour


def backfill(world: World, *stages: Stage, **more: object) -> int:
    """Do it, and say how many calls there were to do again."""
    asked = {"workspaces": (), "again": False, **more}
    run = BackfillRun("run-1", [hour_of(world)], stages or WORKED, **asked)  # type: ignore[arg-type]  # as asked
    doing = Backfill(world.platform, run, alone=("false",))
    beats = list(doing.beats())
    assert beats[-1].ended == doing.planned
    return doing.planned


def dies(_: Task) -> Outcome:
    raise Permanent("The audio cannot be read.", subject="call 1")


def redo(world: World, call: int, *stages: Stage) -> None:
    with world.db.transaction() as conn:
        plan_again(conn, [Redo(call, "acme", stages or WORKED)], WorkClass.LIVE, "dev", "a test")


def test_what_is_complete_is_not_done_again(world: World, work: Work) -> None:
    world.accept(3)
    work()
    before = world.rows("select count(*) from ran")
    assert backfill(world) == 0
    assert world.rows("select count(*) from ran") == before


def test_asked_again_the_named_stages_alone_are_repeated_and_the_record_is_updated(world: World, work: Work) -> None:
    world.accept(2)
    work()
    world.works[Stage.RECORD].version = "2"
    assert backfill(world, Stage.CONTACT, Stage.RECORD, again=True) == 2
    assert world.rows("select version, count(*) from calls.records group by 1") == [("2", 2)]
    for (call,) in world.rows("select id from calls.calls"):
        assert world.ran(call) == [*NAMES, "contact", "record"]
        assert world.state(call) == "recorded"


def test_a_stage_of_an_older_version_is_done_again_with_those_after_it_that_were_asked_for(
    world: World, work: Work
) -> None:
    (call,) = world.accept()
    work()
    world.works[Stage.TRANSCRIBE].version = "2"
    assert backfill(world, Stage.VALIDATE, Stage.TRANSCRIBE, Stage.RECORD) == 1
    assert world.ran(call) == [*NAMES, "transcribe", "record"]
    assert world.rows("select version from calls.stages where stage = 'transcribe'") == [("2",)]
    assert backfill(world, Stage.VALIDATE, Stage.TRANSCRIBE, Stage.RECORD) == 0


def test_what_was_made_of_a_result_that_was_made_again_since_is_old(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    assert backfill(world, Stage.TRANSCRIBE, again=True) == 1
    assert backfill(world, Stage.VALIDATE, Stage.TRANSCRIBE) == 0
    assert backfill(world, Stage.TRANSLATE, Stage.CONTACT, Stage.RECORD) == 1
    assert world.ran(call) == [*NAMES, "transcribe", "translate", "contact", "record"]
    assert backfill(world) == 0


def test_an_object_of_a_call_that_is_done_again_has_another_name(world: World, work: Work) -> None:
    world.accept()
    work()
    first = world.rows("select output->>'uri' from calls.stages where stage = 'transcribe'")
    world.run("delete from work.items where queue = 'calls'")  # as retention does
    backfill(world, Stage.TRANSCRIBE, again=True)
    assert world.rows("select output->>'uri' from calls.stages where stage = 'transcribe'") != first


def test_a_dead_call_goes_on_to_its_record(world: World, work: Work) -> None:
    def script(task: Task) -> Outcome:
        raise Permanent("The audio cannot be read.")

    (call,) = world.accept()
    world.script(Stage.TRANSCRIBE, script)
    assert work() == [Ending.DEAD]
    world.script(Stage.TRANSCRIBE, None)
    assert backfill(world, Stage.TRANSCRIBE) == 1
    assert world.state(call) == "recorded"
    assert world.ran(call) == ["validate", "transcribe", "transcribe", "translate", "contact", "record"]


def test_a_record_that_stands_survives_a_failure_of_what_is_done_again(world: World, work: Work) -> None:
    def script(task: Task) -> Outcome:
        raise Permanent("The audio is gone.")

    (call,) = world.accept()
    work()
    kept = world.rows("select output from calls.stages where stage = 'transcribe'")
    world.script(Stage.TRANSCRIBE, script)
    assert backfill(world, Stage.TRANSCRIBE, again=True) == 1
    assert world.state(call) == "recorded"
    assert world.stages(call)["transcribe"] == "dead"
    assert world.rows("select output from calls.stages where stage = 'transcribe'") == kept


def test_only_the_named_workspaces_are_looked_at_and_refused_calls_only_when_asked_again(
    world: World, work: Work
) -> None:
    (ours,) = world.accept(1, "acme")
    (theirs,) = world.accept(1, "globex")
    world.script(Stage.VALIDATE, lambda _: Outcome(Made(Status.REFUSED, reason="too_short: It lasted 1 s.")))
    work()
    world.script(Stage.VALIDATE, None)
    assert backfill(world, workspaces=("acme",)) == 0
    assert backfill(world, Stage.CONTACT, Stage.RECORD, workspaces=("acme",), again=True) == 0
    assert backfill(world, workspaces=("acme",), again=True) == 1
    assert (world.state(ours), world.state(theirs)) == ("recorded", "refused")


def test_a_call_that_is_in_work_is_left_to_whoever_has_it(world: World, work: Work) -> None:
    world.accept(2)
    world.run("update calls.calls set state = 'recorded'")
    world.run("update work.items set state = 'leased', lease_until = now() + interval '1 minute' where key = '1'")
    assert backfill(world, Stage.CONTACT, again=True) == 0


def test_many_hours_are_history_and_one_is_what_a_person_waits_for(world: World) -> None:
    world.accept()
    hour = hour_of(world)
    assert BackfillRun("r", [hour], WORKED).work_class is WorkClass.ASKED
    assert BackfillRun("r", [hour, hour], WORKED).work_class is WorkClass.HISTORY


def test_a_transcript_stands_while_a_cap_is_reached(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    before = world.rows("select stage, status, output from calls.stages order by 1")
    world.script(Stage.TRANSCRIBE, lambda _: Outcome(Made(Status.DEFERRED, reason="The cap is reached.")))
    redo(world, call, Stage.TRANSCRIBE, Stage.RECORD)
    assert work() == [Ending.PARKED]
    assert world.rows("select stage, status, output from calls.stages order by 1") == before
    assert world.rows("select due_at > now() + interval '50 minutes' from work.items where queue = 'calls'") == [
        (True,)
    ]


def test_a_stage_that_died_when_it_was_done_again_is_read_as_it_was_before(world: World, work: Work) -> None:
    """Else its record would be made without what was said, and the CRM's activity emptied."""
    (call,) = world.accept()
    work()
    world.script(Stage.TRANSCRIBE, dies)
    redo(world, call, Stage.TRANSCRIBE)
    assert work() == [Ending.DEAD]
    read: list[Made | None] = []

    def record(task: Task) -> Outcome:
        read.append(task.made(Stage.TRANSCRIBE))
        return Outcome(made(task, Stage.RECORD))

    world.script(Stage.RECORD, record)
    assert backfill(world, Stage.RECORD) == 0
    assert backfill(world, Stage.RECORD, again=True) == 1
    ((output,),) = world.rows("select output from calls.stages where stage = 'transcribe'")
    assert [one and one.handle and one.handle.to_json() for one in read] == [output]


def test_a_transcript_stands_while_a_cap_is_reached_though_it_died_when_it_was_done_again(
    world: World, work: Work
) -> None:
    (call,) = world.accept()
    work()
    world.script(Stage.TRANSCRIBE, dies)
    redo(world, call, Stage.TRANSCRIBE)
    work()
    world.script(Stage.TRANSCRIBE, lambda _: Outcome(Made(Status.DEFERRED, reason="The cap is reached.")))
    redo(world, call, Stage.TRANSCRIBE)
    assert work() == [Ending.PARKED]
    assert world.rows("select output is not null from calls.stages where stage = 'transcribe'") == [(True,)]


def test_a_call_whose_recording_is_gone_keeps_what_it_has(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    before = world.rows("select stage, status, output from calls.stages where stage = 'validate'")
    gone = Outcome(Made(Status.REFUSED, reason="recording_missing: It is gone."))
    world.script(Stage.VALIDATE, lambda _: gone)
    redo(world, call, Stage.VALIDATE, Stage.RECORD)
    assert work() == [Ending.RECORDED]
    assert world.rows("select stage, status, output from calls.stages where stage = 'validate'") == before
    assert world.ran(call) == [*NAMES, "validate", "record"]


def test_what_is_left_is_counted_without_reading_the_live_calls_that_wait(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute("set local enable_seqscan = off")
        plan = "\n".join(line for (line,) in conn.execute(f"explain {OPEN}".encode(), ("calls", "run-1")))
    assert "class = ANY" in plan
    assert "Seq Scan" not in plan
