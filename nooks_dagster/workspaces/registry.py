"""The registry of workspaces and connections: tables of schema `workspaces`.

Belongs here: adding, finding and marking them. Does not: secrets, of which it keeps only the reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.workspaces.names import workspace_name

ACCOUNT = "account"
"""The key of a connection's config under which the org's own name is kept, when it is known."""


class ConnectionState(StrEnum):
    """Whether a connection may be used."""

    ACTIVE = "active"
    UNAUTHORIZED = "unauthorized"
    PAUSED = "paused"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A customer."""

    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """A customer's access to one system.

    `config` is what is not secret (host, API version); `secret_ref` is where the rest is kept (`file:acme`);
    `state_reason` is a sentence for the person who must act, "" while the connection is active; `revision` counts
    how often a person connected it.
    """

    id: str
    workspace: str
    kind: str
    config: dict[str, Any]
    secret_ref: str
    state: ConnectionState
    sandbox: bool
    state_reason: str = field(default="", compare=False)
    state_since: datetime | None = field(default=None, compare=False)
    created_at: datetime | None = field(default=None, compare=False)
    revision: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", ConnectionState(self.state))


class Registry:
    """The workspaces and connections of the platform.

    Args:
        db: The platform's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def add_connection(
        self,
        workspace: str,
        kind: str,
        config: Mapping[str, Any],
        secret_ref: str,
        *,
        sandbox: bool,
        connection_id: str | None = None,
        replace: bool = False,
    ) -> Connection:
        """Connect a workspace to a system; the workspace is created with its first connection.

        Adding the same again changes nothing, except that a marked connection becomes active.

        Args:
            workspace: The customer's name, `[A-Za-z0-9_.-]{1,63}`.
            kind: The system, such as "salesforce".
            config: What is not secret.
            secret_ref: Where the credentials are kept.
            sandbox: Whether the system is the sandbox.
            connection_id: `<workspace>-<kind>` unless a workspace has two of a kind.
            replace: Whether other values may take the place of those that stand; the rows already read stay.

        Raises:
            Permanent: The name cannot be used, or the connection exists with other values.
        """
        name = workspace_name(workspace)
        identity = connection_id or f"{name}-{kind}"
        row = (identity, name, kind, Jsonb(dict(config)), secret_ref, sandbox)
        with self._db.transaction() as conn:
            conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", [name])
            added = _select(conn, _INSERT, row)
            if added:
                return added[0]
            standing = _select(conn, _ONE_LOCKED, [identity])[0]
            wanted = Connection(identity, name, kind, dict(config), secret_ref, standing.state, sandbox)
            _refuse_another(standing, wanted, replace=replace)
            return _select(conn, _REPLACE, (*row[1:], identity))[0]

    def connection(self, connection_id: str) -> Connection:
        """Return a connection, whatever its state.

        Raises:
            Permanent: There is none of that id.
        """
        with self._db.transaction() as conn:
            found = _select(conn, _ONE, [connection_id])
        if not found:
            raise _unknown(connection_id)
        return found[0]

    def connections(self, workspace: str | None = None) -> Sequence[Connection]:
        """Return the connections of a workspace, or of all, by id; without removed ones."""
        with self._db.transaction() as conn:
            return _select(conn, _ALL, [workspace, workspace])

    def workspaces(self) -> Sequence[Workspace]:
        """Return all workspaces in the order of their names."""
        with self._db.transaction() as conn, conn.cursor(row_factory=class_row(Workspace)) as cursor:
            return cursor.execute("select name, created_at from workspaces.workspaces order by name").fetchall()

    def mark(
        self, connection_id: str, state: ConnectionState | str, reason: str, *, seen: Connection | None = None
    ) -> None:
        """Say whether a connection may be used, and why not; the first reason of a state stands.

        Args:
            connection_id: The connection.
            state: The new state.
            reason: A sentence without secrets, with what to do next; "" when active.
            seen: What the caller knew; if it was connected anew since, nothing is marked.

        Raises:
            Permanent: There is none of that id.
        """
        with self._db.transaction() as conn:
            revision = seen.revision if seen else None
            if conn.execute(_MARK, [state, reason, connection_id, state, revision, revision]).rowcount:
                return
        self.connection(connection_id)


_COLUMNS = sql.SQL(
    "id, workspace, kind, config, secret_ref, state, sandbox, state_reason, state_since, created_at, revision"
)
_FROM = sql.SQL("select {} from workspaces.connections").format(_COLUMNS)
_ONE = sql.SQL("{} where id = %s").format(_FROM)
_ONE_LOCKED = sql.SQL("{} for update").format(_ONE)
_ALL = sql.SQL("""
    {} where state <> 'removed' and (%s::text is null or workspace = %s) order by id
