"""Which sites of a workspace are to be looked at: those that are due, those that somebody chose, or all.

Belongs here: choosing them, and remembering them as batches. Does not: looking at them (`research.draining`).

What is planned is not planned again before it was looked at, or for a day, in case its batch came to nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from nooks_dagster.database import clock
from nooks_dagster.lake.lists import write_list
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.research.work import BATCH, FOLDER, Batch, list_name

NEXT = """
    SELECT DISTINCT a.site FROM research.accounts a LEFT JOIN research.sites s USING (site)
    WHERE a.workspace = %(workspace)s AND a.gone_at IS NULL AND a.site > %(after)s
      AND (%(accounts)s::text[] IS NULL OR a.account_id = ANY(%(accounts)s) OR a.site = ANY(%(accounts)s))
      AND (%(again)s OR ((s.looked_at IS NULL OR s.next_look_at <= now())
        AND (a.planned_at IS NULL OR a.planned_at < now() - interval '1 day' OR a.planned_at < s.looked_at)))
    ORDER BY a.site LIMIT %(limit)s
"""
KNOW = "INSERT INTO research.sites (site) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING"
PLANNED = "UPDATE research.accounts SET planned_at = now() WHERE workspace = %s AND site = ANY(%s) AND gone_at IS NULL"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants looked at: by default the sites that are due.

    `accounts` are ids of CRM records, or sites, to be looked at again whenever that was last; `again` means all.
    """

    accounts: Sequence[str] = ()
    again: bool = False

    @property
    def anew(self) -> bool:
        """Say whether sites are meant that are not due."""
        return self.again or bool(self.accounts)


def plan_sites(ledger: Ledger, lake: Lake, workspace: str, key: str, work_class: WorkClass, wish: Wish) -> int:
    """Remember the sites that are to be looked at as batches of at most 100; return how many sites that are.

    Planning under one key twice is planning once. Memory does not grow with their number.

    Args:
        ledger: The work.
        lake: Where the lists go.
        workspace: Whose accounts.
        key: Why: of a run or a night.
        work_class: Who waits.
        wish: Which sites.
    """
    _expire(lake, workspace)
    planned, after, began = 0, "", _now(ledger)
    while True:
        with ledger.db.transaction() as conn:
            sites = _next(conn, workspace, after, wish)
            if not sites:
                return planned
            batch = Batch(write_list(lake, list_name(workspace), sites), began if wish.anew else None)
            conn.execute(KNOW, (sites,))
            ledger.plan(conn, [batch.item(workspace, f"{key}/{sites[0]}", work_class)])
            conn.execute(PLANNED, (workspace, sites))
        planned, after = planned + len(sites), sites[-1]


def _next(conn: psycopg.Connection[Any], workspace: str, after: str, wish: Wish) -> list[str]:
    values = {
        "workspace": workspace,
        "after": after,
        "accounts": list(wish.accounts) or None,
        "again": wish.anew,
        "limit": BATCH,
    }
    return [site for (site,) in conn.execute(NEXT, values)]


def _now(ledger: Ledger) -> datetime:
    with ledger.db.transaction() as conn:
        return clock.now(conn)


def _expire(lake: Lake, workspace: str) -> None:
    """Remove lists of batches that came to nothing; those that were done with are gone already."""
    found = list(lake.objects(f"{FOLDER}workspace={workspace}/"))
    if found:
        newest = max(one.created for one in found)
        lake.remove([one.name for one in found if one.created < newest - timedelta(days=30)])
