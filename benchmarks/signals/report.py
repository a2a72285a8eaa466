"""The report of signals: both shapes on the same terms, what follows from them, their table.

Belongs here: what is kept. Does not: measuring (`benchmarks.signals.measuring`), the plot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from benchmarks.figures import FiguresReport, figures_table
from benchmarks.signals.truth import Judged


@dataclass(frozen=True, slots=True)
class Research:
    """What it took to read the sites of the book; `cpu` by process, in CPU-seconds."""

    sites: int
    pages: int
    documents: int
    outcomes: Mapping[str, int]
    seconds: float
    cpu: Mapping[str, float]
    peak_mb: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sold:
    """What the provider saw: answers sold, those it had sold before, their price, and requests at the same time.

    `seconds` is the sum of the times that the answers took there, `struck` how many requests met each kind of fault.
    """

    answers: int
    again: int
    usd: float
    peak_in_flight: int
    limited: int
    seconds: float
    struck: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Side:
    """One shape on one set of terms.

    Attributes:
        seconds: From the first start to the last end.
        wanted: Accounts x signals, of each run or job.
        failed: Of these, without an answer when it was over.
        runs: Processes, or jobs, that were wanted.
        runs_failed: Of these, ended without coming to their end.
        attempts: Starts of jobs.
        batch_seconds: From the start of a run or job until the last of 100 accounts had its answer to a signal: mean,
            95th percentile, most.
        answer_seconds: Likewise of each answer.
        gap_seconds: Between heartbeats: mean, 95th percentile, most.
        bound: Requests in flight that it allows itself; 0 for none.
    """

    seconds: float
    wanted: int
    failed: int
    runs: int
    runs_failed: int
    attempts: int
    batch_seconds: Sequence[float]
    answer_seconds: Sequence[float]
    gap_seconds: Sequence[float]
    bound: int
    sold: Sold
    cpu: Mapping[str, float]
    peak_mb: Mapping[str, float]
    judged: Judged

    @property
    def failed_share(self) -> float:
        """Return the share of what was wanted that got no answer."""
        return self.failed / max(1, self.wanted)

    def ideal(self, bound: int) -> float:
        """Return the least seconds that the answers could take, so many of them at once."""
        return self.sold.seconds / bound

    def figures(self) -> dict[str, float]:
        """Return what two reports are compared by; lower is better, except for precision and recall."""
        per_answer = 1000 / max(1, self.sold.answers)
        return {
            "seconds": self.seconds,
            "failed share": self.failed_share,
            "runs failed": self.runs_failed,
            "attempts": self.attempts,
            "batch seconds, mean": self.batch_seconds[0],
            "batch seconds, 95 %": self.batch_seconds[1],
            "answer seconds, mean": self.answer_seconds[0],
            "answer seconds, 95 %": self.answer_seconds[1],
            "heartbeat gap, most": self.gap_seconds[2],
            "answers sold": self.sold.answers,
            "sold again": self.sold.again,
            "USD": self.sold.usd,
            "peak in flight": self.sold.peak_in_flight,
            "refused by a limit": self.sold.limited,
            "requests that met a fault": sum(self.sold.struck.values()),
            **{f"CPU-ms per answer, {name}": cpu * per_answer for name, cpu in self.cpu.items()},
            **{f"peak MB, {name}": mb for name, mb in self.peak_mb.items()},
            "precision": self.judged.precision,
            "recall": self.judged.recall,
        }


@dataclass(frozen=True, slots=True)
class SignalsReport(FiguresReport):
    """A measurement; `sides` by name: ours or nested, then the terms."""

    accounts: int
    signals: Sequence[str]
    model: str
    in_flight: int
    time_scale: float
    terms: Sequence[str]
    machine: Mapping[str, str]
    load_before: float
    research: Research
    again_seconds: float
    again_sold: int
    sides: Mapping[str, Side]

    @property
    def name(self) -> str:
        """What was measured, as part of a file's name."""
        return f"signals-{self.accounts}"

    def figures(self) -> dict[str, float]:
        """Return every figure of every side by its name, and the two ratios that have a target."""
        told = {f"{side}: {name}": value for side, one in self.sides.items() for name, value in one.figures().items()}
        clean = self.sides["ours"]
        return {
            "research: sites/s": self.research.sites / self.research.seconds,
            **{
                f"research: CPU-ms per page, {name}": 1000 * cpu / max(1, self.research.pages)
                for name, cpu in self.research.cpu.items()
            },
            "ours over the ideal": clean.seconds / clean.ideal(self.in_flight),
            "again: seconds": self.again_seconds,
            "again: answers sold": self.again_sold,
            **told,
        }

    def tables(self) -> list[Table]:
        """Return what a person reads of it."""
        title = f"{self.accounts:,} accounts x {len(self.signals)} signals, {self.model}, {self.release}"
        sides = Table(title=title, title_justify="left")
        sides.add_column("figure")
        for name in self.sides:
            sides.add_column(name, justify="right")
        names = dict.fromkeys(name for side in self.sides.values() for name in side.figures())
        for name in names:
            values = [side.figures().get(name) for side in self.sides.values()]
            sides.add_row(name, *("" if value is None else f"{value:,.3f}" for value in values))
        rest = {name: value for name, value in self.figures().items() if name.partition(":")[0] not in self.sides}
        return [sides, figures_table("The rest", rest, digits=3)]
