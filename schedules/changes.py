"""The cadence of `crm/changes`."""

from collections.abc import Iterator

import dagster as dg

from assets.crm.changes import KEY
from nooks_dagster.crm.changes.days import due_days, named_workspaces
from resources.crm import CrmResource

crm_changes = dg.define_asset_job(
    "crm_changes",
    selection=dg.AssetSelection.assets(KEY).without_checks(),
    description="Derives the changes of a day of all workspaces from the raw rows in the lake.",
    tags={"nooks/class": "nightly"},
)


# Before the compaction, which folds versions away that a later change superseded; they are kept for a week, though.
@dg.schedule(
    job=crm_changes,
    name="crm_changes_nightly",
    cron_schedule="0 2 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Derives yesterday, and each of the seven days before that something was read of since.",
)
def crm_changes_nightly(context: dg.ScheduleEvaluationContext, crm: CrmResource) -> Iterator[dg.RunRequest]:
    """Ask the ledger which days have news; a missed tick loses none of them."""
    with crm.postgres.database.transaction() as conn:
        days = due_days(conn)
    for number, (day, waiting) in enumerate(days.items(), start=1):
        last = number == len(days)  # yesterday: of all, so that a day without a change is there too
        workspaces = [] if last else named_workspaces(waiting)
        config = {"ops": {"crm__changes": {"config": {"workspaces": list(workspaces)}}}}
        key = f"{context.scheduled_execution_time:%Y-%m-%d}:{day}"  # another in the next night, whatever became of it
        yield dg.RunRequest(run_key=key, partition_key=day.isoformat(), run_config=config)
