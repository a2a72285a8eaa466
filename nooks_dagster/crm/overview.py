"""The whole picture of the CRM sync: workspaces, their runs, connections and lanes, as `nooks status` shows it.

Belongs here: putting together what registry, ledger, budgets and lanes know. Does not: words (`nooks_dagster.cli`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.budgets.budgets import Allowance, Budgets
from nooks_dagster.crm.status import LaneStatus, Standing, lane_statuses
from nooks_dagster.crm.work import DISCOVERIES, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.dead_letters import DeadLetters
from nooks_dagster.ledger.launches import LaunchState, latest_launches
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

LOOKS = """
    SELECT DISTINCT ON (lane) lane AS connection, state, reason, due_at AS next_try FROM work.items
    WHERE queue = %s AND state IN ('waiting', 'leased', 'blocked') ORDER BY lane, id
"""


@dataclass(frozen=True, slots=True)
class DiscoveryStatus:
    """The first unfinished look at what a connection has."""

    connection: str
    state: str
    reason: str | None
    next_try: datetime


@dataclass(frozen=True, slots=True)
class ConnectionOverview:
    """One connection: its objects, the look at them that is not finished, and its daily calls."""

    connection: Connection
    lanes: Sequence[LaneStatus]
    discovery: DiscoveryStatus | None
    allowance: Allowance | None

    @property
    def well(self) -> bool:
        """Say whether nothing of it needs a person."""
        stuck = self.discovery is not None and self.discovery.state == "blocked"
        refused = self.connection.state is ConnectionState.UNAUTHORIZED
        return not (stuck or refused or any(lane.standing is Standing.BLOCKED for lane in self.lanes))


@dataclass(frozen=True, slots=True)
class WorkspaceOverview:
    """One workspace: its connections, the latest run that was launched for it, its dead letters."""

    name: str
    connections: Sequence[ConnectionOverview]
    launch: LaunchState | None
    dead_letters: int

    @property
    def well(self) -> bool:
        """Say whether nothing of it needs a person."""
        return not self.dead_letters and all(c.well for c in self.connections)


def overview(db: Database, workspace: str | None = None) -> Sequence[WorkspaceOverview]:
    """Return how a workspace stands, or all of them.

    Raises:
        Permanent: There is no such workspace.
        Unavailable: Postgres does not answer.
    """
    known = [w.name for w in Registry(db).workspaces()]
    if workspace is not None and workspace not in known:
        raise Permanent(
            f"There is no workspace {workspace[:80]!r}.",
            next_step=f"There is {', '.join(known[:20])}." if known else "`nooks connect` makes one.",
        )
    names = known if workspace is None else [workspace]
    connections = _connections(db, workspace)
    with db.transaction() as conn:
        launches = latest_launches(conn, [scope_of(name) for name in names])
    return [
        WorkspaceOverview(name, connections[name], launches.get(scope_of(name)), DeadLetters(db).count(scope_of(name)))
        for name in names
    ]


def _connections(db: Database, workspace: str | None) -> dict[str, list[ConnectionOverview]]:
    allowances = Budgets(db).allowances()
    with db.transaction() as conn:
        lanes = lane_statuses(conn, None if workspace is None else scope_of(workspace))
        looks = discoveries(conn)
    lanes_of: dict[str, list[LaneStatus]] = defaultdict(list)
    for lane in lanes:
        lanes_of[lane.connection].append(lane)
    found: dict[str, list[ConnectionOverview]] = defaultdict(list)
    for connection in Registry(db).connections(workspace):
        known = (lanes_of[connection.id], looks.get(connection.id), allowances.get(connection.id))
        found[connection.workspace].append(ConnectionOverview(connection, *known))
    return found


def discoveries(conn: psycopg.Connection[Any]) -> dict[str, DiscoveryStatus]:
    """Return the look that is not finished of each connection that has one, by the connection's id."""
    rows = conn.cursor(row_factory=class_row(DiscoveryStatus)).execute(LOOKS, (DISCOVERIES.name,))
    return {row.connection: row for row in rows}
