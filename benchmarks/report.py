"""The report of a measurement: its values, its file, its table on the screen.

Belongs here: what is kept, and what follows from it. Does not: measuring (`benchmarks.history`), the plot.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rich.table import Table

from benchmarks.crms import CRMS, SALESFORCE

ANSWERED = ("login", "describe", "control", "search", "associations")
"""Kinds of call that bring no rows, as the platform counts them."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One side of the comparison.

    `cpu` and `peak_mb` are by process, in CPU-seconds and MB; the first two of `cpu` count in the comparison.
    `start_cpu` is what it took to start the interpreter, counted nowhere else.
    """

    seconds: float
    cpu: Mapping[str, float]
    start_cpu: float
    peak_mb: Mapping[str, float]
    bytes: Mapping[str, int]

    @property
    def counted(self) -> float:
        """Return the CPU-seconds of the one who works and of Postgres."""
        return sum(list(self.cpu.values())[:2])


@dataclass(frozen=True, slots=True)
class Calls:
    """API calls of the history, by kind as the platform and as the sandbox counted them; `pages` brought rows."""

    by_platform: Mapping[str, int]
    by_sandbox: Mapping[str, int]
    pages: int

    @property
    def data(self) -> int:
        """Return the calls that were made for rows."""
        return sum(count for kind, count in self.by_platform.items() if kind not in ANSWERED)

    @property
    def control(self) -> int:
        """Return the calls that were made for anything else."""
        return sum(self.by_platform.values()) - self.data

    def least(self, rows: int, crm: str) -> int:
        """Return how many full pages of a kind of CRM hold so many rows."""
        known = CRMS[crm].page_rows
        page = max((known[kind] for kind in self.by_sandbox if kind in known), default=min(known.values()))
        return math.ceil(rows / page)


@dataclass(frozen=True, slots=True)
class Report:
    """A measurement of a correct run: `checksum` is that of the rows of both sides."""

    taken_at: str
    release: str
    crm: str
    rows: int
    machine: Mapping[str, str]
    checksum: str
    platform: Phase
    yardstick: Phase
    calls: Calls
    memory: Sequence[tuple[float, float]]

    @property
    def title(self) -> str:
        """Return what was measured, of which release."""
        return f"{self.rows:,} contacts of {self.crm}, {self.release}"

    @property
    def share(self) -> float:
        """Return the yardstick's CPU-seconds over the platform's; 1 would be a platform without cost."""
        return self.yardstick.counted / self.platform.counted

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{json.dumps(asdict(self) | {'share': round(self.share, 4)}, indent=1)}\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        found: dict[str, Any] = json.loads(path.read_text())
        del found["share"]
        found.setdefault("crm", SALESFORCE.kind)  # before there was another
        for name, kind in {"platform": Phase, "yardstick": Phase, "calls": Calls}.items():
            found[name] = kind(**found[name])
        return cls(**found)

    def figures(self) -> dict[str, float]:
        """Return what two reports are compared by; lower is better, except where the name says rows/s or share."""
        per_million = 1_000_000 / self.rows
        sides = {"platform": self.platform, "yardstick": self.yardstick}
        return {
            **{
                f"{side}: CPU-s per million rows, {process}": cpu * per_million
                for side, phase in sides.items()
                for process, cpu in {"all": phase.counted, **phase.cpu}.items()
            },
            **{f"{side}: rows/s by the clock": self.rows / phase.seconds for side, phase in sides.items()},
            **{f"{side}: peak MB, {name}": mb for side, phase in sides.items() for name, mb in phase.peak_mb.items()},
            "platform: data calls over the least": self.calls.data / self.calls.least(self.rows, self.crm),
            "platform: control calls": self.calls.control,
            "share of the yardstick": self.share,
        }


def tables(report: Report) -> list[Table]:
    """Return what a person reads of a report."""
    return [_costs(report), _calls(report)]


def _costs(report: Report) -> Table:
    title = f"{report.title}, {report.machine['cpu']} x {report.machine['cores']}"
    table = Table(title=title, title_justify="left")
    for name in ("", "process", "CPU-s", "CPU-µs/row", "peak MB", "seconds", "rows/s"):
        table.add_column(name, justify="left" if name in ("", "process") else "right")
    for side, phase in (("platform", report.platform), ("COPY + merge", report.yardstick)):
        for process, cpu in phase.cpu.items():
            table.add_row("", process, *_cpu(cpu, report.rows), f"{phase.peak_mb[process]:.0f}")
        pace = (f"{phase.seconds:.1f}", f"{report.rows / phase.seconds:,.0f}")
        who = " + ".join(list(phase.cpu)[:2])
        table.add_row(f"[bold]{side}", who, *_cpu(phase.counted, report.rows), "", *pace, end_section=True)
    table.add_row("[bold]share", "of the yardstick", f"[bold]{report.share:.0%}", "", "", "", "")
    return table


def _cpu(seconds: float, rows: int) -> tuple[str, str]:
    return f"{seconds:.2f}", f"{seconds / rows * 1e6:.1f}"


def _calls(report: Report) -> Table:
    calls, least = report.calls, report.calls.least(report.rows, report.crm)
    table = Table(title="API calls", title_justify="left")
    for name in ("kind", "calls"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, count in sorted(calls.by_platform.items()):
        table.add_row(kind, f"{count:,}")
    table.add_row("[bold]data, of at least", f"{calls.data:,} / {least:,} = {calls.data / least:.2f}")
    table.add_row("[bold]control", f"{calls.control:,}")
    return table
