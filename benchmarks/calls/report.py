"""The report of calls: the load, how it stood meanwhile, what came of it, what follows, its table.

Belongs here: what is kept. Does not: measuring (`benchmarks.calls.measuring`), the plot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks.calls.beside.done import Done
from benchmarks.calls.beside.going_on import PARTS
from benchmarks.calls.beside.wish import Beside
from benchmarks.calls.dialing import Load
from benchmarks.calls.house import Size
from benchmarks.calls.looks import Look
from benchmarks.calls.outcome import Outcome
from benchmarks.figures import FiguresReport, figures_table


@dataclass(frozen=True, slots=True)
class CallsReport(FiguresReport):
    """A measurement.

    Attributes:
        dialed: What the dialer says.
        until_quiet: Seconds from the last call until nothing was open or owed any more; minus one if never.
        provider_seconds: What calls took at the provider alone: median, 95th percentile, most.
        looks: From the first call to the last, and the one when nothing was open any more.
    """

    machine: Mapping[str, str]
    load_before: float
    size: Size
    load: Load
    troubled: bool
    beside: Beside
    done: Done
    provider_scale: float
    dialed: Mapping[str, Any]
    until_quiet: float
    provider_seconds: Sequence[float]
    outcome: Outcome
    looks: Sequence[Look]

    @property
    def name(self) -> str:
        """What was measured, as part of a file's name."""
        terms = "-troubled" * self.troubled + "-beside" * bool(self.beside)
        return f"calls-{self.load.rate:g}-{self.size.workers}{terms}"

    def cpu(self) -> dict[str, float]:
        """Return the CPU-ms of a call by part, the dialer's own apart; not what only goes on beside the calls."""
        calls = max(1, self.looks[-1].accepted)
        spent = {name: 1000 * seconds / calls for name, seconds in self._spent().items() if name not in PARTS}
        live = {name: spent.pop(name) for name in list(spent) if name.startswith("live worker")}
        return {**spent, "live workers": sum(live.values()), "dialer": float(self.dialed["cpu_ms_a_call"])}

    def _beside(self) -> dict[str, float]:
        return {name: seconds for name, seconds in self._spent().items() if name in PARTS}

    def _spent(self) -> dict[str, float]:
        """Return the CPU-seconds of every process of the house."""
        first, last = self.looks[0].cpu, self.looks[-1].cpu
        return {name: last[name] - first.get(name, 0.0) for name in last}

    def figures(self) -> dict[str, float]:
        """Return what two reports are compared by; lower is better, except for the rate."""
        came, cpu, first, last = self.outcome, self.cpu(), self.looks[0], self.looks[-1]
        calls = max(1, last.accepted)
        ours = sum(cpu[name] for name in ("ingest", "live workers", "postgres"))
        return {
            "calls/s": float(self.dialed["per_second"]),
            **dict(sorted(came.states.items())),
            **{f"s, accepted to recorded, {name}": value for name, value in _cuts(came.record_seconds)},
            **{f"s, at the provider alone, {name}": value for name, value in _cuts(self.provider_seconds)},
            "s, p95 above the provider's": came.record_seconds[1] - self.provider_seconds[1],
            **{f"s, outside of what is bought, {name}": value for name, value in _cuts(came.outside_seconds)},
            **{f"s, recorded to delivered, {name}": value for name, value in _cuts(came.deliver_seconds)},
            "ms, answered by ingest, p95": float(self.dialed["accepting"].get("p95_ms", 0.0)),
            "most calls open": max(look.backlog for look in self.looks),
            "s from the last call until quiet": self.until_quiet,
            "activities": came.activities,
            "activities doubled": came.doubled,
            "undelivered": came.undelivered,
            "otherwise than they should": came.wrong,
            "not accepted": came.unsent,
            "deferred stages": came.deferred,
            **{f"tries that ended {name}": count for name, count in sorted(came.attempts.items())},
            **{f"CPU-ms of a call, {name}": spent for name, spent in cpu.items()},
            "CPU-ms of a call, the platform (ingest, workers, Postgres)": ours,
            "CPU-ms of a call, everything": sum(cpu.values()),
            "cores busy, of all": sum(cpu.values()) * last.accepted / 1000 / max(1.0, last.seconds),
            "transactions of a call": (last.commits - first.commits) / calls,
            "KB of WAL of a call": (last.wal - first.wal) / calls / 1000,
            "KB of the database of a call": (last.stored - first.stored) / calls / 1000,
            "Postgres sessions, most": max(look.sessions for look in self.looks),
            **{f"MB, most, {name}": max(look.mb[name] for look in self.looks) for name in self.looks[0].mb},
            **{f"MB, at a third, {name}": self.looks[len(self.looks) // 3].mb[name] for name in self.looks[0].mb},
            "rows of the ledger at the end": last.items,
            **{
                f"cores busy, {name}": self._spent()[name] / max(1.0, last.seconds)
                for name in PARTS
                if name in last.cpu
            },
            **self.done.figures(self.beside),
        }

    def table(self) -> Table:
        """Return what a person reads of it."""
        troubled = ", troubled" * self.troubled + self.beside.told()
        title = f"{self.load.rate:g} calls/s for {self.load.seconds:g} s, {self.size.workers} live workers{troubled}"
        return figures_table(f"{title}, {self.release}", self.figures())


def _cuts(values: Sequence[float]) -> list[tuple[str, float]]:
    return list(zip(("median", "p95", "most"), values, strict=True))
