"""`nooks sync`: ask for a sync as a click does, and watch it, or what is under way.

Belongs here: what is asked for, and what is said before and after. Does not: what makes sense (`crm.sync.wishes`),
running it (the dispatcher does), bars (`cli.following`).
"""

import os
from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

import psycopg
import typer
from rich.markup import escape

from nooks_dagster.cli.following import follow
from nooks_dagster.cli.printing import console, print_json
from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.crm.reporting.overview import workspace_names
from nooks_dagster.crm.reporting.watch import Look, Watch
from nooks_dagster.crm.sync.asking import ask, connected
from nooks_dagster.crm.sync.wishes import wish
from nooks_dagster.crm.work import SWEEPS, WINDOWS, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import health
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection, Registry

DISPATCHER = "due_work_sensor"


def sync(  # noqa: PLR0913 - an option each
    workspaces: Annotated[list[str] | None, typer.Argument(help="Which ones; all when none is named.")] = None,
    *,
    objects: Annotated[str, typer.Option(help="Only these: accounts,contacts.")] = "",
    refresh: Annotated[bool, typer.Option("--refresh", help="Read every record again.")] = False,
    since: Annotated[str, typer.Option(help="Read again what changed from here on (ISO 8601).")] = "",
    until: Annotated[str, typer.Option(help="… up to here; by default up to now.")] = "",
    sweep: Annotated[str, typer.Option(help="Compare every row: ids,calculated,associations.")] = "",
    confirm_deletions: Annotated[
        bool, typer.Option("--confirm-deletions", help="Delete the rows that a sweep has withheld.")
    ] = False,
    watching: Annotated[bool, typer.Option("--follow", help="Show how far it is; alone, what is under way.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Ask for a sync of what is due. With --follow it ends with 1 when something is blocked or parked."""
    request = wish(
        _listed(objects),
        refresh=refresh,
        since=since,
        until=until,
        sweep=_listed(sweep),
        confirm_deletions=confirm_deletions,
    )
    names = workspaces or []
    voice = Voice(as_json=as_json)
    with Database(settings().postgres_url, size=1) as db:
        connections = _connections(db, names, request)
        queue = SWEEPS if request.kind is WindowKind.SWEEP else WINDOWS
        watch = Watch(db, connections, request.objects, queue)
        wished = bool(names) or request != Request() or not watching
        if wished:
            _ask(db, connections, request)
            voice.asked(connections, request)
        voice.warn(_nobody_launches())
        if watching:
            raise typer.Exit(voice.follow(watch, wished=wished))


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _connections(db: Database, names: Sequence[str], request: Request) -> Sequence[Connection]:
    known, registry = workspace_names(db, names), Registry(db)
    if names:
        return [connection for name in names for connection in connected(registry, name)]
    if request.kind is not WindowKind.INCREMENTAL:
        raise Permanent(
            "Reading records again spends the API calls of each workspace's day, and none is named.",
            next_step=f"Name them: there is {', '.join(known[:20])}." if known else "`nooks connect` makes one.",
        )
    return registry.connections()


def _ask(db: Database, connections: Sequence[Connection], request: Request) -> None:
    if not connections:
        raise Permanent("No workspace is connected.", next_step=f"Connect one with {how_to_connect()}.")
    ask(Ledger.of(db, settings(), "nooks sync"), connections, f"command-{uuid4().hex}", request)


def _nobody_launches() -> str:
    """Say why what is due finds no run, and what to do; "" if it does."""
    url = os.environ.get("NOOKS_DAGSTER_POSTGRES_URL", "").replace("+psycopg2", "")
    if not url:
        return ""
    try:
        if silence := health.daemon(url, 0):
            return f"{silence} Nothing starts until `make up` brings it back."
        if off := health.sensor(url, DISPATCHER):
            return f"{off} Nothing starts until you switch it on in the UI, under Automation."
    except psycopg.Error as error:
        return f"Dagster's database does not answer ({type(error).__name__}). Start it with `make up`."
    return ""


class Voice:
    """What the command says, to a person or to a script."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def asked(self, connections: Sequence[Connection], request: Request) -> None:
        """Say what was asked for."""
        names = sorted({c.workspace for c in connections})
        what = ", ".join(request.objects) or "all objects"
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
        self._say(
            f"[green]✓[/green] Asked for {what} of {escape(shown)}; the dispatcher launches a run.",
            event="asked",
            workspaces=names,
            objects=list(request.objects),
            kind=request.kind,
        )

    def warn(self, trouble: str) -> None:
        """Say that nobody launches what is due, if so."""
        if trouble:
            self._say(f"[yellow]![/yellow] {escape(trouble)}", event="warning", what=trouble)

    def follow(self, watch: Watch, *, wished: bool) -> int:
        """Show how far it is until it is over; return the exit code."""
        try:
            look = follow(watch, console, as_json=self._as_json)
        except KeyboardInterrupt:
            self._say("The sync goes on; `nooks sync --follow` shows it again.", event="left")
            return 130
        self._end(look, wished=wished)
        return 1 if look.troubles else 0

    def _end(self, look: Look, *, wished: bool) -> None:
        done = "Everything that was asked for is done." if wished else "Everything that was under way is done."
        if not wished and not look.windows and not look.findings:
            done = "Nothing is under way."
        sentences = [f"[red]✗[/red] {escape(trouble)}" for trouble in look.troubles]
        told = "\n".join(sentences) or f"[green]✓[/green] {done}"
        self._say(told, event="ended", well=not look.troubles, troubles=list(look.troubles))

    def _say(self, words: str, **event: object) -> None:
        if self._as_json:
            print_json(event)
        else:
            console.print(words)
