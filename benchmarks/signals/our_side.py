"""Our side of a measurement: runs as production has them, on a copy of the book's database, and what came of them.

Belongs here: before and after the runs. Does not: a run (`benchmarks.signals.ours`).
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.services import Services
from benchmarks.signals.answers import Answered, answers, found
from benchmarks.signals.meter import metered, spread
from benchmarks.signals.nested_side import APART_SECONDS
from benchmarks.signals.processes import Spent, together
from benchmarks.signals.report import Side
from benchmarks.signals.terms import IN_FLIGHT, Terms, befallen
from benchmarks.signals.truth import Judge

RUNS = 3
"""Overlapping ones, as `signals_runs` allows, for one book: the nightly one, the one after a sync, somebody's click."""
IMPORT_SECONDS = 8.0
"""In which the processes have started."""


@dataclass(frozen=True, slots=True)
class Ours:
    """One measurement of ours.

    Args:
        where: The services.
        url: A copy of the book's database.
        signals: What is asked.
        accounts: Those that have a site; what others get is no work.
        terms: How the provider goes.
    """

    where: Services
    url: str
    signals: Sequence[str]
    accounts: Collection[str]
    terms: Terms

    def measure(self, *, troubled: bool, judge: Judge) -> Side:
        """Let the runs work, and say what came of them."""
        with metered(self.where) as seen, befallen(self.where, self.terms.troubles() if troubled else []):
            runs = self.run(RUNS)
        began = [run.told["facts"]["began"] for run in runs]
        told = [one for one in answers(self.url, self.signals) if one.account in self.accounts]
        good = [one for one in told if one.status != "error"]
        wanted = RUNS * len(self.accounts) * len(self.signals)
        return Side(
            seconds=round(max(run.told["facts"]["ended"] for run in runs) - min(began), 3),
            wanted=wanted,
            failed=wanted - RUNS * len(good),
            runs=RUNS,
            runs_failed=sum(bool(run.told["facts"]["failed"]) for run in runs),
            attempts=sum(run.told["facts"]["rounds"] for run in runs),
            batch_seconds=spread(list(_batches(began, told))),
            answer_seconds=spread([max(0.0, one.at - start) for start in began for one in good]),
            gap_seconds=[0.0, 0.0, 0.0],
            bound=IN_FLIGHT,
            sold=seen.sold,
            cpu={"platform": round(sum(run.told["cpu"] for run in runs), 2), **seen.cpu},
            peak_mb={"platform": round(max(run.told["peak_mb"] for run in runs), 1), **seen.peak_mb},
            judged=judge(found(told)),
        )

    def run(self, count: int) -> list[Spent]:
        """Let so many runs work, each a little after the one before."""
        begin = time.time() + IMPORT_SECONDS * (count > 1)  # a lone run waits for nobody
        arguments = [
            [str(number), str(begin + number * APART_SECONDS * self.terms.scale), *self.signals]
            for number in range(count)
        ]
        variables = {**self.where.variables, "NOOKS_POSTGRES_URL": self.url}
        return together("benchmarks.signals.ours", arguments, variables, self.where.folder)


def _batches(began: Sequence[float], of: Sequence[Answered]) -> Iterator[float]:
    """Yield, of each run and batch, the seconds until the last account had its answer; 0 if that was there before."""
    last: dict[tuple[str, str], float] = defaultdict(float)
    for one in of:
        last[one.signal, one.batch] = max(last[one.signal, one.batch], one.at)
    for start in began:
        yield from (max(0.0, at - start) for at in last.values())
