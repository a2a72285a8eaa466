"""The whole picture of the CRM sync: workspaces, their runs, connections and lanes, as `nooks status` shows it.

Belongs here: putting together what registry, ledger, budgets and lanes know. Does not: words (`nooks_dagster.cli`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import psycopg
from psycopg.rows import class_row

from nooks_dagster.budgets.quotas import Allowance, Quotas
from nooks_dagster.crm.access.allowance import quota_of
from nooks_dagster.crm.reporting.past import LastWindow, lags, last_windows
from nooks_dagster.crm.reporting.progress import WindowProgress, progress
from nooks_dagster.crm.reporting.status import LaneStatus, Standing, lane_statuses
from nooks_dagster.crm.rows.schema_changes import LATELY, SchemaChange, schema_changes
from nooks_dagster.crm.sweeps.guard import WithheldRows, withheld
from nooks_dagster.crm.work import DISCOVERIES, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.dead_letters import DeadLetters
from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.launches import LaunchState, latest_launches
from nooks_dagster.ledger.statements import THERE
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

LOOKS = f"""
    SELECT DISTINCT ON (lane) lane AS connection, state, reason, due_at AS next_try FROM work.items i
    WHERE queue = %s AND state IN ('waiting', 'leased', 'blocked') AND {THERE} AND {NOT_HELD} ORDER BY lane, id
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class DiscoveryStatus:
    """The first unfinished look at what a connection has; none of one that rests."""

    connection: str
    state: str
    reason: str | None
    next_try: datetime


@dataclass(frozen=True, slots=True)
class ConnectionOverview:
    """One connection: its objects, the look at them that is not finished, and its daily calls.

    `under_way` is the open window of each source object that has one, `last` the last finished one; `lags` is how far
    the worst object lagged behind over the last day, when one workspace is asked for.
    """

    connection: Connection
    lanes: Sequence[LaneStatus]
    discovery: DiscoveryStatus | None
    allowance: Allowance | None
    under_way: Mapping[str, WindowProgress]
    last: Mapping[str, LastWindow]
    lags: Sequence[timedelta]

    @property
    def well(self) -> bool:
        """Say whether nothing of it needs a person."""
        stuck = self.discovery is not None and self.discovery.state == "blocked"
        refused = self.connection.state is ConnectionState.UNAUTHORIZED
        return not (stuck or refused or any(lane.standing is Standing.BLOCKED for lane in self.lanes))


@dataclass(frozen=True, slots=True)
class WorkspaceOverview:
    """One workspace: its connections, the latest run launched for it, its dead letters, fields that changed lately.

    `withheld` are deletions that wait for a person's word.
    """

    name: str
    connections: Sequence[ConnectionOverview]
    launch: LaunchState | None
    dead_letters: int
    drift: Sequence[SchemaChange]
    withheld: Sequence[WithheldRows]

    @property
    def well(self) -> bool:
        """Say whether nothing of it needs a person."""
        return not self.dead_letters and not self.withheld and all(c.well for c in self.connections)


def overview(db: Database, workspace: str | None = None) -> Sequence[WorkspaceOverview]:
    """Return how a workspace stands, or all of them.

    Raises:
        Permanent: There is no such workspace.
        Unavailable: Postgres does not answer.
    """
    names = workspace_names(db, [] if workspace is None else [workspace])
    connections = _connections(db, workspace)
    with db.transaction() as conn:
        launches = latest_launches(conn, [scope_of(name) for name in names])
        drift = _by_workspace(schema_changes(conn, LATELY, workspace))
        waiting = _by_workspace(withheld(conn))
    letters = DeadLetters(db)
    return [
        WorkspaceOverview(
            name, connections[name], launches.get(scope), letters.count(scope), drift[name], waiting[name]
        )
        for name in names
        for scope in [scope_of(name)]
    ]


class _OfWorkspace(Protocol):
    @property
    def workspace(self) -> str: ...


_Of = TypeVar("_Of", bound=_OfWorkspace)


def _by_workspace(found: Iterable[_Of]) -> Mapping[str, list[_Of]]:
    sorted_out: dict[str, list[_Of]] = defaultdict(list)
    for one in found:
        sorted_out[one.workspace].append(one)
    return sorted_out


def workspace_names(db: Database, wanted: Sequence[str] = ()) -> Sequence[str]:
    """Return the names that are wanted, or those of all workspaces.

    Raises:
        Permanent: There is no such workspace.
    """
    known = [w.name for w in Registry(db).workspaces()]
    for name in wanted:
        if name not in known:
            raise Permanent(
                f"There is no workspace {name[:80]!r}.",
                next_step=f"There is {', '.join(known[:20])}." if known else "`nooks connect` makes one.",
            )
    return wanted or known


def _connections(db: Database, workspace: str | None) -> dict[str, list[ConnectionOverview]]:
    allowances = Quotas(db).allowances()
    with db.transaction() as conn:
        lanes = lane_statuses(conn, None if workspace is None else scope_of(workspace))
        looks = discoveries(conn)
        last = last_windows(conn, lanes)
        windows = progress(conn, None if workspace is None else scope_of(workspace))
    lanes_of: dict[str, list[LaneStatus]] = defaultdict(list)
    for lane in lanes:
        lanes_of[lane.connection].append(lane)
    under_way: dict[str, dict[str, WindowProgress]] = defaultdict(dict)
    for window in windows:
        under_way[window.connection].setdefault(window.source, window)
    found: dict[str, list[ConnectionOverview]] = defaultdict(list)
    for connection in Registry(db).connections(workspace):
        mine = lanes_of[connection.id]
        known = (mine, looks.get(connection.id), allowances.get(quota_of(connection)), under_way[connection.id])
        day: Sequence[timedelta] = ()
        if workspace is not None:  # of all of them, that would be every window of a week
            with db.transaction() as conn:
                day = lags(conn, mine)
        past = ({lane.source: last[key] for lane in mine if (key := lane.key) in last}, day)
        found[connection.workspace].append(ConnectionOverview(connection, *known, *past))
    return found


def discoveries(conn: psycopg.Connection[Any]) -> dict[str, DiscoveryStatus]:
    """Return the look that is not finished of each connection that has one, by the connection's id."""
    rows = conn.cursor(row_factory=class_row(DiscoveryStatus)).execute(LOOKS.encode(), (DISCOVERIES.name,))
    return {row.connection: row for row in rows}
