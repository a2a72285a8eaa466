"""`nooks status`: how far every object of every workspace is, and what needs a person.

Belongs here: which parts are shown, as tables or as JSON. Does not: the queries (`crm.reporting.overview`), the words
for one line (`cli.wording`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.calls.reporting import standing
from nooks_dagster.cli.calls.status import calls_line
from nooks_dagster.cli.past import drift_lines, lags_line, last_table
from nooks_dagster.cli.printing import AsJson, print_json
from nooks_dagster.cli.project import project
from nooks_dagster.cli.wording import (
    COLOURS,
    connection_line,
    lane_line,
    launch_line,
    mark,
    outage_line,
    size,
    span,
    stack_is_well,
    stack_lines,
)
from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.crm.reporting.overview import ConnectionOverview, WorkspaceOverview, overview
from nooks_dagster.crm.reporting.progress import WindowProgress
from nooks_dagster.crm.reporting.status import LaneStatus, Standing
from nooks_dagster.database.pool import Database
from nooks_dagster.local import control
from nooks_dagster.local.record import Record
from nooks_dagster.settings import settings

MOST_COLUMNS = 100


def status(
    workspace: Annotated[str | None, typer.Argument(help="Only this workspace.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say how each object of each workspace stands. Ends with 1 when something needs a person."""
    chosen = settings()
    services = control.status(project())
    with Database(chosen.postgres_url, size=1) as db:
        workspaces = overview(db, workspace)
        outages = Breakers(db).outages()
        with db.transaction() as conn:
            calls = standing.now(conn, workspace)
    well = all(one.well for one in workspaces) and stack_is_well(services)
    if as_json:
        told = _as_json(workspaces, services, sandbox=chosen.sandbox, well=well)
        told |= {"outages": [asdict(outage) for outage in outages.values()], "calls": asdict(calls)}
        print_json(told)
    else:
        for outage in outages.values():
            typer.echo(outage_line(outage))
        _show(_console(), workspaces, services, sandbox=chosen.sandbox, detailed=workspace is not None)
        typer.echo(f"\n{calls_line(calls)}")
    if not well:
        raise typer.Exit(1)


def _console() -> Console:
    console = Console(highlight=False)
    return Console(highlight=False, width=min(console.width, MOST_COLUMNS) if console.is_terminal else MOST_COLUMNS)


def _show(
    console: Console, workspaces: Sequence[WorkspaceOverview], services: Record, *, sandbox: bool, detailed: bool
) -> None:
    if sandbox:
        console.print("[yellow]SANDBOX[/yellow]: no real CRM is touched.")
    for line in stack_lines(services):
        console.print(escape(line))
    if not workspaces:
        console.print(f"No workspace is connected. Connect one with {how_to_connect()}.")
    for workspace in workspaces:
        console.print(f"\n[bold]{escape(workspace.name)}[/bold]  {escape(launch_line(workspace.launch))}")
        for connection in workspace.connections:
            _show_connection(console, connection, detailed=detailed)
        for rows in workspace.withheld:
            console.print(f"[red]✗[/red] {escape(rows.reason or f'{rows.connection}/{rows.source}: deletions wait')}")
        for change in drift_lines(workspace.drift):
            console.print(escape(change))
        if workspace.dead_letters:
            console.print(f"[red]✗[/red] Dead letters, work that was given up: {workspace.dead_letters:,}.")


def _show_connection(console: Console, connection: ConnectionOverview, *, detailed: bool) -> None:
    console.print(escape(connection_line(connection)))
    if connection.lanes:
        console.print(_lanes(connection.lanes, connection.under_way))
    if connection.lags:
        console.print(lags_line(connection.lags))
    if detailed and connection.last:
        console.print(last_table(connection.last))
    for trouble in _troubles(connection):
        console.print(trouble)


def _lanes(lanes: Sequence[LaneStatus], under_way: Mapping[str, WindowProgress]) -> Table:
    table = Table(box=None, pad_edge=False, show_footer=len(lanes) > 1)
    table.add_column("object", "in all", overflow="fold")
    table.add_column("state (UTC)")
    table.add_column("lag", justify="right")
    table.add_column("rows read", f"{sum(lane.rows_read for lane in lanes):,}", justify="right")
    table.add_column("stored", size(sum(lane.bytes_read for lane in lanes)), justify="right")
    for lane in lanes:
        lag = span(lane.lag) if lane.lag is not None else ""
        state = f"{COLOURS[lane.standing]}{escape(lane_line(lane, under_way.get(lane.source)))}"
        table.add_row(escape(lane.source), state, lag, f"{lane.rows_read:,}", size(lane.bytes_read))
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
                "withheld": [asdict(rows) for rows in one.withheld],
                "fields_that_changed": [asdict(change) for change in one.drift],
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
        "lags_of_a_day": about.lags,
        "objects": [_lane_json(lane, about) for lane in about.lanes],
    }


def _lane_json(lane: LaneStatus, about: ConnectionOverview) -> dict[str, object]:
    window, last = about.under_way.get(lane.source), about.last.get(lane.source)
    far = window and {
        **asdict(window.tally),
        "part": window.part,
        "seconds_left": window.tally.left,
        "chunks": window.chunks,
        "chunks_merged": window.chunks_done,
        "all_planned": window.all_planned,
    }
    return {**asdict(lane), "standing": lane.standing, "under_way": far, "last_window": last and asdict(last)}
