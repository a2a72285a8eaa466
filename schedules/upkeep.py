"""The cadence of the lake's upkeep."""

import dagster as dg

from assets.crm.upkeep import crm_lake_compaction

# A missed night loses nothing: the next one folds the deltas of two.
crm_lake_compaction_nightly = dg.ScheduleDefinition(
    name="crm_lake_compaction_nightly",
    job=crm_lake_compaction,
    cron_schedule="30 2 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the raw rows compact, and the lake free of what nobody reads.",
)
