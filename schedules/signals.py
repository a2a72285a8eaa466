"""The clock of the signals: each night every workspace looks whom to ask again, because pages and answers age."""

import dagster as dg

from assets.account_signals.jobs import account_research
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.signals.plans import plan_research
from nooks_dagster.workspaces.registry import Registry
from resources.crm import CrmResource


@dg.schedule(
    name="account_research_nightly",
    job=account_research,
    cron_schedule="30 1 * * *",  # after the days of changes, before the sweeps of the syncs
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Plans a look at the accounts of each workspace whose pages or answers have aged; `due_work_sensor` "
    "launches them, a few workspaces at a time. What a sync brings is planned by `changed_accounts_sensor`.",
)
def account_research_by_the_clock(context: dg.ScheduleEvaluationContext, crm: CrmResource) -> dg.SkipReason:
    """Plan, in one transaction; the key holds the day, so a tick that comes twice plans once."""
    ledger, night = crm.ledger("clock"), f"nightly/{context.scheduled_execution_time:%Y-%m-%d}"
    workspaces = [workspace.name for workspace in Registry(crm.postgres.database).workspaces()]
    with crm.postgres.database.transaction() as conn:
        planned = sum(plan_research(conn, ledger, name, night, WorkClass.NIGHTLY) for name in workspaces)
    return dg.SkipReason(f"Planned {planned} workspaces. due_work_sensor launches them.")
