"""What live workers, closings and backfills of calls show, and what they ask of the engine."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from assets.calls import relaying
from assets.calls.jobs import calls_closing, calls_live
from assets.calls.specs import NAMES
from nooks_dagster.calls.closing.hours import reopen
from nooks_dagster.calls.live.worker import LiveRun
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.reprocessing.backfill import BackfillRun
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from tests.assets.calls.conftest import KEY, Click, Run, told
from tests.assets.conftest import sentence
from tests.calls.hours import HOUR, Calls

LAUNCHED = {"nooks/slot": "1", "nooks/hour": KEY, "nooks/launch": "calls.workers/1a:7"}
CANARY = "Ada Canary, call me at +1 415 555 0177."


class Engine:
    """Stands in for the engine's runs: takes note of what is asked, and beats."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Any] = []
        self.told: Sequence[Beat] = ()
        self.breaks: Exception | None = None
        self.planned, self.unfinished, self.dead = 0, 0, 0
        for name in ("LiveWorker", "Backfill"):
            monkeypatch.setattr(relaying, name, self._begin)

    def _begin(self, _platform: object, run: Any, **_more: Any) -> "Engine":
        self.asked.append(run)
        return self

    def left(self) -> int:
        return self.unfinished

    def given_up(self) -> int:
        return self.dead

    def beats(self) -> Iterator[Beat]:
        yield from self.told
        if self.breaks:
            raise self.breaks


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(monkeypatch)


def close(db: Database, run: Run) -> dg.ExecuteInProcessResult:
    """Have the hour be due for closing, and run the job."""
    with db.transaction() as conn:
        reopen(conn, HOUR, "test")
        conn.execute("update work.items set due_at = now() where queue = 'calls.hours'")
    return run(calls_closing, {"nooks/launch": "calls.hours/close:3"})


def test_a_closing_shows_each_stage_of_each_hour_it_closed(calls: Calls, run: Run, db: Database) -> None:
    for took in (1.0, 2.0, 9.0):
        calls.add(took=took)
    calls.add(state="refused")
    result = close(db, run)
    assert result.success
    found = told(result)
    assert list(found) == [(name, KEY) for name in NAMES.values()]
    records, transcripts = found["records", KEY], found["transcripts", KEY]
    counts = {state: records[f"calls_{state}"] for state in ("accepted", "recorded", "refused", "dead", "open")}
    assert counts == {"accepted": 4, "recorded": 3, "refused": 1, "dead": 0, "open": 0}
    assert (records["p50_seconds"], records["p95_seconds"]) == (2.0, 9.0)
    assert (transcripts["usd"], transcripts["dagster/row_count"]) == (0.03, 3)
    assert "| en | 3 |" in transcripts["languages"]
    assert "| refused | 1 |" in found["validated", KEY]["why_not_done"]


def test_an_hour_that_cannot_be_closed_fails_the_run_in_words(calls: Calls, run: Run, db: Database, lake: Lake) -> None:
    calls.add()
    lake.remove([stored.name for stored in lake.objects("calls/transcripts/")])
    assert f"{KEY}: " in sentence(close(db, run))


def test_a_live_worker_takes_its_slot_and_hour_and_shows_the_hour_at_its_end(
    calls: Calls, run: Run, engine: Engine
) -> None:
    calls.add()
    result = run(calls_live, LAUNCHED)
    assert engine.asked == [LiveRun(1, HOUR, result.run_id, 7)]
    assert list(told(result)) == [(name, KEY) for name in NAMES.values()]


@pytest.mark.parametrize("tags", [{}, {"nooks/slot": "1"}], ids=["a click", "without an hour"])
def test_a_live_worker_that_nobody_launched_says_who_does(run: Run, engine: Engine, tags: dict[str, str]) -> None:
    assert "A live worker is started by `call_hours_sensor`" in sentence(run(calls_live, tags))
    assert engine.asked == []


