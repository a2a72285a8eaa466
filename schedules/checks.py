"""The cadence of the checks that judge all workspaces at once."""

import dagster as dg

from assets.crm.checks import crm_landing_checks, crm_lane_checks

checks = dg.define_asset_job(
    "checks",
    selection=dg.AssetSelection.checks(crm_lane_checks, crm_landing_checks),
    description="Judges all workspaces from our own tables; red until the last of them is well.",
)

checks_every_15_minutes = dg.ScheduleDefinition(
    name="checks_every_15_minutes",
    job=checks,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the checks true while nobody looks.",
)
