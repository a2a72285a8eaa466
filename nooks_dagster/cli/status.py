"""`nooks status`: how far every object of every workspace is, and what needs a person.

Belongs here: which parts are shown, as tables or as JSON. Does not: the queries (`crm.overview`), the words
for one line (`cli.wording`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nooks_dagster.cli.project import project
from nooks_dagster.cli.wording import (
    COLOURS,
    ago,
    connection_line,
    lane_line,
    launch_line,
    mark,
    size,
    stack_is_well,
    stack_lines,
)
from nooks_dagster.crm.overview import ConnectionOverview, WorkspaceOverview, overview
from nooks_dagster.crm.status import LaneStatus, Standing
from nooks_dagster.database.pool import Database
from nooks_dagster.local import control
from nooks_dagster.local.record import Record
from nooks_dagster.settings import settings

MOST_COLUMNS = 100


def status(
    workspace: Annotated[str | None, typer.Argument(help="Only this workspace.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say how each object of each workspace stands. Ends with 1 when something needs a person."""
    chosen = settings()
    services = control.status(project())
    db = Database(chosen.postgres_url, size=1)
    try:
        workspaces = overview(db, workspace)
    finally:
        db.close()
    well = all(one.well for one in workspaces) and stack_is_well(services)
    if as_json:
        typer.echo(json.dumps(_as_json(workspaces, services, sandbox=chosen.sandbox, well=well), default=_plain))
    else:
        _show(_console(), workspaces, services, sandbox=chosen.sandbox)
    if not well:
        raise typer.Exit(1)


def _console() -> Console:
    console = Console(highlight=False)
    return Console(highlight=False, width=min(console.width, MOST_COLUMNS) if console.is_terminal else MOST_COLUMNS)


def _show(console: Console, workspaces: Sequence[WorkspaceOverview], services: Record, *, sandbox: bool) -> None:
    if sandbox:
        console.print("[yellow]SANDBOX[/yellow]: no real CRM is touched.")
    for line in stack_lines(services):
        console.print(escape(line))
    if not workspaces:
        console.print("No workspace is connected. `nooks connect salesforce WORKSPACE` connects one.")
    for workspace in workspaces:
        console.print(f"\n[bold]{escape(workspace.name)}[/bold]  {escape(launch_line(workspace.launch))}")
        for connection in workspace.connections:
            _show_connection(console, connection)
        if workspace.dead_letters:
            console.print(f"[red]✗[/red] Dead letters, work that was given up: {workspace.dead_letters:,}.")


def _show_connection(console: Console, connection: ConnectionOverview) -> None:
    console.print(escape(connection_line(connection)))
    if connection.lanes:
        console.print(_lanes(connection.lanes))
    for trouble in _troubles(connection):
        console.print(trouble)


def _lanes(lanes: Sequence[LaneStatus]) -> Table:
    table = Table(box=None, pad_edge=False, show_footer=len(lanes) > 1)
    table.add_column("object", "in all", overflow="fold")
    table.add_column("state (UTC)")
    table.add_column("last moved", justify="right")
    table.add_column("rows read", f"{sum(lane.rows_read for lane in lanes):,}", justify="right")
    table.add_column("stored", size(sum(lane.bytes_read for lane in lanes)), justify="right")
    for lane in lanes:
        moved = ago(lane.age) if lane.age is not None else ""
        state = f"{COLOURS[lane.standing]}{escape(lane_line(lane))}"
        table.add_row(escape(lane.source), state, moved, f"{lane.rows_read:,}", size(lane.bytes_read))
    return table


def _troubles(connection: ConnectionOverview) -> Iterator[str]:
    """Yield what happened and what to do about it, each reason once."""
    discovery = connection.discovery
    if discovery and discovery.reason:
        yield f"{mark(discovery.state == 'blocked')} {escape(discovery.reason)}"
    reasons: dict[str, list[LaneStatus]] = {}
    for lane in connection.lanes:
        if lane.reason and lane.standing is not Standing.COMPLETE:
            reasons.setdefault(lane.reason, []).append(lane)
    for reason, lanes in reasons.items():
        told = len(lanes) == 1 and lanes[0].source in reason
        names = "" if told else f"{', '.join(lane.source for lane in lanes)}: "
        yield f"{mark(lanes[0].standing is Standing.BLOCKED)} {escape(names + reason)}"


def _as_json(
    workspaces: Sequence[WorkspaceOverview], services: Record, *, sandbox: bool, well: bool
) -> dict[str, object]:
    return {
        "sandbox": sandbox,
        "well": well,
        "services": [{"name": e.name, "state": e.state, "problem": e.problem} for e in services.entries],
        "workspaces": [
            {
                "name": one.name,
                "well": one.well,
                "launch": asdict(one.launch) if one.launch else None,
                "dead_letters": one.dead_letters,
                "connections": [_connection_json(connection) for connection in one.connections],
            }
            for one in workspaces
        ],
    }


def _connection_json(about: ConnectionOverview) -> dict[str, object]:
    connection = about.connection
    return {
        "id": connection.id,
        "kind": connection.kind,
        "state": connection.state,
        "reason": connection.state_reason,
        "allowance": asdict(about.allowance) if about.allowance else None,
        "discovery": asdict(about.discovery) if about.discovery else None,
        "objects": [{**asdict(lane), "standing": lane.standing} for lane in about.lanes],
    }


def _plain(value: Any) -> object:
    """Write times as ISO 8601 and spans as seconds."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"{type(value).__name__} has no JSON form")
