"""AI signals, measured: `python -m benchmarks.signals --accounts 300`; all listens on 127.0.0.1 and ends with it.

Belongs here: the options. Does not: measuring (`benchmarks.signals.measuring`).
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.history import RESULTS
from benchmarks.signals import plot
from benchmarks.signals.measuring import SIGNALS, measure


def main(
    accounts: Annotated[int, typer.Option(min=10, help="Accounts in the book.")] = 200,
    scale: Annotated[float, typer.Option(min=0.01, help="Factor on the provider's times; 1 is 2 s an answer.")] = 1.0,
    signal: Annotated[list[str], typer.Option(help="What is asked; repeatable.")] = list(SIGNALS),  # noqa: B006
    results: Annotated[Path, typer.Option(help="Folder of the report and its plot.")] = RESULTS,
) -> None:
    """Measure, print tables, and write a report that can be compared between releases."""
    report = measure(accounts, scale, signal)
    console = Console()
    for table in report.tables():
        console.print(table)
    path = report.write(results)
    path.with_suffix(".svg").write_text(plot.svg(report))
    console.print(f"{path} and its .svg")


if __name__ == "__main__":
    typer.run(main)
