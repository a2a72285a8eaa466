"""What is due and has nobody gets a run, exactly one, whatever became of the runs before."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import dagster as dg
import psycopg
import pytest
from sqlalchemy import Engine, event

from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.failures import Unavailable
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.local.ports import free_port
from nooks_dagster.settings import settings
from resources.crm import CrmResource
from resources.lake import LakeResource
from resources.postgres import PostgresResource
from sensors import launching
from tests.sensors.conftest import Connect, Tick
from tests.sql import execute

STATUS = dg.DagsterRunStatus
Launched = Callable[[dg.DagsterRunStatus], dg.DagsterRun]


def keys(result: dg.SensorResult) -> list[str | None]:
    return [request.run_key for request in result.run_requests or []]


def outcomes(db: Database) -> list[tuple[int, str | None]]:
    with db.transaction() as conn:
        return conn.execute("SELECT n, outcome FROM work.launches ORDER BY n").fetchall()


@pytest.fixture
def launched(
    connect: Connect, tick: Tick, db: Database, definitions: dg.Definitions, instance: dg.DagsterInstance
) -> Launched:
    """Launch acme; its run has a status, and has reported to the dispatcher unless it still waits."""

    def launch(status: dg.DagsterRunStatus) -> dg.DagsterRun:
        connect()
        (request,) = tick().run_requests
        job = definitions.resolve_job_def(request.job_name)
        run = instance.create_run_for_job(job, tags=dict(request.tags), status=status)
        if status is not STATUS.NOT_STARTED:
            execute(db, "UPDATE work.launches SET run_id = %s, started_at = now(), heartbeat_at = now()", run.run_id)
        return run

    return launch


@contextmanager
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note every SQL statement, of our database and of the instance."""
    noted: list[str] = []
    standing = psycopg.Cursor.execute

    def execute_noted(self: psycopg.Cursor, query: Any, *values: Any, **more: Any) -> object:
        noted.append(query.decode() if isinstance(query, bytes) else str(query))
        return standing(self, query, *values, **more)

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        noted.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute_noted)
        yield noted
    event.remove(Engine, "before_cursor_execute", note)


def test_a_tick_with_nothing_due_skips(connect: Connect, tick: Tick, db: Database) -> None:
    connect()
    execute(db, "UPDATE work.items SET due_at = now() + interval '1 hour'")
    result = tick()
    assert (keys(result), result.skip_message) == ([], "Nothing is due.")


def test_due_work_gets_one_run_however_often_it_is_asked_for(connect: Connect, tick: Tick) -> None:
    connect()
    assert [keys(tick()) for _ in range(3)] == [["crm/acme:1"], [], []]


def test_the_job_and_its_class_follow_from_the_work(connect: Connect, tick: Tick) -> None:
    connect("acme", work_class=WorkClass.HISTORY)
    connect("bravo", work_class=WorkClass.INCREMENTAL)
    found = [(r.job_name, r.partition_key, r.tags["nooks/class"]) for r in tick().run_requests]
    assert found == [
        ("crm_incremental_sync", "bravo", "incremental"),
        ("crm_historical_sync", "acme", "history"),
    ]


def test_a_workspace_without_a_partition_waits_for_it(connect: Connect, tick: Tick) -> None:
    connect(partition=False)
    assert keys(tick()) == []


def test_a_run_that_waits_in_the_queue_is_not_doubled_however_long_it_waits(
    launched: Launched, tick: Tick, db: Database
) -> None:
    launched(STATUS.NOT_STARTED)
    execute(db, "UPDATE work.launches SET requested_at = now() - interval '5 hours'")
    assert keys(tick()) == []
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '1 hour'")
    assert keys(tick()) == []


