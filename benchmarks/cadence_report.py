"""The report of a measurement of many workspaces: its values, what follows from them, its table.

Belongs here: what is kept. Does not: measuring (`benchmarks.cadence`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from benchmarks.figures import FiguresReport, figures_table


@dataclass(frozen=True, slots=True)
class Look:
    """How it stood at a moment: starts that wait, runs that live, sessions of Postgres, MB by service."""

    seconds: float
    backlog: int
    launches: int
    sessions: int
    mb: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CadenceReport(FiguresReport):
    """A measurement; `ticks` and `late` are seconds: median, 95th percentile, most."""

    crm: str
    workspaces: int
    cadence_minutes: int
    machine: Mapping[str, str]
    load_before: float
    seconds: float
    runs: Mapping[str, int]
    starts_done: int
    late: Sequence[float]
    plan_seconds: float
    ticks: Mapping[str, Sequence[float]]
    event_rows: Sequence[float]
    calls: int
    cpu: Mapping[str, float]
    looks: Sequence[Look]

    @property
    def name(self) -> str:
        """What was measured, as part of a file's name."""
        return f"cadence-{self.crm}-{self.workspaces}"

    def figures(self) -> dict[str, float]:
        """Return what two reports are compared by; lower is better, except for what is done."""
        ended = max(1, sum(self.runs.values()))
        return {
            "starts done": self.starts_done,
            "runs a minute": 60 * ended / self.seconds,
            "seconds from due to done, median": self.late[0],
            "seconds from due to done, 95 %": self.late[1],
            "most starts that waited": max(look.backlog for look in self.looks),
            "starts that wait at the end": self.looks[-1].backlog,
            "seconds to plan a cadence": self.plan_seconds,
            **{f"seconds of a tick, {name}, 95 %": found[1] for name, found in self.ticks.items()},
            "event rows of a run, most": self.event_rows[2],
            "API calls of a run": self.calls / ended,
            "Postgres sessions, most": max(look.sessions for look in self.looks),
            "MB, most": max(sum(look.mb.values()) for look in self.looks),
            **{f"MB, most, {name}": max(look.mb[name] for look in self.looks) for name in self.looks[0].mb},
            **{f"CPU-s of a run, {name}": spent / ended for name, spent in self.cpu.items()},
            "cores busy, of all services": sum(self.cpu.values()) / self.seconds,
        }

    def table(self) -> Table:
        """Return what a person reads of it."""
        title = f"{self.workspaces} workspaces every {self.cadence_minutes} minutes, {self.crm}, {self.release}"
        return figures_table(title, self.figures())
