"""The upkeep of the lake runs by a clock of its own."""

import dagster as dg

from nooks_dagster.definitions import defs


def test_the_schedule_of_the_upkeep_runs_from_the_start_and_asks_for_one_run_a_night() -> None:
    schedule = defs.resolve_schedule_def("crm_lake_compaction_nightly")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "30 2 * * *"
    tick = schedule.evaluate_tick(dg.build_schedule_context())
    assert len(tick.run_requests or []) == 1
