"""The cadence of the ledger's retention."""

import dagster as dg

from assets.retention import ledger_retention

# A missed night loses nothing: the next one removes what two left.
ledger_retention_nightly = dg.ScheduleDefinition(
    name="ledger_retention_nightly",
    job=ledger_retention,
    cron_schedule="45 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the ledger small enough for every question to be cheap.",
)
