"""`nooks calls webhooks`: where a workspace's recorded calls are told to.

Belongs here: what a person sees. Does not: keeping webhooks (`calls.delivery.webhook_registry`), sending.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.calls.delivery.webhook_registry import Addresses
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import moment
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.secrets import FileSecrets

webhooks = typer.Typer(help="Addresses that recorded calls are told to.", no_args_is_help=True)

Workspace = Annotated[str, typer.Argument(help="Whose calls they are told of, such as acme.")]
Webhook = Annotated[str, typer.Argument(help="Its id, wh_…, or its address.")]
Url = Annotated[str, typer.Argument(help="https:// of a public host.")]


@webhooks.command()
def add(
    workspace: Workspace,
    url: Url,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell an address of each recorded call, and show the secret of its messages this once."""
    with _addresses() as known:
        identity, secret = known.add(workspace, url)
    if as_json:
        print_json({"webhook": identity, "secret": secret, "workspace": workspace})
        return
    console.print(
        f"Webhook of {escape(workspace)}: {identity}\nSecret, shown this once: {secret}\n\n"
        "Each message is signed: X-Nooks-Signature is `v1=` and the hex of HMAC-SHA256 by the secret, over "
        "X-Nooks-Timestamp, a dot and the body.\nThe same X-Nooks-Delivery is the same call; the later message holds."
    )


@webhooks.command(name="list")
def list_webhooks(workspace: Workspace, *, as_json: AsJson = False) -> None:
    """Show the webhooks of a workspace, without their secrets."""
    with _addresses() as known:
        found = known.of(workspace)
    if as_json:
        print_json({"workspace": workspace, "webhooks": [asdict(one) for one in found]})
        return
    if not found:
        console.print(f"{escape(workspace)} has none: `nooks calls webhooks add {escape(workspace)} URL` adds one.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("webhook", "added (UTC)", "state", "address"):
        table.add_column(name, no_wrap=name != "address")
    for one in found:
        table.add_row(one.id, moment(one.created_at), one.state, escape(one.url))
    console.print(table)


@webhooks.command()
def move(
    workspace: Workspace,
    webhook: Webhook,
    url: Url,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell another address from now on, what waits too; the secret stays."""
    with _addresses() as known:
        moved = known.move(workspace, webhook, url)
    if as_json:
        print_json({"workspace": workspace, "webhooks": list(moved)})
    else:
        console.print(f"[green]✓[/green] {escape(', '.join(moved))} of {escape(workspace)} leads there.")


@webhooks.command()
def remove(
    workspace: Workspace,
    webhook: Webhook,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell an address nothing any more; what was waiting for it is withdrawn."""
    with _addresses() as known:
        gone = known.remove(workspace, webhook)
    if as_json:
        print_json({"workspace": workspace, "webhooks": list(gone)})
    else:
        console.print(f"[green]✓[/green] {escape(', '.join(gone))} of {escape(workspace)} is told nothing any more.")


@contextmanager
def _addresses() -> Iterator[Addresses]:
    chosen = settings()
    with Database(chosen.postgres_url, size=1) as db:
        yield Addresses(db, FileSecrets(chosen.secrets))
