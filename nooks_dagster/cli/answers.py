"""`nooks signals status`, `spread` and `own`: how the signals of workspaces stand, and what a person decides of them.

Belongs here: what a person sees. Does not: counting (`signals.status`), money (`cli.spending`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.cli.named import require_workspace
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.spending import money
from nooks_dagster.cli.wording import mark, span
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.settings import settings
from nooks_dagster.signals import own as facts
from nooks_dagster.signals import trials
from nooks_dagster.signals.status import Failing, SignalStatus, asked_signals, reasons, statuses


def status(
    workspace: Annotated[str | None, typer.Argument(help="Only this one, with reasons.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say how many accounts have which answer, what fails and why, and what waits."""
    with Database(settings().postgres_url, size=1) as db:
        require_workspace(db, workspace)
        with db.transaction() as conn:
            standing = statuses(conn, asked_signals(conn), [workspace] if workspace else None)
            why = reasons(conn, workspace) if workspace else []
    if as_json:
        told = {"signals": [asdict(one) for one in standing], "reasons": [asdict(one) for one in why]}
        print_json(told)
    else:
        _show(standing, why)


def spread(signal: Annotated[str, typer.Argument(help="Such as tech_stack.")]) -> None:
    """Let a changed question that was tried on some accounts go on to all."""
    with Database(settings().postgres_url, size=1) as db, db.transaction() as conn:
        if not trials.spread(conn, signal):
            raise Permanent(
                "No version of it waits.", subject=f"signal {signal}", next_step="See `nooks signals status`."
            )
    console.print(f"[green]✓[/green] {escape(signal)} goes on to all accounts with the next run.")


def own(
    workspace: Annotated[str, typer.Argument(help="Such as acme.")],
    name: Annotated[str, typer.Argument(help="Of the fact, such as investors.")],
    values: Annotated[list[str] | None, typer.Argument(help="What takes the place of what was known.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show or tell a fact of a workspace's own that signals compare accounts with."""
    with Database(settings().postgres_url, size=1) as db:
        require_workspace(db, workspace)
        with db.transaction() as conn:
            if values:
                facts.tell(conn, workspace, name, values)
            known = facts.own(conn, workspace).get(name, [])
    if as_json:
        print_json({"workspace": workspace, "name": name, "values": list(known)})
    else:
        console.print(f"{escape(name)} of {escape(workspace)}: {escape(', '.join(known) or 'none are known')}.")


def _show(standing: Sequence[SignalStatus], why: Sequence[Failing]) -> None:
    if not standing:
        console.print("Nobody was asked yet: `account_research` does it each night, and after syncs.")
        return
    for workspace, mine in groupby(standing, key=lambda one: one.workspace):
        lines = list(mine)
        console.print(f"{escape(workspace)}: {lines[0].accounts:,} accounts")
        console.print(_table(lines))
    for line in (*_notes(standing), *(_reason(one) for one in why)):
        console.print(line)


def _table(lines: Sequence[SignalStatus]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("signal", no_wrap=True)
    for name in ("found", "not found", "no evidence", "degraded", "failed", "not asked", "USD today"):
        table.add_column(name, justify="right", overflow="fold")
    for one in lines:
        counts = (one.found, one.not_found, one.insufficient_evidence, one.degraded, one.failing, one.unasked)
        table.add_row(escape(one.signal), *(f"{count:,}" for count in counts), money(one.usd_today))
    return table


def _notes(standing: Sequence[SignalStatus]) -> Iterator[str]:
    for one in standing:
        about = escape(f"{one.workspace}/{one.signal}")
        if one.deferred:
            yield f"{mark(bad=False)} {about}: {one.deferred:,} accounts wait for a cap (`nooks signals caps`)."
        if one.overdue and one.overdue.total_seconds() > 0 and one.version != "held":
            yield f"{mark(bad=False)} {about}: accounts have waited for {span(one.overdue)} to be asked again."
    for signal, reason in {one.signal: one.version_reason for one in standing if one.version == "held"}.items():
        yield f"{mark(bad=True)} {escape(f'{signal}: {reason}')}"


def _reason(one: Failing) -> str:
    return escape(f"  {one.signal}, {one.status.replace('_', ' ')}: {one.accounts:,} accounts: {one.reason}")
