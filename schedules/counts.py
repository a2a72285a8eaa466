"""The cadence of counting rows at their source."""

import dagster as dg

from assets.crm.counts import crm_count_reconciliation

# A missed night loses nothing: the buckets have their turn a day later.
crm_count_reconciliation_nightly = dg.ScheduleDefinition(
    name="crm_count_reconciliation_nightly",
    job=crm_count_reconciliation,
    cron_schedule="30 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Finds rows that no sync can notice, because it never saw them.",
)