@pytest.mark.parametrize(("a_minute", "most"), [(6, 6), (600, 60)], ids=["a few calls", "many calls"])
def test_what_is_under_way_is_told_once_a_minute_and_once_for_a_hundred_calls(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch, a_minute: int, most: int
) -> None:
    seconds = iter(range(0, 1_000_000, 10))
    monkeypatch.setattr(relaying, "monotonic", lambda: next(seconds))
    engine.told = [Beat({Ending.RECORDED: n * a_minute // 6}, 1) for n in range(360)]
    result = run(calls_live, LAUNCHED)
    seen = [event.asset_observation_data.asset_observation for event in result.get_asset_observation_events()]
    assert most / 2 <= len(seen) <= most
    assert {one.partition for one in seen} == {KEY}


def test_a_click_does_the_selected_stages_of_its_hour_for_the_named_workspaces(
    calls: Calls, click: Click, engine: Engine, connected: Callable[[str], str]
) -> None:
    connected("acme")
    calls.add()
    result = click(["transcripts", "records"], workspaces=["acme"], again=True)
    stages = (Stage.TRANSCRIBE, Stage.RECORD)
    assert engine.asked == [BackfillRun(result.run_id, [HOUR], stages, ["acme"], again=True)]
    assert list(told(result)) == [("transcripts", KEY), ("records", KEY)]


def test_a_backfill_tells_what_became_of_its_calls_and_fails_if_some_are_left(
    calls: Calls, click: Click, engine: Engine
) -> None:
    calls.add()
    engine.planned, engine.dead = 5, 2
    result = click(["transcripts"])
    shown = told(result)["transcripts", KEY]
    assert [shown[f"calls_{what}"] for what in ("done_again", "given_up", "left")] == [5, 2, 0]

    engine.unfinished = 3
    result = click(["transcripts"])
    assert told(result)["transcripts", KEY]["calls_left"] == 3
    assert "3 calls were not done again" in sentence(result)


def test_a_backfill_over_several_hours_is_one_run_of_the_engine(click: Click, engine: Engine) -> None:
    last = f"{HOUR + timedelta(hours=1):%Y-%m-%dT%H}"
    tags = {"dagster/asset_partition_range_start": KEY, "dagster/asset_partition_range_end": last}
    result = click(["contacts"], tags, None)
    (asked,) = engine.asked
    assert list(asked.hours) == [HOUR, HOUR + timedelta(hours=1)]
    assert list(told(result)) == [("contacts", KEY), ("contacts", last)]


def test_a_workspace_that_is_not_there_is_refused_before_anything_is_done(click: Click, engine: Engine) -> None:
    assert "nobody" in sentence(click(workspaces=["nobody"]))
    assert engine.asked == []


def test_nothing_that_was_said_reaches_dagster(
    calls: Calls, run: Run, click: Click, engine: Engine, db: Database
) -> None:
    calls.add(words=[CANARY])
    engine.breaks = ValueError(CANARY)
    engine.breaks.__cause__ = KeyError(CANARY)
    results = [close(db, run), run(calls_live, LAUNCHED), click(["records"])]
    assert [result.success for result in results] == [True, False, False]
    assert "unexpected ValueError" in sentence(results[1])
    kept = "\n".join(repr(event) for result in results for event in result.all_events)
    assert not [word for word in ("Canary", "555 0177") if word in kept]


def test_an_hour_with_many_workspaces_and_reasons_stays_small_in_dagster(calls: Calls, run: Run, db: Database) -> None:
    for number in range(12):
        call = calls.add(f"workspace-{number:02d}-{'x' * 40}", words=None)
        with db.transaction() as conn:
            conn.execute(
                "insert into calls.stages (call, stage, status, reason, release, started_at, ended_at, fence)"
                " values (%s, 'transcribe', 'dead', %s, 'r', now(), now(), 1)",
                (call, f"{number}: " + "対象にはアクセスできません。" * 40),
            )
            conn.execute(
                "insert into calls.deliveries (call, integration, kind, workspace, key, state, digest)"
                " values (%s, %s, 'salesforce', 'w', 'k', 'dead', '')",
                (call, f"integration-{number}-{'y' * 40}"),
            )
    result = close(db, run)
    assert result.success
    sizes = [len(dg.serialize_value(event)) for event in result.get_asset_materialization_events()]
    assert max(sizes) < 8192