def test_a_run_that_waited_long_and_begins_just_now_is_not_lost(
    launched: Launched, tick: Tick, db: Database, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launched(STATUS.NOT_STARTED)
    execute(db, "UPDATE work.launches SET requested_at = now() - interval '5 hours'")
    begun = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, run.job_name)
    instance.report_dagster_event(begun, run.run_id)
    assert keys(tick()) == []
    assert outcomes(db) == [(1, None)]
    now = time.time()
    monkeypatch.setattr(launching, "time", SimpleNamespace(time=lambda: now + settings().launch_grace_seconds + 1))
    tick()
    assert outcomes(db) == [(1, "lost")]


def test_a_failed_run_is_noticed_at_once_and_followed_by_another_after_a_rest(
    launched: Launched, tick: Tick, db: Database
) -> None:
    launched(STATUS.FAILURE)
    first = tick()
    assert (keys(first), first.skip_message) == ([], "Nothing is due (1 runs were found dead).")
    assert keys(tick()) == []
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '6 seconds'")
    assert keys(tick()) == ["crm/acme:2"]


def test_a_run_that_failed_before_it_could_report_is_not_waited_for(
    launched: Launched, tick: Tick, db: Database, instance: dg.DagsterInstance
) -> None:
    instance.report_run_failed(launched(STATUS.NOT_STARTED))
    assert tick().skip_message == "Nothing is due (1 runs were found dead)."
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '6 seconds'")
    assert keys(tick()) == ["crm/acme:2"]


def test_a_lane_that_failed_three_times_in_a_row_is_launched_a_fourth_time(
    launched: Launched, tick: Tick, db: Database
) -> None:
    launched(STATUS.FAILURE)
    for n in (2, 3, 4):
        tick()
        execute(db, "UPDATE work.launches SET ended_at = coalesce(ended_at, now()) - interval '5 minutes'")
        assert keys(tick()) == [f"crm/acme:{n}"]
        execute(db, "UPDATE work.launches SET ended_at = now(), outcome = 'failed' WHERE ended_at IS NULL")


def test_a_run_whose_heart_stopped_is_marked_failed_and_followed(
    launched: Launched, tick: Tick, db: Database, instance: dg.DagsterInstance
) -> None:
    run = launched(STATUS.STARTED)
    execute(db, "UPDATE work.launches SET heartbeat_at = now() - interval '89 seconds'")
    tick()
    assert instance.get_run_by_id(run.run_id).status is STATUS.STARTED  # type: ignore[union-attr]  # the run exists
    execute(db, "UPDATE work.launches SET heartbeat_at = now() - interval '91 seconds'")
    tick()
    assert instance.get_run_by_id(run.run_id).status is STATUS.FAILURE  # type: ignore[union-attr]  # the run exists
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '6 seconds'")
    assert keys(tick()) == ["crm/acme:2"]


def test_a_request_that_never_became_a_run_is_given_up_and_made_again(
    connect: Connect, tick: Tick, db: Database
) -> None:
    connect()
    tick()
    execute(db, "UPDATE work.launches SET requested_at = now() - interval '4 minutes'")
    assert keys(tick()) == []
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '6 seconds'")
    assert keys(tick()) == ["crm/acme:2"]


def test_a_tick_is_a_handful_of_statements(launched: Launched, tick: Tick, monkeypatch: pytest.MonkeyPatch) -> None:
    launched(STATUS.STARTED)
    with statements(monkeypatch) as noted:
        tick()
    queries = [query for query in noted if query.lstrip().startswith(("SELECT", "WITH", "UPDATE", "INSERT"))]
    assert 4 <= len(queries) <= 10, queries


def test_a_tick_while_postgres_is_down_says_so_and_loses_nothing(
    connect: Connect, tick: Tick, instance: dg.DagsterInstance
) -> None:
    connect()
    nobody = PostgresResource(url=f"postgresql://nooks:secret@127.0.0.1:{free_port()}/nooks", connections=2)
    down = build_defs({"crm": CrmResource(postgres=nobody, lake=LakeResource(bucket="none"))})
    with pytest.raises(Unavailable) as raised:
        tick(where=down)
    said = str(raised.value)
    assert "Postgres does not answer" in said
    assert "Start it with `make up`" in said
    assert "secret" not in said
    assert keys(tick()) == ["crm/acme:1"]
