"""The clock of the incremental syncs: each tick plans what falls due until the next one."""

from datetime import timedelta

import dagster as dg

from assets.crm.jobs import crm_incremental_sync
from nooks_dagster.crm.starts.incremental import plan_starts
from nooks_dagster.settings import settings
from resources.crm import CrmResource

CADENCE = settings().crm_cadence_minutes
TICK = max(minutes for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60) if minutes <= CADENCE)
LATE = timedelta(minutes=1)  # a tick may be so late without holding up a start


@dg.schedule(
    name=f"crm_incremental_sync_every_{CADENCE}_minutes",
    job=crm_incremental_sync,
    cron_schedule="0 * * * *" if TICK == 60 else f"*/{TICK} * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The clock of all connections, each with its own cadence and phase. It plans the starts until its next "
    "tick, also those that a downtime missed; `due_work_sensor` launches each when it falls due. Switched off, it "
    "stops them.",
)
def crm_incremental_sync_by_the_clock(crm: CrmResource) -> dg.SkipReason:
    """Plan, in one transaction; a tick that fails or is missed leaves its starts to the next."""
    planned = plan_starts(crm.ledger("clock"), timedelta(minutes=CADENCE), timedelta(minutes=TICK) + LATE)
    return dg.SkipReason(f"Planned {planned} starts. due_work_sensor launches each when it falls due.")
