"""Removing what calls keep of a workspace: its keys with their secrets, its calls and all that was made of them.

Belongs here: its rows, and taking its work from whoever is at it. Does not: the order of a removal
(`crm.lifecycle.removing`), objects in the lake, which lie in folders of the workspace's name.
"""

from typing import Any

import psycopg
from psycopg import sql

from nooks_dagster.calls.work import scope_of_calls
from nooks_dagster.workspaces.secrets import FileSecrets, is_ours


def forget_workspace(conn: psycopg.Connection[Any], store: FileSecrets, workspace: str) -> int:
    """Delete the rows of a workspace, in the caller's transaction; return how many. Doing it twice is no error.

    Its row is held until all is gone: a call of it that comes meanwhile is refused. The items go first: whoever works
    on one commits nothing.
    """
    conn.execute("select from workspaces.workspaces where name = %s for update", (workspace,))
    values = {"workspace": workspace, "scope": scope_of_calls(workspace)}
    rows = sum(conn.execute(statement, values).rowcount for statement in _FORGET)
    rows += sum(_forget_secrets(conn, store, table, workspace) for table in ("keys", "webhooks"))
    return rows + conn.execute(_LANES).rowcount


def _forget_secrets(conn: psycopg.Connection[Any], store: FileSecrets, table: str, workspace: str) -> int:
    forget = sql.SQL("delete from {} where workspace = %s returning secret_ref").format(sql.Identifier("calls", table))
    refs = conn.execute(forget, (workspace,)).fetchall()
    for (ref,) in refs:
        if is_ours(ref):
            store.erase(ref)
    return len(refs)


_FORGET = (
    "delete from work.items where scope = %(scope)s",
    "delete from work.launches where scope = %(scope)s",
    "delete from calls.calls where workspace = %(workspace)s",  # and by it stages, records, recordings, deliveries
    "delete from calls.hours where workspace = %(workspace)s",
    "delete from calls.options where workspace = %(workspace)s",
)
_LANES = """
    delete from calls.lanes l
    where not exists (select from workspaces.connections where id = l.integration)
      and not exists (select from calls.webhooks where id = l.integration)
"""
