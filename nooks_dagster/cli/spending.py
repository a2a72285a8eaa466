"""`nooks signals cost` and `caps`: what was spent on models and what may be, for whoever pays.

Belongs here: what a person sees. Does not: the sums (`llm.costs`), holding purchases to caps (`llm.purchases`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from nooks_dagster.cli.named import require_workspace
from nooks_dagster.cli.printing import AsJson, console, print_json
from nooks_dagster.cli.wording import mark
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred
from nooks_dagster.ledger.resuming import resume
from nooks_dagster.llm.caps import ALL, Cap, choose, defaults
from nooks_dagster.llm.caps import caps as caps_that_hold
from nooks_dagster.llm.costs import By, Sum, Vain, in_vain, sums
from nooks_dagster.settings import settings

DAYS = 30


class Kind(StrEnum):
    """What is bought, each with a cap of its own."""

    TEXT = "text"
    SPEECH = "speech"


def cost(
    *,
    workspace: Annotated[str | None, typer.Option(help="Only what this one paid for.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="From this day (UTC) on; else 30 days.")
    ] = None,
    by: Annotated[By, typer.Option(help="What the sums are for.")] = By.SIGNAL,
    as_json: AsJson = False,
) -> None:
    """Say what signals cost, in USD, and what of it bought nothing."""
    first = since.date() if since else (datetime.now(UTC) - timedelta(days=DAYS - 1)).date()
    with Database(settings().postgres_url, size=1) as db, db.transaction() as conn:
        lines = sums(conn, by, first, workspace)
        lost = in_vain(conn, first, workspace)
    if as_json:
        told = {"since": first.isoformat(), "workspace": workspace, "by": str(by)}
        told_sums = [asdict(line) | {"usd_per_subject": line.usd_per_subject} for line in lines]
        print_json(told | {"sums": told_sums, "in_vain": [asdict(one) for one in lost]})
    else:
        _show(lines, lost, by, first)


def caps(
    workspace: Annotated[str | None, typer.Argument(help="Of this one; else of all together.")] = None,
    *,
    usd: Annotated[float | None, typer.Option(min=0, max=1e6, help="What may be spent in a day (UTC).")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only on this kind.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Let the setting hold again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what may be spent on models in a day and what of today is gone; --usd sets it."""
    chosen = settings()
    with Database(chosen.postgres_url, size=1) as db:
        require_workspace(db, workspace)
        with db.transaction() as conn:
            if usd is not None or reset:
                choose(conn, None if reset or usd is None else Decimal(str(usd)), workspace or ALL, kind or ALL)
                resume(conn, Deferred)
            held = caps_that_hold(conn, defaults(chosen), workspace)
    if as_json:
        print_json({"caps": [asdict(cap) for cap in held]})
    else:
        console.print("\n".join(_cap_lines(held)))


def _show(lines: Sequence[Sum], lost: Sequence[Vain], by: By, since: date) -> None:
    if not lines:
        console.print(f"Nothing was bought since {since}.")
        return
    table = Table(box=None, pad_edge=False, show_footer=len(lines) > 1)
    total = sum((line.usd for line in lines), Decimal(0))
    table.add_column(str(by), "in all", overflow="fold")
    table.add_column("USD", money(total), justify="right")
    table.add_column("answers", f"{sum(line.purchases for line in lines):,}", justify="right")
    table.add_column("USD an account", justify="right")
    table.add_column("read from cache", justify="right")
    table.add_column("under way", justify="right")
    for line in lines:
        each = "" if line.usd_per_subject is None else f"{line.usd_per_subject:,.5f}"
        cached = f"{line.cached_tokens / line.input_tokens:.0%}" if line.input_tokens else ""
        under_way = money(line.reserved_usd) if line.reserved_usd else ""
        table.add_row(escape(line.name), money(line.usd), f"{line.purchases:,}", each, cached, under_way)
    console.print(f"Spent on models since {since} (UTC days), by {by}:")
    console.print(table)
    for one in lost:
        again = f", {one.again:,} of them for a question that was paid for twice" if one.again else ""
        console.print(
            f"{mark(bad=False)} {money(one.usd)} USD bought nothing, {one.purchases:,} times: {escape(one.why)}{again}."
        )


def _cap_lines(held: Sequence[Cap]) -> Iterator[str]:
    for cap in held:
        if cap.usd is None:
            continue
        whose = f"{cap.workspace or 'all workspaces'}{f', {cap.kind}' if cap.kind else ''}"
        gone = cap.spent + cap.reserved
        full = mark(bad=True) if gone >= cap.usd else " "
        usual = "" if cap.chosen else " (the setting)"
        yield f"{full} {escape(whose)}: {money(gone)} of {money(cap.usd)} USD today{usual}"


def money(usd: Decimal) -> str:
    """Write USD to the cent, and less than a dollar to the hundredth of one."""
    return f"{usd:,.2f}" if usd >= 1 or usd == 0 else f"{usd:,.4f}"
