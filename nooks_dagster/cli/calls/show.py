"""`nooks calls show`: the story of one call, from accepted to delivered.

Belongs here: what a person sees. Does not: reading it (`calls.reporting.story`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.calls.reporting.story import Attempt, Owed, Plan, Standing, Story, Told, named, story
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import mark, moment, size
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.settings import settings

BAD = ("dead", "failing", "refused")


def show(
    call: Annotated[str, typer.Argument(help="Our id of the call; with --workspace the dialer's.")],
    *,
    workspace: Annotated[str | None, typer.Option(help="Whose dialer calls it so.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell the story of one call: its stages with what they read and made, who worked on it, what was delivered."""
    with Database(settings().postgres_url, size=1) as db, db.transaction() as conn:
        known = named(conn, workspace, call) if workspace else int(call) if call.isdecimal() else None
        told = story(conn, known) if known is not None and known < 1 << 63 else None
    if told is None:
        raise Permanent(
            "There is no such call.",
            subject=f"workspace {workspace}" if workspace else "calls",
            next_step="Give our id of it, or the dialer's with --workspace.",
        )
    if as_json:
        print_json(asdict(told))
        return
    for part in _parts(told):
        console.print(part)


def _parts(told: Story) -> Iterator[str | Table]:
    yield _standing(told.call)
    yield _stages(told.stages)
    for one in told.stages:
        yield from _notes(one)
    if told.plan:
        yield _plan(told.plan)
    yield from map(_attempt, told.attempts)
    yield from map(_owed, told.deliveries)


def _standing(call: Standing) -> str:
    after = f" after {_seconds(call.took)}" if call.took is not None else ""
    why = f": {escape(call.reason)}" if call.reason else ""
    accepted = f"accepted {moment(call.accepted_at)} UTC"
    return f"[bold]Call {call.id}[/bold] of {escape(call.workspace)}, {accepted}: {call.state}{after}{why}"


def _stages(stages: Sequence[Told]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "state", "took", "version"):
        table.add_column(name, no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for one in stages:
        colour = "[red]" if one.status in BAD else ""
        row = (one.stage, f"{colour}{one.status}", _seconds(one.took), escape(one.version))
        table.add_row(*row, escape(_facts(one.facts)))
    return table


def _notes(one: Told) -> Iterator[str]:
    """Yield what a stage made, what went wrong before, and why it stands as it does."""
    if one.output:
        yield f"  {one.stage} made {escape(one.output['uri'])} ({size(one.output['bytes'])})"
    for past in one.tries:
        yield f"{mark(bad=False)} {one.stage}, {str(past.get('at', ''))[:19]}: {escape(str(past.get('reason', '')))}"
    if one.reason:
        sign = mark(bad=True) if one.status in BAD else " "
        yield f"{sign} {one.stage}: {escape(one.reason)}"


def _plan(plan: Plan) -> str:
    due = f", due {moment(plan.due_at)}" if plan.state == "waiting" else ""
    return f"Item of work {plan.id}: {plan.state}{due}; {plan.attempts} failures, {plan.deaths} deaths of workers"


def _attempt(one: Attempt) -> str:
    ended = one.outcome or "under way"
    return f"  {moment(one.started_at)} {escape(one.worker)}: {ended}{_because(one.reason)}"


def _owed(one: Owed) -> str:
    sign = "[green]✓[/green]" if one.state == "delivered" else mark(bad=one.state == "dead")
    known = f" as {escape(one.external_id)}" if one.external_id else ""
    return f"{sign} {escape(one.integration)}: {one.state}{known}{_because(one.reason)}"


def _because(reason: str | None) -> str:
    return f": {escape(reason)}" if reason else ""


def _facts(facts: Mapping[str, Any]) -> str:
    """Write what a stage found, nested facts left to --json."""
    return ", ".join(f"{name} {value}" for name, value in facts.items() if not isinstance(value, dict | list | None))


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.2f} s"
