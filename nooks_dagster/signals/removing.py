"""Removing what signals and research know of a workspace; what all workspaces share stays, without a word of who asked.

Belongs here: its rows, and taking its work from whoever is at it. Does not: the order of a removal
(`crm.lifecycle.removing`), objects in the lake, which lie in folders of the workspace's name.
"""

from typing import Any

import psycopg

from nooks_dagster.research.accounts import forget_accounts
from nooks_dagster.research.work import scope_of


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
