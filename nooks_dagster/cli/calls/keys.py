"""`nooks calls keys`: the keys that the dialers of a workspace sign calls with.

Belongs here: what a person sees. Does not: keeping keys (`calls.ingest.keys`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.calls.ingest.keys import Issued, Keys
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import moment
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.secrets import FileSecrets

keys = typer.Typer(help="Keys that dialers sign calls with.", no_args_is_help=True)

Workspace = Annotated[str, typer.Argument(help="Whose calls they sign, such as acme.")]


@keys.command()
def add(
    workspace: Workspace,
    *,
    new: Annotated[bool, typer.Option("--new", help="The workspace may be new: one without a CRM.")] = False,
    as_json: AsJson = False,
) -> None:
    """Issue a key, and show its secret this once."""
    with _keys() as known:
        _show(known.add(workspace, new=new), as_json=as_json)


@keys.command()
def rotate(
    workspace: Workspace,
    *,
    hours: Annotated[float, typer.Option(min=0, max=24 * 90, help="The keys that stand count so long.")] = 24,
    as_json: AsJson = False,
) -> None:
    """Issue a key in place of those that stand, which count a day longer."""
    with _keys() as known:
        _show(known.rotate(workspace, timedelta(hours=hours)), as_json=as_json)


@keys.command()
def retire(
    workspace: Workspace,
    key: Annotated[str, typer.Argument(help="Its id, nk_….")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a key now; what it signed is refused within two seconds."""
    with _keys() as known:
        known.retire(workspace, key)
    if as_json:
        print_json({"key": key, "workspace": workspace})
    else:
        console.print(f"[green]✓[/green] {escape(key)} of {escape(workspace)} has ended.")


@keys.command(name="list")
def list_keys(workspace: Workspace, *, as_json: AsJson = False) -> None:
    """Show the keys of a workspace, without their secrets."""
    with _keys() as known:
        found = known.keys(workspace)
    if as_json:
        print_json({"workspace": workspace, "keys": [asdict(one) for one in found]})
        return
    if not found:
        console.print(f"{escape(workspace)} has none: `nooks calls keys add {escape(workspace)}` issues one.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("key", "issued (UTC)", "ends (UTC)"):
        table.add_column(name, no_wrap=True)
    for one in found:
        ends = "has ended" if one.retired else moment(one.retires_at) if one.retires_at else ""
        table.add_row(one.id, moment(one.created_at), ends)
    console.print(table)


@contextmanager
def _keys() -> Iterator[Keys]:
    chosen = settings()
    with Database(chosen.postgres_url, size=1) as db:
        yield Keys(db, FileSecrets(chosen.secrets))


def _show(issued: Issued, *, as_json: bool) -> None:
    if as_json:
        print_json({"key": issued.key, "secret": issued.secret, "workspace": issued.workspace})
        return
    console.print(f"Key of {escape(issued.workspace)}: {issued.key}\nSecret, shown this once: {issued.secret}")
