"""Removing a connection, or one object of it, with all that is known of it: as if it had never been.

Belongs here: the order of it.
Does not: which rows that are (`crm.lifecycle.belongings`), objects of the lake (`lake.removing`),
a workspace as a whole (`remove_workspace` does one connection after the other).

First nobody may begin anything, then who is at it ends, then all goes, the registration last. So a removal that was
killed anywhere is done again from its beginning, and a worker that comes back from the dead finds no item under its
fence: nothing of it commits. What such a one uploads is removed by the janitor.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.access.allowance import quota_of
from nooks_dagster.crm.access.keys import erase
from nooks_dagster.crm.changes.deriving import Changes
from nooks_dagster.crm.changes.folders import CHANGES
from nooks_dagster.crm.lifecycle.belongings import (
    Owner,
    drop_partitions,
    forget_budgets,
    forget_parts,
    forget_rows,
    forget_upkeep,
    forget_work,
)
from nooks_dagster.crm.sweeps.roll import drop_orphans
from nooks_dagster.crm.work import scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.removing import Emptied, remove_folders
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.holds import any_leased, hold, let_go
from nooks_dagster.llm import caps
from nooks_dagster.workspaces import removals
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry, mark

PATIENCE = timedelta(seconds=60)  # a chunk is read to its end; a worker that needs longer loses its claim
POLL_SECONDS = 0.5
Forget = Callable[[psycopg.Connection[Any], str], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: rows by table, items of work, objects and bytes of the lake; `secret` if credentials were erased."""

    rows: Mapping[str, int] = field(default_factory=dict)
    items: int = 0
    lake: Emptied = field(default_factory=Emptied)
    secret: bool = False

    @property
    def all_rows(self) -> int:
        """Return the rows of all tables together."""
        return sum(self.rows.values())


def remove_connection(db: Database, lake: Lake, connection: Connection, patience: timedelta = PATIENCE) -> Removed:
    """Remove a connection and everything of it; what was removed before is no error.

    Args:
        db: The platform's database.
        lake: Where its objects lie.
        connection: Which one.
        patience: How long to wait for those who work on it.

    Raises:
        Transient: Postgres or the lake does not answer; do it again.
    """
    owner = Owner(connection.workspace, connection.id)
    with db.transaction() as conn:
        removals.begin(conn, connection.workspace, connection.id)
        mark(conn, connection.id, ConnectionState.REMOVED, "It is being removed.")
        hold(conn, owner.scope, owner.lane, f"{connection.id} is being removed.")
    crash_point("removing")
    _wait_for_workers(db, owner, patience)
    gone = _remove(db, lake, owner)
    secret = erase(db, connection)
    crash_point("emptied")
    with db.transaction() as conn:
        forget_budgets(conn, connection.id, quota_of(connection))
        forget_work(conn, owner)  # what somebody planned meanwhile who had looked before
        let_go(conn, owner.scope, owner.lane)
        removals.end(conn, connection.workspace, connection.id)
    return Removed(gone.rows, gone.items, gone.lake, secret)


def remove_object(db: Database, lake: Lake, connection: Connection, source: str) -> Removed:
    """Remove the rows of one object of a connection; the customer has left it out, so none comes back."""
    gone = _remove(db, lake, Owner(connection.workspace, connection.id, source))
    changes = Changes(db, lake, "removal").take_out(connection.workspace, connection.id, source)
    return replace(gone, rows={**gone.rows, CHANGES: changes} if changes else gone.rows)


def remove_workspace(db: Database, lake: Lake, workspace: str, forget: Forget) -> Removed:
    """Remove what is left of a workspace without connections: its runs' records, and the results of all assets.

    Args:
        db: The platform's database.
        lake: Where results lie.
        workspace: Which one.
        forget: Removes what others than the CRMs keep of it, in the transaction that ends the removal; returns how
            many rows, by who kept them.
    """
    if Registry(db).connections(workspace, removed=True):
        raise AssertionError("its connections go first")
    with db.transaction() as conn:
        removals.begin(conn, workspace)
    emptied = remove_folders(lake, _folders(workspace))
    with db.transaction() as conn:
        conn.execute("delete from work.launches where scope = %s", (scope_of(workspace),))
        conn.execute("delete from crm.shown where workspace = %s", (workspace,))
        caps.forget(conn, workspace)
        rows = forget(conn, workspace)
        removals.end(conn, workspace)
    return Removed(rows, lake=emptied)


def remove_what_came_back(db: Database, lake: Lake) -> Emptied:
    """Remove from the lake what workers wrote after the removal of what they worked for; for the janitor."""
    with db.transaction() as conn:
        ended = removals.ended_lately(conn)
    emptied = [
        remove_folders(
            lake, Owner(one.workspace, one.connection).folders if one.connection else _folders(one.workspace)
        )
        for one in ended
    ]
    return Emptied(sum(one.objects for one in emptied), sum(one.bytes for one in emptied))


def _folders(workspace: str) -> list[str]:
    return [f"workspace={workspace}"]


def _remove(db: Database, lake: Lake, owner: Owner) -> Removed:
    items = _forget_all_work(db, owner)
    rows = drop_partitions(db, owner) if owner.source is None else {}
    with db.transaction() as conn:
        rows |= forget_rows(conn, owner)
        forget_parts(conn, owner)
        drop_orphans(conn)
    crash_point("forgotten")
    return Removed(rows, items, remove_folders(lake, owner.folders))


def _forget_all_work(db: Database, owner: Owner) -> int:
    """Delete the items of work, some thousands in a transaction: years of windows are many."""
    items = 0
    while True:
        with db.transaction() as conn:
            some = forget_work(conn, owner)
            items += some or forget_upkeep(conn, owner)
        if not some:
            return items


def _wait_for_workers(db: Database, owner: Owner, patience: timedelta) -> None:
    end = time.monotonic() + patience.total_seconds()
    while time.monotonic() < end:
        with db.transaction() as conn:
            if not any_leased(conn, owner.scope, owner.lane):
                return
        time.sleep(POLL_SECONDS)
