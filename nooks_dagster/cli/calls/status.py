"""`nooks calls status`: how the calls of the last hours went, what waits, what was given up, and who works.

Belongs here: what a person sees. Does not: counting (`calls.reporting.standing`, `calls.reporting.lacking`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.calls.reporting import lacking, standing
from nooks_dagster.calls.reporting.lacking import GivenUp, Undelivered
from nooks_dagster.calls.reporting.standing import HourStanding, Now, Worker
from nooks_dagster.cli.named import require_workspace
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import launch_line, mark, moment, span
from nooks_dagster.database.pool import Database
from nooks_dagster.settings import settings

DELIVERED_WITHIN = timedelta(minutes=1)  # as a rule; what is on its way is no news


def status(
    workspace: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    *,
    hours: Annotated[int, typer.Option(min=1, max=9_600, help="So many of the last hours.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Say how the calls of the last hours went, what waits or was given up, and who works."""
    with Database(settings().postgres_url, size=1) as db:
        require_workspace(db, workspace)
        with db.transaction() as conn:
            lately = standing.hours(conn, workspace, timedelta(hours=hours))
            now, workers = standing.now(conn, workspace), standing.workers(conn)
            dead = [one for one in lacking.given_up(conn) if workspace in (None, one.workspace)]
            waiting = [one for one in lacking.undelivered(conn) if workspace in (None, one.workspace)]
            waiting = [one for one in waiting if one.dead or one.reason or one.waited > DELIVERED_WITHIN]
    if as_json:
        told = {
            "now": asdict(now),
            "hours": [asdict(one) for one in lately],
            "workers": [asdict(one) for one in workers],
            "given_up": [asdict(one) for one in dead],
            "undelivered": [asdict(one) for one in waiting],
        }
        print_json(told)
        return
    if lately:
        console.print(_table(lately))
    for line in (*_now_lines(now, any_calls=bool(lately)), *_workers(workers), *map(_dead, dead), *map(_late, waiting)):
        console.print(line)


def calls_line(now: Now) -> str:
    """Say in one line how calls stand, for `nooks status`."""
    parts = [f"{now.open:,} under way" + (f", the oldest for {span(now.oldest)}" if now.oldest else "")]
    parts += [f"{now.undelivered:,} activities on their way"] if now.undelivered else []
    dead = now.dead + now.undeliverable
    parts += [f"{dead:,} given up (`nooks calls status`)"] if dead else []
    return f"Calls: {'; '.join(parts)}."


def _table(lately: Sequence[HourStanding]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("hour (UTC)", no_wrap=True)
    for name in ("accepted", "recorded", "refused", "given up", "open", "p95"):
        table.add_column(name, justify="right")
    for one in lately:
        p95 = "" if one.p95_ms is None else f"{one.p95_ms / 1000:,.1f} s"
        counts = (one.accepted, one.recorded, one.refused, one.dead, one.open)
        hour = moment(one.hour) if one.closed else f"{moment(one.hour)} …"
        table.add_row(hour, *(f"{count:,}" for count in counts), p95)
    return table


def _now_lines(now: Now, *, any_calls: bool) -> Iterator[str]:
    if any_calls or now.open or now.undelivered:
        yield escape(calls_line(now))
    else:
        yield "No call came lately: `nooks calls keys add` issues a key to a dialer, `nooks ingest` takes calls."


def _workers(workers: Sequence[Worker]) -> Iterator[str]:
    if not workers:
        yield f"{mark(bad=True)} No live worker is planned: are the daemon running and `call_hours_sensor` on?"
    for one in workers:
        yield escape(f"Live worker {one.slot}, {moment(one.hour)}: {launch_line(one.launch)}")


def _dead(one: GivenUp) -> str:
    why = escape(one.reason or one.failure or "no reason is known")
    return f"{mark(bad=True)} {escape(one.workspace)}, {one.stage}: {one.calls:,} calls, such as {one.call}: {why}"


def _late(one: Undelivered) -> str:
    counts = f"{one.waiting:,} waiting" + (f", {one.dead:,} given up" if one.dead else "")
    why = f": {escape(one.reason)}" if one.reason else ""
    return f"{mark(bad=bool(one.dead))} {escape(one.integration)}: {counts}, the oldest for {span(one.waited)}{why}"