""").format(_FROM)
_INSERT = sql.SQL("""
    insert into workspaces.connections (id, workspace, kind, config, secret_ref, sandbox)
    values (%s, %s, %s, %s, %s, %s)
    on conflict (id) do nothing returning {}
""").format(_COLUMNS)
_REPLACE = sql.SQL("""
    update workspaces.connections
    set workspace = %s, kind = %s, config = %s, secret_ref = %s, sandbox = %s,
        state = 'active', state_reason = '',
        state_since = case when state = 'active' then state_since else now() end, revision = revision + 1
    where id = %s returning {}
""").format(_COLUMNS)
_MARK = """
    update workspaces.connections set state = %s, state_reason = %s, state_since = now()
    where id = %s and state <> %s and (%s::int is null or revision = %s)
"""


def _select(conn: psycopg.Connection, query: sql.Composed, values: Sequence[Any]) -> list[Connection]:
    with conn.cursor(row_factory=class_row(Connection)) as cursor:
        return cursor.execute(query, values).fetchall()


def _refuse_another(standing: Connection, wanted: Connection, *, replace: bool) -> None:
    """Refuse what would put the rows of two systems under one connection, unless a person said so."""
    if standing.sandbox is not wanted.sandbox:
        worlds = ("the sandbox", "a real system") if standing.sandbox else ("a real system", "the sandbox")
        raise Permanent(
            f"It is connected to {worlds[0]}; it cannot become one of {worlds[1]}.",
            subject=f"connection {standing.id}",
            next_step="Connect under another workspace name or connection id.",
        )
    _refuse_another_owner(standing, wanted)
    if replace or standing == wanted or standing.state is ConnectionState.REMOVED:
        return
    different = [f for f in ("workspace", "kind", "config", "secret_ref") if _differs(standing, wanted, f)]
    raise Permanent(
        f"It exists already, with another {' and '.join(different)}.",
        subject=f"connection {standing.id}",
        next_step="Use --replace if it is the same org, or else another workspace name or connection id.",
    )


def _refuse_another_owner(standing: Connection, wanted: Connection) -> None:
    """Refuse, whatever a person says, to give the rows of one customer or one org to another."""
    accounts = {c.config[ACCOUNT] for c in (standing, wanted) if ACCOUNT in c.config}
    same = (standing.workspace, standing.kind) == (wanted.workspace, wanted.kind) and len(accounts) < 2
    if same or standing.state is ConnectionState.REMOVED:
        return
    raise Permanent(
        f"It holds the rows of {standing.config.get(ACCOUNT, standing.kind)} for workspace {standing.workspace}, "
        "and cannot become another's.",
        subject=f"connection {standing.id}",
        next_step="Connect under another workspace name, or with another --name.",
    )


def _differs(standing: Connection, wanted: Connection, attribute: str) -> bool:
    return bool(getattr(standing, attribute) != getattr(wanted, attribute))


def _unknown(connection_id: str) -> Permanent:
    return Permanent(
        "There is no such connection.",
        subject=f"connection {connection_id}",
        next_step="`nooks status` lists the connections; `nooks connect` adds one.",
    )
