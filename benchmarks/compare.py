"""Two reports side by side: `python -m benchmarks.compare before.json after.json`.

Belongs here: the ratios. Does not: a verdict; how much two runs of the same release differ is in docs/benchmarks.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import Report

SIZES = ("crm", "rows", "workspaces", "cadence_minutes", "accounts", "signals", "time_scale", "machine")
"""What decides, where a report has it, whether two of them may be compared."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What is compared of a report, whatever it measured."""

    release: str
    of: Mapping[str, Any]
    figures: Mapping[str, float]


def _read(path: Path) -> _Told:
    found: dict[str, Any] = json.loads(path.read_text())
    figures = found["figures"] if "figures" in found else Report.read(path).figures()
    return _Told(found["release"], {name: found[name] for name in SIZES if name in found}, figures)


def main(before: Annotated[Path, typer.Argument()], after: Annotated[Path, typer.Argument()]) -> None:
    """Print each figure of two reports, and the second over the first."""
    first, second = _read(before), _read(after)
    console = Console()
    if first.of != second.of:
        console.print("[yellow]Of other kinds, machines or sizes: only shares and ratios compare well.")
    table = Table()
    for name, side in (("figure", "left"), (first.release, "right"), (second.release, "right"), ("ratio", "right")):
        table.add_column(name, justify="left" if side == "left" else "right")
    earlier = first.figures
    for name, value in second.figures.items():
        known = earlier.get(name)
        ratio = f"{value / known:.2f}" if known else ""
        table.add_row(name, "" if known is None else f"{known:,.2f}", f"{value:,.2f}", ratio)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
