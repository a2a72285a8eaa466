"""Two reports side by side: `python -m benchmarks.compare before.json after.json`.

Belongs here: the ratios. Does not: a verdict; how much two runs of the same release differ is in docs/benchmarks.md.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import Report


def main(before: Annotated[Path, typer.Argument()], after: Annotated[Path, typer.Argument()]) -> None:
    """Print each figure of two reports, and the second over the first."""
    first, second = Report.read(before), Report.read(after)
    console = Console()
    if (first.crm, first.machine, first.rows) != (second.crm, second.machine, second.rows):
        console.print("[yellow]Of other CRMs, machines or sizes: only the share compares well.")
    table = Table()
    for name, side in (("figure", "left"), (first.release, "right"), (second.release, "right"), ("ratio", "right")):
        table.add_column(name, justify="left" if side == "left" else "right")
    earlier = first.figures()
    for name, value in second.figures().items():
        known = earlier.get(name)
        ratio = f"{value / known:.2f}" if known else ""
        table.add_row(name, "" if known is None else f"{known:,.2f}", f"{value:,.2f}", ratio)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
