"""The ledger is kept small by a clock of its own."""

import dagster as dg
import pytest

from assets import retention
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import defs
from nooks_dagster.lake.store import Lake
from resources.lake import LakeResource
from resources.postgres import PostgresResource
from tests.nices import Called


def test_the_schedule_of_the_retention_runs_from_the_start_and_asks_for_one_run_a_night() -> None:
    schedule = defs.resolve_schedule_def("ledger_retention_nightly")
    assert (schedule.default_status, schedule.cron_schedule) == (dg.DefaultScheduleStatus.RUNNING, "45 3 * * *")
    assert len(schedule.evaluate_tick(dg.build_schedule_context()).run_requests or []) == 1


def test_the_job_tells_how_much_it_removed_and_gives_way(
    db: Database, database_url: str, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    removing = Called(monkeypatch, retention, "forget")
    with db.transaction() as conn:
        conn.execute("""
            INSERT INTO work.launches (scope, n, class, ended_at, outcome)
            SELECT 'crm/acme', n, 20, now() - n * interval '1 day', 'done' FROM generate_series(1, 9) n
        """)
    postgres = PostgresResource(url=database_url, connections=1)
    config = {"ops": {"forget_finished_work": {"config": {"days": 7}}}}
    job = defs.resolve_job_def("ledger_retention")
    bucket = LakeResource(bucket=lake.uri("").split("/")[2])
    resources = {"postgres": postgres, "lake": bucket, "io_manager": dg.mem_io_manager}
    result = job.execute_in_process(run_config=config, resources=resources)
    postgres.database.close()
    (output,) = [e for e in result.all_events if e.is_successful_output]
    told = output.step_output_data.metadata
    assert {name: value.value for name, value in told.items()} == {
        "items_removed": 0,
        "pairs_removed": 0,
        "launches_removed": 2,
        "lists_removed": 0,
        "purchases_removed": 0,
        "answers_removed": 0,
        "calls_removed": 0,
        "call_objects_removed": 0,
    }
    assert removing.gave_way
