"""The checks run by a clock of their own."""

import dagster as dg

from nooks_dagster.definitions import defs

SYNCS = ("crm_historical_sync", "crm_incremental_sync")


def test_the_schedule_of_the_checks_runs_from_the_start_and_asks_for_one_run() -> None:
    schedule = defs.resolve_schedule_def("checks_every_15_minutes")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    tick = schedule.evaluate_tick(dg.build_schedule_context())
    assert len(tick.run_requests or []) == 1


def test_the_syncs_leave_the_checks_to_that_schedule() -> None:
    steps = {name: [node.name for node in defs.resolve_job_def(name).nodes] for name in SYNCS}
    assert steps == {"crm_historical_sync": ["crm_records"], "crm_incremental_sync": ["crm_sync"]}
