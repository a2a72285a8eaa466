"""When the first answers of a new book come: all sites read first, beside asked while others are still read.

Belongs here: both on copies of one book, and their table. Does not: a run (`benchmarks.signals.whole`).
Run as `python -m benchmarks.signals.first --accounts 1000`; compare the two columns, not seconds of two days.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import machine
from benchmarks.crms import SALESFORCE, WORKSPACE
from benchmarks.history import RESULTS
from benchmarks.services import Services, services
from benchmarks.signals import book
from benchmarks.signals.measuring import SETTINGS, SIGNALS, SLOWEST_PACE, START_SECONDS
from benchmarks.signals.meter import Metered, metered
from benchmarks.signals.terms import Terms
from benchmarks.watching import Watch
from benchmarks.work import Work, run


def measure(where: Services, how: str, accounts: int, signals: list[str]) -> dict[str, float]:
    """Return when what was there, and what it took."""
    with book.copied(where.url, how) as url, metered(where) as seen:
        variables = {**where.variables, "NOOKS_POSTGRES_URL": url, "OPENAI_API_KEY": f"sk-sandbox-{how}"}
        seconds = START_SECONDS + accounts * len(signals) / SLOWEST_PACE
        work = run(
            "benchmarks.signals.whole", [how, *signals], variables, where.folder, seconds,
            Watch(where.running["postgres"].pid),
        )  # fmt: skip
    return _figures(work, seen)


def _figures(work: Work, seen: Metered) -> dict[str, float]:
    facts = work.facts
    return {
        "s to the first answer": facts["first"],
        "s to the hundredth": facts["hundredth"],
        "s to half of them": facts["median"],
        "s until all sites were read": facts["read"],
        "s in all": work.seconds,
        "sites read": facts["sites"],
        "answers": facts["answers"],
        "accounts without one": facts["open"],
        "sold again": seen.sold.again,
        "batches": facts["batches"],
        "requests in flight, most": seen.sold.peak_in_flight,
        "CPU-s: platform": work.cpu,
        "CPU-s: Postgres": seen.cpu["postgres"],
        "peak MB": work.peak_mb,
    }


def main(
    accounts: Annotated[int, typer.Option(min=10, help="Accounts in the book.")] = 300,
    scale: Annotated[float, typer.Option(min=0.01, help="Factor on the provider's times; 1 is 2 s an answer.")] = 1.0,
    signal: Annotated[list[str], typer.Option(help="What is asked; repeatable.")] = list(SIGNALS),  # noqa: B006
    results: Annotated[Path, typer.Option(help="Folder of the report.")] = RESULTS,
) -> None:
    """Measure both, print a table, and write a report."""
    load = os.getloadavg()[0]
    terms = Terms(accounts, scale, 0.0)
    with services(SALESFORCE, accounts, terms.world(), SETTINGS) as where:
        watch = Watch(where.running["postgres"].pid)
        run("benchmarks.sync", ["accounts"], where.variables, where.folder, START_SECONDS + accounts, watch)
        found = {how: measure(where, how, accounts, signal) for how in ("apart", "beside")}
    title = f"{accounts:,} accounts x {len(signal)} signals, {machine.release()}, a load of {load:.0f} before"
    table = Table(title=title, title_justify="left")
    for name in ("figure", "read first", "asked meanwhile", "second over first"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for name, first in found["apart"].items():
        second = found["beside"][name]
        table.add_row(name, f"{first:,.1f}", f"{second:,.1f}", f"{second / first:.2f}" if first else "")
    Console().print(table)
    path = results / f"{machine.release()}-first-{accounts}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"workspace": WORKSPACE, "load_before": load, "terms": asdict(terms), **found}
    path.write_text(f"{json.dumps(told, indent=1)}\n")


if __name__ == "__main__":
    typer.run(main)
