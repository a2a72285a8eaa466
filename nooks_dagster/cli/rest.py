"""`nooks pause`, `resume` and `disconnect`: let a connection, or all of a workspace, rest or go on.

Belongs here: what a person sees. Does not: what happens (`crm.lifecycle.pausing`).
"""

from collections.abc import Callable
from typing import Annotated

import typer

from nooks_dagster.cli.printing import console
from nooks_dagster.crm.lifecycle import pausing
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection, Registry

Name = Annotated[str, typer.Argument(help="A connection (acme-salesforce), or a workspace: all of its connections.")]


def pause(name: Name) -> None:
    """Let a connection rest: what runs ends within seconds, nothing is lost, `resume` goes on from there."""
    _each(name, pausing.pause, "{id} is paused. What it has stays; `nooks resume {id}` lets it go on.")


def resume(name: Name) -> None:
    """Let a paused connection go on, from where its watermarks stand."""
    _each(name, pausing.resume, "{id} goes on.")


def disconnect(name: Name) -> None:
    """End the syncs of a connection and erase its credentials; its rows stay."""
    _each(name, _disconnect, "{id} is disconnected. Its rows stay; `nooks remove {id}` removes them.")


def _disconnect(db: Database, connection: Connection) -> None:
    if not pausing.disconnect(db, connection):
        console.print(
            f"[yellow]![/yellow] The credentials behind {connection.secret_ref} stay: they are in a variable, "
            "or another connection uses them."
        )


def _each(name: str, act: Callable[[Database, Connection], None], words: str) -> None:
    with Database(settings().postgres_url, size=1) as db:
        for connection in pausing.named(Registry(db), name):
            act(db, connection)
            console.print(f"[green]✓[/green] {words.format(id=connection.id)}")
