"""Removals: which connections and workspaces were removed, or are being; the one thing that is left of them.

Belongs here: the rows. Does not: removing (`crm.lifecycle.removing`).

By them a removal that was cut off goes on, Dagster parts with the partition of a workspace, and the janitor removes
what a worker wrote that nobody heard of any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.failures import Permanent


@dataclass(frozen=True, slots=True)
class Removal:
    """A connection that was removed, or with "" the workspace itself; `ended` once nothing is left."""

    workspace: str
    connection: str
    ended: bool


def begin(conn: psycopg.Connection[Any], workspace: str, connection: str = "") -> None:
    """Remember that a removal begins, or begins anew."""
    conn.execute(_BEGIN, (workspace, connection))


def end(conn: psycopg.Connection[Any], workspace: str, connection: str = "") -> None:
    """Let a connection, or a workspace, and what is known of it go, in one transaction with what was left."""
    if connection:
        conn.execute("delete from workspaces.connections where id = %s", (connection,))
    else:
        conn.execute("delete from workspaces.workspaces where name = %s", (workspace,))
    conn.execute(_END, (workspace, connection))


def forget(conn: psycopg.Connection[Any], workspace: str, connection: str) -> None:
    """Forget the removals of what is connected anew."""
    conn.execute(_FORGET, (workspace, connection))


def refuse_meanwhile(conn: psycopg.Connection[Any], workspace: str, connection: str) -> None:
    """Return if nobody is removing a connection, or its workspace.

    Raises:
        Permanent: Somebody is.
    """
    if conn.execute(_UNDER_WAY, (workspace, connection)).rowcount:
        raise Permanent(
            "It is being removed.", subject=connection, next_step=f"Let that end first: `nooks remove {connection}`."
        )


def ended_lately(conn: psycopg.Connection[Any]) -> Sequence[Removal]:
    """Return the removals that ended within a month, of what is not connected anew."""
    return conn.cursor(row_factory=class_row(Removal)).execute(_LATELY).fetchall()


def removals(conn: psycopg.Connection[Any]) -> Sequence[Removal]:
    """Return all removals of what was not connected anew."""
    return conn.cursor(row_factory=class_row(Removal)).execute(_ALL).fetchall()


_BEGIN = """
    insert into workspaces.removals (workspace, connection_id) values (%s, %s)
    on conflict (workspace, connection_id) do update set begun_at = now(), ended_at = null
"""
_END = "update workspaces.removals set ended_at = now() where workspace = %s and connection_id = %s"
_FORGET = "delete from workspaces.removals where workspace = %s and connection_id in (%s, '')"
_UNDER_WAY = """
    select from workspaces.removals where workspace = %s and connection_id in (%s, '') and ended_at is null
"""
_ALL = """
    select workspace, connection_id as connection, ended_at is not null as ended from workspaces.removals order by 1, 2
"""
_LATELY = """
    select workspace, connection_id as connection, true as ended from workspaces.removals as r
    where ended_at > now() - interval '30 days' and case when connection_id = ''
        then not exists (select from workspaces.workspaces where name = r.workspace)
        else not exists (select from workspaces.connections where id = r.connection_id) end
    order by 1, 2
"""
