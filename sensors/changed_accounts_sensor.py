"""Notices workspaces whose accounts a sync has added or changed, and plans their research."""

import dagster as dg

from assets.account_signals.jobs import account_research
from nooks_dagster.signals.plans import changed_accounts, plan_research
from resources.crm import CrmResource


@dg.sensor(
    jobs=[account_research],
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Plans research and signals of accounts that a sync has added or changed; `due_work_sensor` launches "
    "them. Accounts that did not change cost nothing.",
)
def changed_accounts_sensor(crm: CrmResource) -> dg.SkipReason:
    """Plan, in one transaction."""
    ledger = crm.ledger("changes")
    with crm.postgres.database.transaction() as conn:
        changed = changed_accounts(conn)
        # Rows of the last minute are read twice, so the same key may come again; it is planned once.
        planned = sum(plan_research(conn, ledger, one.workspace, one.key, one.work_class) for one in changed)
    return dg.SkipReason(f"Planned {planned} workspaces." if planned else "No account changed.")
