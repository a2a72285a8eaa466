"""`nooks remove`: take a connection, a workspace or an object away with all of its data, and say what went.

Belongs here: asking first, and the account of it. Does not: removing (`crm.lifecycle.removing`).
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import psycopg
import typer
from rich.markup import escape

from nooks_dagster.calls import removing as calls
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import size
from nooks_dagster.crm.lifecycle.chosen import wants
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.lifecycle.removing import Removed, remove_connection, remove_object, remove_workspace
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import settings
from nooks_dagster.signals import removing as signals
from nooks_dagster.workspaces.registry import Connection, Registry
from nooks_dagster.workspaces.removals import removals
from nooks_dagster.workspaces.secrets import FileSecrets


def remove(
    name: Annotated[str, typer.Argument(help="A connection (acme-salesforce), or a workspace with all of its own.")],
    *,
    source: Annotated[
        str, typer.Option("--object", help="Of the connection only this object, which was left out: Lead.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove everything of a connection or workspace: rows, lake, work, credentials. May be repeated when cut off."""
    chosen = settings()
    lake = Lake(chosen.lake_bucket)
    with Database(chosen.postgres_url, size=2) as db:
        if source:
            connection = _left_out(Registry(db).connection(name), source)
            _confirm(f"all rows of {source} of {name}", yes=yes)
            told = {f"{name}/{source}": remove_object(db, lake, connection, source)}
        else:
            connections, whole = _meant(db, name)
            what = f"workspace {name}" if whole else f"connection {name}"
            _confirm(f"{what} and all of its data, the lake's included", yes=yes)
            told = {one.id: remove_connection(db, lake, one) for one in connections}
            if whole:
                told[name] = remove_workspace(db, lake, name, _forget)
    if as_json:
        print_json({what: asdict(removed) for what, removed in told.items()})
        return
    for what, removed in told.items():
        console.print(f"[green]✓[/green] {escape(what)} is removed: {_words(removed)}.")


def _meant(db: Database, name: str) -> tuple[Sequence[Connection], bool]:
    """Return the connections that a name means, also those whose removal was cut off, and if a workspace is meant."""
    registry = Registry(db)
    known = registry.connections(removed=True)
    if found := [one for one in known if one.id == name]:
        return found, False
    with db.transaction() as conn:
        begun = {one.workspace for one in removals(conn) if not one.ended and not one.connection}
    if name in begun | {workspace.name for workspace in registry.workspaces()}:
        return [one for one in known if one.workspace == name], True
    raise Permanent(
        f"There is no connection or workspace {name[:80]!r}.", next_step="`nooks connections` lists the connections."
    )


def _forget(conn: psycopg.Connection[Any], workspace: str) -> Mapping[str, int]:
    """Remove what others than the CRMs keep of a workspace."""
    store = FileSecrets(settings().secrets)
    return {
        "signals": signals.forget_workspace(conn, workspace),
        "calls": calls.forget_workspace(conn, store, workspace),
    }


def _left_out(connection: Connection, source: str) -> Connection:
    if wants(SyncOptions.of(connection.options), source):
        raise Permanent(
            f"{source} is still read: its rows would come back.",
            subject=connection.id,
            next_step=f"Leave it out first: `nooks connections set {connection.id} --without {source}`.",
        )
    return connection


def _confirm(what: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Permanent(f"This removes {what}, for good, and nobody is asked.", next_step="Add --yes to mean it.")
    typer.confirm(f"This removes {what}, for good. Go on?", abort=True)


def _words(removed: Removed) -> str:
    parts = [
        f"{removed.all_rows:,} rows",
        f"{removed.lake.objects:,} objects ({size(removed.lake.bytes)}) of the lake",
        f"{removed.items:,} items of work",
    ]
    return ", ".join(parts) + (", and its credentials" if removed.secret else "")
