"""Calls, measured from the dialer to the CRM: `python -m benchmarks.calls --rate 12 --seconds 60`.

Belongs here: the options. Does not: measuring (`benchmarks.calls.measuring`).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.calls import plot
from benchmarks.calls.beside.wish import Beside
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import Size
from benchmarks.calls.measuring import Wish, measure
from benchmarks.calls.provider import Provider
from benchmarks.history import RESULTS


def main(  # noqa: PLR0913  one argument for each option
    *,
    rate: Annotated[float, typer.Option(min=0.1, help="Calls a second.")] = 12.0,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 60.0,
    length: Annotated[float, typer.Option(min=0, help="Seconds of a conversation.")] = 8.0,
    workers: Annotated[list[int], typer.Option(min=1, help="Live workers; repeatable, one after the other.")] = [2],  # noqa: B006
    hands: Annotated[int, typer.Option(min=1, help="Calls in the hands of each worker.")] = Size().hands,
    scale: Annotated[float, typer.Option(min=0, help="Factor on the provider's times.")] = 1.0,
    mix: Annotated[list[str], typer.Option(help="Share of a kind of call; repeatable.")] = [],  # noqa: B006
    troubled: Annotated[bool, typer.Option("--troubled", help="CRM and provider stumble.")] = False,
    turn: Annotated[bool, typer.Option("--turn", help="Wait, so that the hour changes in the middle.")] = False,
    history: Annotated[int, typer.Option(min=0, help="Contacts of another org that are read meanwhile.")] = 0,
    syncs: Annotated[int, typer.Option(min=0, help="Workspaces that are synced meanwhile, again and again.")] = 0,
    cadence: Annotated[int, typer.Option(min=1, help="Minutes between two syncs of each; 15 in production.")] = 1,
    signals: Annotated[int, typer.Option(min=0, help="Accounts that signals are asked about meanwhile.")] = 0,
    results: Annotated[Path, typer.Option(help="Folder of the reports and plots.")] = RESULTS,
) -> None:
    """Measure, print tables, and write reports that can be compared between releases."""
    console, load = Console(), Load(rate, seconds, length, mix=mix)
    beside = Beside(history, syncs, cadence, signals)
    for count in workers:
        report = measure(Wish(load, Size(count, hands), Provider(scale), troubled, turn, beside=beside))
        console.print(report.table())
        path = report.write(results)
        path.with_suffix(".svg").write_text(plot.svg(report))
        console.print(f"{path} and its .svg")


if __name__ == "__main__":
    typer.run(main)
