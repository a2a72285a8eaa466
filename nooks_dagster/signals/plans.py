"""Plans as items of the ledger: what wakes a run because a clock struck or a sync changed accounts.

Belongs here: asking for a plan, finding out who needs one, ending one. Does not: planning (`signals.planning`).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.research.work import scope_of
from nooks_dagster.signals.work import PLANS, SignalsRun, plan_item

MUCH = 1_000
"""Accounts that changed: reading their sites takes a minute."""


def plan_research(
    conn: psycopg.Connection[Any], ledger: Ledger, workspace: str, key: str, work_class: WorkClass
) -> bool:
    """Ask for a look at the accounts of a workspace, in the caller's transaction; say if that is new.

    Args:
        conn: A transaction.
        ledger: Where it is remembered.
        workspace: Whose accounts.
        key: Why and when, such as `nightly/2026-11-29`.
        work_class: Who waits.
    """
    return ledger.plan(conn, [plan_item(workspace, key, work_class)]) == 1


@dataclass(frozen=True, slots=True)
class Changed:
    """A workspace with accounts that a sync has brought since the last look; the plan that it needs."""

    workspace: str
    key: str
    work_class: WorkClass


def changed_accounts(conn: psycopg.Connection[Any]) -> Sequence[Changed]:
    """Return the workspaces with accounts that a sync has brought since the last look.

    The key is the same until more come, so a plan is asked for once. Where one waits already it will see these too: a
    sync that takes hours asks for one plan, and not for one at each look. A book that nobody has looked at yet, or of
    which much has changed, takes hours: it lets pass what is new in others.
    """
    values = {
        "queue": PLANS.name,
        "scope": scope_of(""),
        "much": MUCH,
        "history": int(WorkClass.HISTORY),
        "news": int(WorkClass.INCREMENTAL),
    }
    return [Changed(name, key, WorkClass(number)) for name, key, number in conn.execute(_CHANGED, values)]


@contextmanager
def claimed_plans(ledger: Ledger, keeper: LeaseKeeper, run: SignalsRun) -> Iterator[Sequence[Claim]]:
    """Claim the plans of a run's scope that are due for the length of a block, and end them with it; yield them.

    Those of a class that the run leaves alone stay: it would not look for what has run out, as a nightly plan asks.
    A block that fails leaves them due, for the next run to plan.
    """
    claims = [claim for suspects in (True, False) for claim in _due(ledger, run, suspects=suspects)]
    with ExitStack() as renewals:
        for claim in claims:
            renewals.enter_context(keeper.holding(claim))
        try:
            yield claims
        except BaseException:
            for claim in claims:
                ledger.release_claim(claim, timedelta())
            raise
        with ledger.db.transaction() as conn:
            for claim in claims:
                with suppress(LostLease):  # who has it now ends it
                    ledger.complete(conn, claim, {})


def _due(ledger: Ledger, run: SignalsRun, *, suspects: bool) -> Iterator[Claim]:
    while claims := ledger.claim(PLANS, limit=10, scope=run.scope, suspects=suspects, most=run.most):
        yield from claims


# The newest row and how many came with it: rows become visible when their transaction ends, not in their order.
_CHANGED = """
    with changed as (
        select c.workspace,
            'sync/' || to_char(max(news.at), 'YYYY-MM-DD"T"HH24:MI:SS.US') || '/' || sum(news.beside) as key,
            case when bool_and(not known.any) or bool_or(much.any) then %(history)s else %(news)s end as class
        from workspaces.connections c
        left join research.marks m on m.workspace = c.workspace and m.connection_id = c.id
        cross join lateral (
            select max(a.synced_at) as at from crm.accounts a
            where a.connection_id = c.id and a.synced_at >= coalesce(m.read_until, '-infinity')
        ) newest
        cross join lateral (
            select newest.at, count(*) as beside from crm.accounts a
            where a.connection_id = c.id and a.synced_at >= newest.at - interval '10 minutes'
        ) news
        cross join lateral (select exists (select from research.marks x where x.workspace = c.workspace) as any) known
        cross join lateral (select exists (
            select from crm.accounts a
            where a.connection_id = c.id and a.synced_at >= coalesce(m.read_until, '-infinity') offset %(much)s
        ) as any) much
        where c.state <> 'removed' and newest.at is not null
        group by c.workspace
    )
    select c.workspace, c.key, c.class from changed c where not exists (
        select from work.items i
        where i.queue = %(queue)s and i.lane = %(scope)s || c.workspace and i.state = 'waiting' and i.class <= c.class)
"""
