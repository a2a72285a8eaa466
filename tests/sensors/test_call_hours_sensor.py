"""Each slot of live workers has a run in each hour, and each hour is closed, whoever was killed or slept meanwhile."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from nooks_dagster.calls.closing.hours import key_of
from nooks_dagster.calls.live.turns import take_turn
from nooks_dagster.calls.work import scope_of_worker
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local.stack import POOLS
from nooks_dagster.settings import settings
from tests.calls.hours import Calls
from tests.sensors.conftest import Tick
from tests.sensors.test_due_work_sensor import execute

PROJECT = Path(__file__).parents[2]
NAME = "call_hours_sensor"
SLOTS = settings().calls_live_workers


@pytest.fixture
def hour(db: Database) -> datetime:
    """The hour under way, by the database's clock."""
    with db.transaction() as conn:
        ((moment,),) = conn.execute("select date_trunc('hour', now(), 'UTC')").fetchall()
    return moment.astimezone(UTC)


def runs_of(result: dg.SensorResult, hour: datetime) -> list[dg.RunRequest]:
    """Return the live workers asked for in one hour; two minutes before its end there are those of the next too."""
    return [one for one in result.run_requests or [] if one.tags.get("nooks/hour") == key_of(hour)]


def test_each_slot_gets_one_worker_of_the_hour_however_often_it_is_asked_for(tick: Tick, hour: datetime) -> None:
    requests = runs_of(tick(NAME), hour)
    assert [one.tags["nooks/slot"] for one in requests] == [str(slot) for slot in range(SLOTS)]
    scopes = [scope_of_worker(slot, hour) for slot in range(SLOTS)]
    assert [one.run_key for one in requests] == [f"{scope}:1" for scope in scopes]
    assert {(one.job_name, one.tags["nooks/class"]) for one in requests} == {("calls_live", "live")}
    assert runs_of(tick(NAME), hour) == []


def test_the_next_hours_workers_start_before_it_begins(tick: Tick, db: Database, hour: datetime) -> None:
    tick(NAME)
    after = hour + timedelta(hours=1)
    execute(db, "delete from work.items where (payload ->> 'hour')::timestamptz = %s", after)
    execute(
        db,
        "insert into work.items (queue, scope, lane, key, serial, class, payload, release)"
        " select queue, scope, lane, %s, false, 0, payload || %s::jsonb, 'test' from work.items"
        " where queue = 'calls.workers' and payload ->> 'slot' = '0'",
        key_of(after),
        f'{{"hour": "{after.isoformat()}"}}',
    )
    execute(db, "update work.items set scope = %s where key = %s", scope_of_worker(0, after), key_of(after))
    (request,) = runs_of(tick(NAME), after)
    assert request.run_key == f"{scope_of_worker(0, after)}:1"


def test_hours_that_passed_while_nobody_looked_are_closed_by_one_run(tick: Tick, db: Database, hour: datetime) -> None:
    Calls(db, None).add(hour=hour - timedelta(hours=5), state="refused")  # type: ignore[arg-type]  # nothing is said
    (request,) = [one for one in tick(NAME).run_requests if one.job_name == "calls_closing"]
    assert (request.run_key, request.partition_key) == ("calls.hours/close:1", None)
    with db.transaction() as conn:
        query = "select count(*) from work.items where queue = 'calls.hours' and due_at <= now()"
        ((due,),) = conn.execute(query).fetchall()
    assert due in (4, 5)  # by the minute of this hour


def test_what_a_killed_worker_held_is_free_and_its_slot_filled_before_its_leases_ran_out(
    tick: Tick, db: Database, hour: datetime, instance: dg.DagsterInstance, definitions: dg.Definitions
) -> None:
    request = runs_of(tick(NAME), hour)[0]
    job = definitions.resolve_job_def("calls_live")
    run = instance.create_run_for_job(job, tags=dict(request.tags), status=dg.DagsterRunStatus.STARTED)
    scope = scope_of_worker(0, hour)
    execute(
        db,
        "update work.launches set run_id = %s, started_at = now(), heartbeat_at = now() where scope = %s",
        run.run_id,
        scope,
    )
    lease = timedelta(minutes=10)
    assert take_turn(Ledger(db, f"host:1:{run.run_id}", lease), 0, hour)
    assert take_turn(Ledger(db, "host:2:another", lease), 0, hour) is None
    instance.report_run_failed(run)
    tick("due_work_sensor")
    assert runs_of(tick(NAME), hour) == []  # it rests for five seconds
    execute(db, "update work.launches set ended_at = ended_at - interval '6 seconds'")
    (again,) = runs_of(tick(NAME), hour)
    assert again.run_key == f"{scope}:2"
    assert take_turn(Ledger(db, "host:2:another", lease), 0, hour)


def test_the_instance_has_room_for_all_runs_that_the_pools_allow_and_some_of_no_pool() -> None:
    most = yaml.safe_load((PROJECT / "dagster.yaml").read_text())["concurrency"]["runs"]["max_concurrent_runs"]
    allowed = sum(times * int(getattr(settings(), setting)) for setting, times in POOLS.values())
    assert most >= allowed + 3
