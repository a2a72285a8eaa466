"""The checks of calls judge all workspaces at once, and name what is wrong, since when, and what to do."""

from collections.abc import Callable
from datetime import datetime, timedelta

import dagster as dg
import psycopg
import pytest

from assets.calls.checks import CHECKS
from assets.calls.findings import Evidence
from assets.calls.specs import health
from nooks_dagster.calls.closing.hours import reopen
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from tests.assets.calls.conftest import Run
from tests.assets.calls.test_jobs import close
from tests.assets.judged import Verdicts, judged, red, worst
from tests.calls.hours import HOUR, Calls

Judge = Callable[[], Verdicts]
OWED = """
    insert into calls.deliveries (call, integration, kind, workspace, key, state, digest, owed_at, reason)
    values (%s, 'acme-salesforce', 'salesforce', 'acme', %s, %s, '', now() - %s, 'Salesforce does not answer.')
"""


@pytest.fixture
def judge(db: Database) -> Judge:
    def verdicts() -> Verdicts:
        with db.transaction() as conn:
            return judged(CHECKS, Evidence(db, conn), health.key)

    return verdicts


def test_the_job_of_the_checks_judges_each_asset_and_the_health_of_all(
    calls: Calls, database_url: str, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance, judge: Judge
) -> None:
    calls.add(state="dead")
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_LAKE_BUCKET", "unused")
    job = build_defs().resolve_job_def("checks")
    result = job.execute_in_process(instance=instance, op_selection=["calls_checks"])
    found = {f"{e.asset_key.path[-1]} {e.check_name}": e.passed for e in result.get_asset_check_evaluations()}
    assert found == {name: one.passed for name, one in judge().items()}


def recently(db: Database) -> datetime:
    """Return a moment of the last minutes, by the database's clock, less the ten that a test's call is put later."""
    with db.transaction() as conn:
        ((moment,),) = conn.execute("select now() - interval '12 minutes'").fetchall()
    assert isinstance(moment, datetime)
    return moment


def execute(conn: psycopg.Connection, query: str, *values: object) -> None:
    conn.execute(query.encode(), values)


def test_all_is_green_where_every_call_came_to_its_end(calls: Calls, judge: Judge, db: Database, run: Run) -> None:
    for hour in (HOUR, recently(db)):
        calls.add(hour=hour)
        calls.add(hour=hour, state="refused")
    close(db, run)
    assert red(judge()) == set()


def test_a_call_that_is_open_in_a_closed_hour_is_named_until_it_is_done(
    calls: Calls, judge: Judge, db: Database, run: Run
) -> None:
    calls.add()
    late = calls.add("globex", state="accepted")
    close(db, run)
    found = judge()
    assert red(found) == {"records calls_add_up", "health calls_add_up"}
    assert f"| {HOUR:%Y-%m-%d %H:%M} | globex | 1 of 1 |" in worst(found, "records calls_add_up")
    with db.transaction() as conn:
        execute(conn, "update calls.calls set state = 'recorded' where id = %s", late)
    assert red(judge()) == set()


def test_slow_calls_and_calls_that_fail_are_told_for_each_workspace(calls: Calls, judge: Judge, db: Database) -> None:
    now = recently(db)
    calls.add("slow", hour=now, took=90.0)
    for _ in range(5):
        calls.add("broken", hour=now, state="dead")
    found = judge()
    assert red(found) == {
        f"{asset} {check}"
        for asset in ("records", "health")
        for check in ("calls_are_recorded_soon", "calls_rarely_fail")
    }
    assert "| slow | 90.0 s | 1 |" in worst(found, "records calls_are_recorded_soon")
    assert "| broken | 100.0% of 5 |" in worst(found, "health calls_rarely_fail")


@pytest.mark.parametrize(("state", "minutes"), [("waiting", 16), ("dead", 1)])
def test_activities_that_do_not_arrive_are_told_with_what_their_last_try_met(
    calls: Calls, judge: Judge, db: Database, state: str, minutes: int
) -> None:
    call, fresh = calls.add(), calls.add()
    with db.transaction() as conn:
        execute(conn, OWED, call, "1", state, timedelta(minutes=minutes))
        execute(conn, OWED.replace("acme-salesforce", "acme-hubspot"), fresh, "2", "waiting", timedelta(minutes=1))
    found = judge()
    assert red(found) == {"crm_activities activities_arrive", "health activities_arrive"}
    said = worst(found, "health activities_arrive")
    assert "acme-salesforce" in said
    assert "Salesforce does not answer." in said
    assert "acme-hubspot" not in said


@pytest.mark.parametrize(("state", "at_fault"), [("active", True), ("paused", False), ("unauthorized", True)])
def test_what_waits_for_a_connection_that_rests_is_no_trouble(
    calls: Calls, judge: Judge, db: Database, connected: Callable[[str], str], state: str, at_fault: bool
) -> None:
    connected("acme")
    with db.transaction() as conn:
        execute(conn, "update workspaces.connections set state = %s", state)
        execute(conn, OWED, calls.add(), "1", "waiting", timedelta(hours=1))
    assert bool(red(judge())) is at_fault


def test_dead_letters_are_told_by_reason_with_the_command_that_sends_them_again(
    calls: Calls, judge: Judge, db: Database
) -> None:
    for number in range(3):
        call = calls.add(state="dead")
        reason = "The provider refuses the file." if number else "Killed its worker."
        calls.stage(call, "transcribe", "dead", HOUR)
        with db.transaction() as conn:
            execute(conn, "update calls.stages set reason = %s where call = %s and status = 'dead'", reason, call)
    found = judge()
    assert red(found) == {"transcripts no_stage_was_given_up", "health no_stage_was_given_up"}
    said = worst(found, "health no_stage_was_given_up").splitlines()
    assert "| 2 | call" in said[2]
    assert "The provider refuses the file. Then `nooks calls replay --stage transcribe`." in said[2]
    assert found["health no_stage_was_given_up"].severity is dg.AssetCheckSeverity.WARN


def test_an_hour_that_nobody_closes_is_told(judge: Judge, db: Database) -> None:
    with db.transaction() as conn:
        reopen(conn, HOUR, "test")
        conn.execute("update work.items set due_at = now() - interval '16 minutes' where queue = 'calls.hours'")
    found = judge()
    assert red(found) == {"transcripts hours_are_closed", "health hours_are_closed"}
    assert "`call_hours_sensor` on?" in worst(found, "health hours_are_closed")
