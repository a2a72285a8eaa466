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
from nooks_dagster.workspaces.removals import refuse_meanwhile

ACCOUNT = "account"
"""The key of a connection's config under which the org's own name is kept, when it is known."""


class ConnectionState(StrEnum):
    """Whether a connection may be used."""

    ACTIVE = "active"
    UNAUTHORIZED = "unauthorized"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"
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
    how often a person connected it; `options` is what the customer chose (`crm.lifecycle.options`).
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
    options: dict[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", ConnectionState(self.state))

    @property
    def account(self) -> str:
        """Return what the org calls itself, "" where that is not known."""
        return str(self.config.get(ACCOUNT, ""))


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
            Permanent: The name cannot be used, the connection exists with other values, or is being removed.
        """
        name = workspace_name(workspace)
        identity = connection_id or f"{name}-{kind}"
        row = (identity, name, kind, Jsonb(dict(config)), secret_ref, sandbox)
        with self._db.transaction() as conn:
            conn.execute("insert into workspaces.workspaces (name) values (%s) on conflict do nothing", [name])
            added = _select(conn, _INSERT, row)
            standing = (added or _select(conn, _ONE_LOCKED, [identity]))[0]
            refuse_meanwhile(conn, name, identity)  # behind the lock of its row, which a removal takes first
            if added:
                return standing
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

    def connections(self, workspace: str | None = None, *, removed: bool = False) -> Sequence[Connection]:
        """Return the connections of a workspace, or of all, by id; if wanted, also those that are being removed."""
        with self._db.transaction() as conn:
            return _select(conn, _ALL, [removed, workspace, workspace])

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
            if mark(conn, connection_id, ConnectionState(state), reason, seen.revision if seen else None):
                return
        self.connection(connection_id)

    def choose(self, connection_id: str, options: Mapping[str, Any]) -> Connection:
        """Keep what a customer chose for a connection, in place of what was chosen before.

        Raises:
            Permanent: There is none of that id.
        """
        with self._db.transaction() as conn:
            return choose(conn, connection_id, options)


def mark(
    conn: psycopg.Connection, connection_id: str, state: ConnectionState, reason: str, revision: int | None = None
) -> bool:
    """Change the state of a connection in the caller's transaction; say if that was a change.

    Credentials that were refused say nothing about a connection that rests or was left.
    """
    values = {"state": state, "reason": reason, "id": connection_id, "revision": revision}
    return conn.execute(_MARK, values).rowcount == 1


def choose(
    conn: psycopg.Connection, connection_id: str, options: Mapping[str, Any], names: Sequence[str] | None = None
) -> Connection:
    """Do what `Registry.choose` does, in the caller's transaction; with names, the others stay as they are."""
    held = list(names) if names is not None else None
    chosen = _select(conn, _CHOOSE, [held, held, Jsonb(dict(options)), connection_id])
    if not chosen:
        raise _unknown(connection_id)
    return chosen[0]


_COLUMNS = sql.SQL(
    "id, workspace, kind, config, secret_ref, state, sandbox, state_reason, state_since, created_at, revision, options"
)
_FROM = sql.SQL("select {} from workspaces.connections").format(_COLUMNS)
_ONE = sql.SQL("{} where id = %s").format(_FROM)
_ONE_LOCKED = sql.SQL("{} for update").format(_ONE)
_ALL = sql.SQL("""
    {} where (%s or state <> 'removed') and (%s::text is null or workspace = %s) order by id
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
_CHOOSE = sql.SQL("""
    update workspaces.connections
    set options = case when %s::text[] is null then '{{}}' else options - %s::text[] end || %s
    where id = %s returning {}
""").format(_COLUMNS)
_MARK = """
    update workspaces.connections set state = %(state)s, state_reason = %(reason)s, state_since = now()
    where id = %(id)s and state <> %(state)s and (state = 'active' or %(state)s <> 'unauthorized')
      and (%(revision)s::int is null or revision = %(revision)s)
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
