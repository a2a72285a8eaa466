"""The clock of what stamps do not show: sweeps and late passes."""

import dagster as dg

from assets.crm.jobs import crm_incremental_sync, crm_sweep
from nooks_dagster.crm.sweeps.planning import plan_late_passes, plan_sweeps
from resources.crm import CrmResource

# Each connection has a phase of its own in the day and the week, so the clock is looked at each hour.
HOURLY = "0 * * * *"


@dg.schedule(
    name="crm_sweep_by_the_clock",
    job=crm_sweep,
    cron_schedule=HOURLY,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Plans the sweeps that fell due: each week every row of every object is compared, each day the "
    "calculated fields of objects up to a million rows. `due_work_sensor` launches them. Switched off, it stops them.",
)
def crm_sweep_by_the_clock(crm: CrmResource) -> dg.SkipReason:
    """Plan, in one transaction; a tick that fails or is missed leaves its starts to the next."""
    return dg.SkipReason(f"Planned {plan_sweeps(crm.ledger('clock'))} sweeps. due_work_sensor launches them.")


@dg.schedule(
    name="crm_late_pass_by_the_clock",
    job=crm_incremental_sync,
    cron_schedule="30 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Plans the passes over what may have shown late: each hour the last six, each day the last three days, "
    "where the CRM does not say how late a change may show. `due_work_sensor` launches them.",
)
def crm_late_pass_by_the_clock(crm: CrmResource) -> dg.SkipReason:
    """Plan, in one transaction; a tick that fails or is missed leaves its starts to the next."""
    return dg.SkipReason(f"Planned {plan_late_passes(crm.ledger('clock'))} passes. due_work_sensor launches them.")
