"""Removing what signals and research know of a workspace, and the work of a signal that is no more.

Belongs here: rows, and taking work from whoever is at it; what all workspaces share stays, without a word of who asked.
Does not: the order of a removal (`crm.lifecycle.removing`), objects in the lake, which lie in folders of the name of
their workspace.
"""

from collections.abc import Collection
from typing import Any

import psycopg

from nooks_dagster.ledger.giving_up import give_up
from nooks_dagster.research.accounts import forget_accounts
from nooks_dagster.research.work import scope_of
from nooks_dagster.signals.work import BATCHES, lane_of


def forget_workspace(conn: psycopg.Connection[Any], workspace: str) -> int:
    """Delete the rows of a workspace, in the caller's transaction; return how many. Doing it twice is no error.

    Whoever still works on one of its batches finds its leases gone, and commits nothing. The items go first: who takes
    leases of one meanwhile waits for its row, and finds it gone too.
    """
    values = {"workspace": workspace, "scope": scope_of(workspace)}
    items = [item for (item,) in conn.execute(_ITEMS, values)]
    conn.execute(_LEASES, (items,))
    rows = sum(conn.execute(statement, values).rowcount for statement in _FORGET)
    return len(items) + rows + forget_accounts(conn, workspace)


def give_up_removed(conn: psycopg.Connection[Any], scope: str, signals: Collection[str]) -> int:
    """Give up the batches of signals that are no more, in the caller's transaction; return how many.

    No run claims them, and while they are due the dispatcher launches one after the other. Whom they held is due should
    the signal come back.

    Args:
        conn: A transaction.
        scope: Whose batches.
        signals: The names of all signals that there are.
    """
    values = {"queue": BATCHES.name, "scope": scope, "lanes": [lane_of(scope, name) for name in signals]}
    items = [item for (item,) in conn.execute(_REMOVED, values)]
    give_up(conn, items)
    return len(items)


_REMOVED = """
    select id from work.items
    where queue = %(queue)s and scope = %(scope)s and lane <> all(%(lanes)s)
      and state in ('waiting', 'leased', 'blocked')
"""
_ITEMS = "delete from work.items where scope = %(scope)s returning id"
_LEASES = "update signals.leases set item = null, item_fence = null, begun_at = null where item = any(%s)"
_FORGET = (
    "delete from signals.leases where scope = %(workspace)s",
    "delete from signals.asked where workspace = %(workspace)s",  # before those that are current, as publishing does
    "delete from signals.current where workspace = %(workspace)s",
    "delete from signals.own where workspace = %(workspace)s",
    "delete from signals.duplicates where workspace = %(workspace)s",
    "delete from signals.answers where scope = %(workspace)s",
    "update signals.answers set workspace = '' where workspace = %(workspace)s",
    "delete from work.launches where scope = %(scope)s",
)
