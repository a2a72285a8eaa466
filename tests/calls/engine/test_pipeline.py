"""One call through its stages: what is written when, and what a failure costs."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nooks_dagster.calls.model import WORKED, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.reporting.lacking import paces
from nooks_dagster.calls.uploading import Uploading
from nooks_dagster.calls.work import CALLS
from nooks_dagster.failures import Permanent, QuotaExhausted, Transient, Unanswered, Unauthorized, word_for
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.llm.outcomes import Unusable
from nooks_dagster.local import deadline
from tests.calls.engine.things import Script, World, made

Work = Callable[..., list[Ending]]
NAMES = [stage.value for stage in WORKED]


def failing(error: Exception, times: int = 1_000) -> Script:
    """A script that fails so often, and then makes a result."""
    left = [times]

    def script(task: Task) -> Outcome:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return Outcome(Made(Status.DONE))

    return script


def unwritable(conn: psycopg.Connection[Any]) -> None:
    """What Postgres refuses to write."""
    conn.execute("select 1 / 0")


def again(world: World, work: Work) -> list[Ending]:
    """Let the wait after a failure pass."""
    world.make_due()
    return work()


def test_a_call_goes_through_its_stages_once_each_and_is_recorded(world: World, work: Work) -> None:
    (call,) = world.accept()
    assert work() == [Ending.RECORDED]
    assert world.ran(call) == NAMES
    assert world.stages(call) == {**dict.fromkeys(NAMES, "done"), "translate": "skipped"}
    assert world.effects(call) == {"validate": 1, "transcribe": 1, "record": 1}
    assert (world.state(call), world.item(call)[0]) == ("recorded", "done")


def test_a_stage_keeps_what_it_read_and_what_it_made(world: World, work: Work) -> None:
    (call,) = world.accept()
    work()
    read, wrote, facts, version = world.rows(
        "select input, output, facts, version from calls.stages where call = %s and stage = 'transcribe'", call
    )[0]
    assert list(read) == ["validate"]
    assert f"workspace=acme/call={call}-" in wrote["uri"]
    assert (facts, version) == ({"stage": "transcribe"}, "1")
    order = world.rows("select stage from calls.stages where call = %s order by started_at", call)
    assert [stage for (stage,) in order] == NAMES


@pytest.mark.parametrize("stage", WORKED)
def test_each_stage_is_retried_alone(world: World, work: Work, stage: Stage) -> None:
    (call,) = world.accept()
    world.script(stage, failing(Transient("The other side broke off.", subject=f"call {call}"), times=2))
    assert work() == [Ending.RETRIED]
    assert world.stages(call)[stage] == "failing"
    assert world.state(call) == "accepted"
    assert again(world, work) == [Ending.RETRIED]
    assert again(world, work) == [Ending.RECORDED]
    assert world.ran(call) == [name for name in NAMES for _ in range(3 if name == stage else 1)]
    (tries,) = world.rows("select tries from calls.stages where call = %s and stage = %s", call, stage)[0]
    assert [one["failure"] for one in tries] == ["Transient", "Transient"]
    assert world.effects(call).most_common(1)[0][1] == 1


def test_a_stage_that_fails_to_the_last_is_a_dead_letter_of_its_call(world: World, work: Work) -> None:
    (call,) = world.accept()
    fails, lasts = failing(Unanswered("No answer.", subject=f"call {call}")), list[bool]()

    def script(task: Task) -> Outcome:
        lasts.append(task.last)
        return fails(task)

    world.script(Stage.TRANSCRIBE, script)
    endings = work()
    while endings == [Ending.RETRIED]:
        endings = again(world, work)
    assert endings == [Ending.DEAD]
    assert lasts == [False] * (CALLS.attempts - 1) + [True]
    assert (world.state(call), world.stages(call)) == ("dead", {"validate": "done", "transcribe": "dead"})
    assert world.item(call)[:4] == ("dead", CALLS.attempts, "Unanswered", f"call {call}: No answer.")


@pytest.mark.parametrize("stage", WORKED)
def test_a_stage_whose_outcome_cannot_be_written_is_a_dead_letter_in_the_end(
    world: World, work: Work, stage: Stage
) -> None:
    """What it bought is bought again at each try, so that tries without an end would have no price."""
    (call,) = world.accept()
    world.script(stage, lambda _: Outcome(Made(Status.DONE), unwritable))
    endings = work()
    while endings == [Ending.RETRIED]:
        endings = again(world, work)
    assert endings == [Ending.DEAD]
    assert world.ran(call).count(stage) == CALLS.attempts
    assert world.stages(call)[stage] == "dead"


def test_progress_gives_each_stage_a_budget_of_its_own(world: World, work: Work) -> None:
    world.accept()
    world.script(Stage.TRANSCRIBE, failing(Transient("Broken."), times=CALLS.attempts - 1))
    world.script(Stage.RECORD, failing(Transient("Broken."), times=CALLS.attempts - 1))
    endings = work()
    while endings == [Ending.RETRIED]:
        endings = again(world, work)
    assert endings == [Ending.RECORDED]


def test_what_cannot_be_helped_dies_at_once_and_harms_no_other_call(world: World, work: Work) -> None:
    first, second = world.accept(2)

    def script(task: Task) -> Outcome:
        if task.call.id == first:
            raise Permanent("The audio cannot be read.", subject=f"call {first}")
        return Outcome(made(task, Stage.VALIDATE))

    world.script(Stage.VALIDATE, script)
    assert work() == [Ending.DEAD, Ending.RECORDED]
    assert (world.state(first), world.state(second)) == ("dead", "recorded")


@pytest.mark.parametrize(
    "error",
    [
        QuotaExhausted("The cap is reached."),
        Unauthorized("The key was refused.", subject="OpenAI"),
        Unusable("The provider has shut the model down.", subject="whisper-1"),
    ],
)
def test_what_accuses_no_call_is_no_attempt(world: World, work: Work, error: Exception) -> None:
    (call,) = world.accept()
    world.script(Stage.TRANSCRIBE, failing(error, times=9))
    assert [ending for _ in range(9) for ending in again(world, work)] == [Ending.PARKED] * 9
    assert world.stages(call) == {"validate": "done"}
    assert world.item(call)[1:3] == (0, word_for(error))
    assert again(world, work) == [Ending.RECORDED]


def test_a_call_that_waits_for_its_dialers_upload_is_not_told_as_slow_until_its_time_is_over(
    world: World, work: Work
) -> None:
    def waits() -> float:
        with world.db.transaction() as conn:
            (pace,) = paces(conn)
        return pace.waiting_seconds

    def uploading(task: Task) -> Outcome:
        raise Uploading(task.call.id)

    (call,) = world.accept()
    world.run("update calls.calls set accepted_at = now() - interval '2 minutes'")
    assert waits() >= 120  # nobody has looked for the recording
    world.script(Stage.VALIDATE, uploading)
    assert work() == [Ending.PARKED]
    assert waits() == 0
    world.run("update work.items set state = 'leased'")
    assert waits() == 0  # while it is looked for again, too
    world.run("update calls.calls set accepted_at = now() - interval '7 minutes'")
    assert waits() >= 420
    world.run("update work.items set state = 'waiting'")
    world.run("update calls.calls set accepted_at = now() - interval '2 minutes'")
    world.script(Stage.VALIDATE, None)
    world.script(Stage.TRANSCRIBE, failing(Transient("OpenAI does not answer.")))
    assert again(world, work) == [Ending.RETRIED]
    assert world.state(call) == "accepted"
    assert waits() >= 120


def test_a_refused_call_is_kept_with_the_reason_and_goes_no_further(world: World, work: Work) -> None:
    (call,) = world.accept()
    world.script(Stage.VALIDATE, lambda _: Outcome(Made(Status.REFUSED, reason="too_short: It lasted 1 s.")))
    assert work() == [Ending.REFUSED]
    assert world.ran(call) == ["validate"]
    assert world.rows("select state, reason from calls.calls") == [("refused", "too_short: It lasted 1 s.")]


def test_a_call_is_recorded_without_what_a_cap_deferred(world: World, work: Work) -> None:
    (call,) = world.accept()
    world.script(Stage.TRANSCRIBE, lambda _: Outcome(Made(Status.DEFERRED, reason="The cap is reached.")))
    assert work() == [Ending.RECORDED]
    assert world.stages(call)["transcribe"] == "deferred"


def test_a_bug_tells_its_class_and_place_but_nothing_of_the_call(world: World, work: Work) -> None:
    (call,) = world.accept()

    def script(task: Task) -> Outcome:
        raise ValueError(f"cannot read {task.call.submission.prospect.phone}")

    world.script(Stage.CONTACT, script)
    work()
    reason = world.item(call)[3]
    assert reason.startswith("unexpected ValueError at test_pipeline.py:")
    told = world.rows("select stages::text from calls.stages") + world.rows("select attempts::text from work.attempts")
    assert not [row for row in told if "4155550100" in row[0]]


def test_what_cannot_be_written_fails_its_stage_and_leaves_no_trace(world: World, work: Work) -> None:
    (call,) = world.accept()

    def script(task: Task) -> Outcome:
        def write(conn: Any) -> None:
            conn.execute("insert into effects values (%s, 'half')", (call,))
            conn.execute("select 1 / 0")

        return Outcome(Made(Status.DONE), write)

    world.script(Stage.RECORD, script)
    assert work() == [Ending.RETRIED]
    assert world.effects(call) == {"validate": 1, "transcribe": 1}
    assert world.stages(call)["contact"] == "done"
    world.script(Stage.RECORD, None)
    assert again(world, work) == [Ending.RECORDED]
    assert world.ran(call).count("contact") == 1


def test_a_call_taken_by_another_worker_meanwhile_is_dropped_unwritten(world: World, work: Work) -> None:
    (call,) = world.accept()

    def script(task: Task) -> Outcome:
        world.run("update work.items set fence = fence + 1 where key = %s", str(call))
        return Outcome(made(task, Stage.TRANSCRIBE))

    world.script(Stage.TRANSCRIBE, script)
    assert work() == [Ending.LOST]
    assert world.stages(call) == {"validate": "done"}


def test_a_stage_of_a_newer_release_is_left_to_whoever_knows_it(world: World, work: Work) -> None:
    (call,) = world.accept()
    planned = '{"call": %d, "stages": ["validate", "sentiment", "record"]}'
    world.run("update work.items set payload = %s::jsonb where key = %s", planned % call, str(call))
    assert work() == []
    assert world.rows("select state, fence from work.items") == [("waiting", 0)]
    world.run("update work.items set payload = jsonb_set(payload, '{stages,1}', '\"transcribe\"')")
    assert again(world, work) == [Ending.RECORDED]
    assert world.ran(call) == ["validate", "transcribe", "record"]


def test_a_call_that_hangs_frees_its_place_when_its_lease_is_let_go(world: World, crew: Crew) -> None:
    go = threading.Event()

    def script(task: Task) -> Outcome:
        go.wait(60)
        return Outcome(made(task, Stage.VALIDATE))

    world.script(Stage.VALIDATE, script)
    (call,) = world.accept()
    crew.take(4, WorkClass.LIVE, WorkClass.LIVE)
    assert crew.free == 3
    (hold,) = crew.holds
    hold.claim.progressed_at -= world.platform.settings.stall_seconds
    assert crew.free == 4
    world.expire()
    world.run("update work.items set fence = fence + 1, holder = 'another'")
    go.set()
    assert any(crew.endings[Ending.LOST] for _ in deadline.polls(60))
    assert world.stages(call) == {}
