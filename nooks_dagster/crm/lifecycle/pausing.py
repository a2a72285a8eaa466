"""Connections that rest: paused until a person lets them go on, or disconnected for good, with their rows kept.

Belongs here: what changes in registry and ledger together. Does not: removing rows (`crm.lifecycle.removing`), what a
hold does (`ledger.holds`).

A run that works on the connection gives it back within seconds, at the end of the chunk that it reads. What it has
reached is kept, and the watermark stands: whoever goes on begins there.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from nooks_dagster.crm.access.keys import erase
from nooks_dagster.crm.work import Request, discovery, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.holds import hold, let_go
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry, mark

RESTING = (ConnectionState.PAUSED, ConnectionState.DISCONNECTED)
"""States that a person chose: nothing is synced, and nothing is wrong."""


def named(registry: Registry, name: str) -> Sequence[Connection]:
    """Return the connection of that id, or else the connections of the workspace of that name.

    Raises:
        Permanent: There is neither.
    """
    known = registry.connections()
    found = [one for one in known if one.id == name] or [one for one in known if one.workspace == name]
    if found:
        return found
    raise Permanent(
        f"There is no connection or workspace {name[:80]!r}.", next_step="`nooks connections` lists the connections."
    )


def pause(db: Database, connection: Connection) -> None:
    """Let a connection rest; twice is once.

    Raises:
        Permanent: It is disconnected already.
    """
    if connection.state is ConnectionState.DISCONNECTED:
        raise Permanent("It is disconnected; there is nothing to pause.", subject=connection.id)
    _rest(db, connection, ConnectionState.PAUSED, f"`nooks resume {connection.id}` lets it go on.")


def resume(db: Database, connection: Connection) -> None:
    """Let a paused connection go on from its watermarks; one that is not paused stays as it is.

    Raises:
        Permanent: It is disconnected: its credentials are gone.
    """
    if connection.state is ConnectionState.DISCONNECTED:
        raise Permanent(
            "It is disconnected: its credentials were erased.",
            subject=connection.id,
            next_step=f"`nooks connect {connection.kind} {connection.workspace}` connects it again, with its rows.",
        )
    if connection.state is not ConnectionState.PAUSED:
        return
    ledger = Ledger(db, "resume", timedelta())
    with db.transaction() as conn:
        mark(conn, connection.id, ConnectionState.ACTIVE, "")
        let_go(conn, scope_of(connection.workspace), connection.id)
        ledger.expedite(conn, connection.id, WorkClass.INCREMENTAL)
        key = f"resume:{uuid4()}"
        ledger.plan(conn, [discovery(connection.workspace, connection.id, key, WorkClass.INCREMENTAL, Request())])


def disconnect(db: Database, connection: Connection) -> bool:
    """End the syncs of a connection and erase its credentials; its rows stay. Say if they could be erased."""
    again = f"`nooks connect {connection.kind} {connection.workspace}` connects it again, with its rows."
    _rest(db, connection, ConnectionState.DISCONNECTED, again)
    return erase(db, connection)


def _rest(db: Database, connection: Connection, state: ConnectionState, what_to_do: str) -> None:
    with db.transaction() as conn:
        mark(conn, connection.id, state, what_to_do)
        hold(conn, scope_of(connection.workspace), connection.id, f"{connection.id} is {state}. {what_to_do}")
