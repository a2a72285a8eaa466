"""The cadence of the checks that judge all workspaces at once."""

import dagster as dg

from assets.account_signals.checks import signals_checks
from assets.calls.checks import calls_checks
from assets.crm.checks import crm_checks, crm_slow_checks
from assets.research.checks import research_checks

checks = dg.define_asset_job(
    "checks",
    selection=dg.AssetSelection.checks(calls_checks, crm_checks, signals_checks),
    description="Judges all workspaces from our own tables; red until the last of them is well.",
)

slow_checks = dg.define_asset_job(
    "slow_checks",
    selection=dg.AssetSelection.checks(crm_slow_checks, research_checks),
    description="Judges what changes slowly: counts, fields, withheld deletions, days of changes, web sites.",
)

checks_every_15_minutes = dg.ScheduleDefinition(
    name="checks_every_15_minutes",
    job=checks,
    cron_schedule="*/15 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the checks true while nobody looks.",
)

slow_checks_hourly = dg.ScheduleDefinition(
    name="slow_checks_hourly",
    job=slow_checks,
    cron_schedule="7 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Keeps the slow ones true; hourly, because a run of them costs events too.",
)
