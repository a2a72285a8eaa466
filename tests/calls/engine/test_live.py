"""A live worker: woken as calls come, relieved by its successor, and polite when it is stopped."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from nooks_dagster.calls.closing.hours import HOUR, key_of
from nooks_dagster.calls.live import loops
from nooks_dagster.calls.live.loops import Loops
from nooks_dagster.calls.live.worker import LiveRun, LiveWorker
from nooks_dagster.calls.model import Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.work import WORKERS, scope_of_worker
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.planning import plan
from nooks_dagster.llm.outcomes import Preempted
from nooks_dagster.local import deadline
from tests.calls.engine.things import World


class Worker(threading.Thread):
    """A live worker in a thread, until it is relieved or stopped."""

    def __init__(self, world: World, hour: datetime, alone: tuple[str, ...] = ("false",)) -> None:
        super().__init__(daemon=True)
        self.beats: list[Beat] = []
        self.stopping = threading.Event()
        self.ended_loops: list[bool] = []
        run = LiveRun(0, hour, f"run-{key_of(hour)}")
        self._worker = LiveWorker(world.platform, run, beside=[self._beside], alone=alone)

    def _beside(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            self.stopping.wait(0.01)
        self.ended_loops.append(True)

    def run(self) -> None:
        with closing(self._worker.beats()) as beats:
            for beat in beats:
                self.beats.append(beat)
                if self.stopping.is_set():
                    return


@pytest.fixture
def now(world: World) -> datetime:
    """The hour that it is; its worker and the last one's are planned."""
    hour: datetime = world.rows("select date_trunc('hour', now())")[0][0]
    with world.db.transaction() as conn:
        plan(conn, [_turn(hour - HOUR), _turn(hour)], "test")
    return hour


def _turn(hour: datetime) -> NewItem:
    scope = scope_of_worker(0, hour)
    return NewItem(WORKERS, scope, scope, key_of(hour), {"slot": 0, "hour": hour.isoformat()}, WorkClass.LIVE)


Begin = Callable[..., Worker]


@pytest.fixture
def begin(world: World) -> Iterator[Begin]:
    workers: list[Worker] = []

    def start(hour: datetime, **more: tuple[str, ...]) -> Worker:
        workers.append(Worker(world, hour, **more))
        workers[-1].start()
        assert until(lambda: workers[-1].beats)
        return workers[-1]

    yield start
    for worker in workers:
        worker.stopping.set()
        worker.join(60)


def until(done: Callable[[], object]) -> bool:
    return any(done() for _ in deadline.polls(60))


def recorded(world: World) -> int:
    return int(world.rows("select count(*) from calls.records")[0][0])


def test_calls_are_taken_as_they_come_whatever_their_hour(world: World, now: datetime, begin: Begin) -> None:
    world.accept(2)
    world.run("update calls.calls set accepted_at = accepted_at - interval '3 hours'")
    worker = begin(now)
    world.accept(10)
    assert until(lambda: recorded(world) == 12)
    assert until(lambda: worker.beats[-1].ended == 12)
    assert world.rows("select payload->>'hour' from work.items where queue = 'calls.hours'") == [
        ((now - 3 * HOUR).isoformat(),)
    ]


def test_a_worker_whose_hour_is_over_goes_on_until_its_successor_is_there(
    world: World, now: datetime, begin: Begin
) -> None:
    first = begin(now - HOUR)
    world.accept(3)
    assert until(lambda: recorded(world) == 3)
    second = begin(now)
    first.join(60)
    assert not first.is_alive()
    world.accept(3)
    assert until(lambda: recorded(world) == 6)
    assert first.ended_loops == [True]
    assert second.is_alive()
    ended = world.rows("select outcome from work.launches where scope = %s", scope_of_worker(0, now - HOUR))
    assert ended == [("done",)]
    effects = world.rows("select count(*), count(distinct (call, stage)) from effects")
    assert effects == [(18, 18)]


def test_a_second_worker_of_a_turn_ends_at_once(world: World, now: datetime, begin: Begin) -> None:
    begin(now)
    other = LiveWorker(world.platform, LiveRun(0, now, "run-other"))
    assert list(other.beats()) == []


def test_a_worker_that_is_stopped_gives_back_what_waits_and_its_turn(world: World, now: datetime, begin: Begin) -> None:
    waits = threading.Event()

    def script(task: Task) -> Outcome:
        waits.set()
        while not task.stopped():
            threading.Event().wait(0.01)
        raise Preempted("It was stopped.")

    world.script(Stage.TRANSCRIBE, script)
    (call,) = world.accept()
    worker = begin(now)
    assert waits.wait(60)
    worker.stopping.set()
    worker.join(60)
    assert world.item(call)[:2] == ("waiting", 0)
    assert world.stages(call) == {"validate": "done"}
    turns = world.rows("select state from work.items where queue = 'calls.workers' and key = %s", key_of(now))
    assert turns == [("waiting",)]


def test_calls_of_a_dead_worker_are_worked_on_in_a_process_of_their_own(
    world: World, now: datetime, begin: Begin, database_url: str, tmp_path: Path
) -> None:
    calls = world.accept(2)
    world.run(
        "update work.items set state = 'leased', fence = 1, lease_until = now() - interval '1 s' where queue = 'calls'"
    )
    begin(now, alone=(sys.executable, "-m", "tests.calls.engine.cell", database_url, str(tmp_path)))
    assert until(lambda: recorded(world) == 2)
    holders = world.rows(
        "select distinct split_part(worker, ':', 3) from work.attempts where item_id in"
        " (select id from work.items where queue = 'calls')"
    )
    assert holders == [("alone",)]
    assert all(world.state(call) == "recorded" for call in calls)


def test_a_workspace_that_sends_hundreds_at_once_does_not_hold_up_another(
    world: World, now: datetime, begin: Begin
) -> None:
    world.accept(200, "globex")
    (call,) = world.accept(1, "acme")
    begin(now)
    assert until(lambda: world.state(call) == "recorded")
    before = world.rows(
        "select count(*) from ran where stage = 'validate' and id < "
        "(select id from ran where call = %s and stage = 'validate')",
        call,
    )
    assert before[0][0] < 12


def test_what_is_asked_for_leaves_half_of_the_hands_to_what_is_live(world: World, now: datetime, begin: Begin) -> None:
    go = threading.Event()

    def script(task: Task) -> Outcome:
        if not task.live:
            go.wait(60)
        return Outcome(Made(Status.DONE))

    world.script(Stage.CONTACT, script)
    world.accept(5, work_class=WorkClass.ASKED)
    worker = begin(now)
    assert until(lambda: worker.beats[-1].in_hand == 2)
    (call,) = world.accept(1)
    assert until(lambda: world.state(call) == "recorded")
    assert recorded(world) == 1
    go.set()
    assert until(lambda: recorded(world) == 6)


def test_a_loop_that_breaks_begins_again_until_it_is_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "AGAIN_SECONDS", 0.01)
    begun: list[int] = []

    def breaks(stopped: Callable[[], bool]) -> None:
        begun.append(1)
        raise ValueError("a defect")

    beside = Loops([breaks])
    assert until(lambda: len(begun) > 2)
    beside.stop()
    beside.join(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "beside"]
