"""What a side took, seen from outside: the provider's sums, CPU and memory of the services.

Belongs here: looking before and after. Does not: the side's own processes (`benchmarks.signals.processes`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean, quantiles

from benchmarks.accounting import cpu_of_tree, peak_mb
from benchmarks.services import Services
from benchmarks.signals.report import Sold
from benchmarks.watching import Watch


@dataclass(slots=True)
class Metered:
    """What was seen; complete when the block is over."""

    sold: Sold = field(default_factory=lambda: Sold(0, 0, 0.0, 0, 0, 0.0))
    cpu: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)


@contextmanager
def metered(where: Services) -> Iterator[Metered]:
    """Look at the services while the block runs; the provider's counters begin at nothing."""
    where.control("counters/reset", {})
    watch, seen, before = Watch(where.running["postgres"].pid), Metered(), _cpu(where)
    with watch.watching(where.running["sandbox"].pid):
        yield seen
    seen.sold = _sold(where)
    seen.cpu = {name: round(cpu - before[name], 2) for name, cpu in _cpu(where).items()}
    seen.peak_mb = {"postgres": round(watch.server_peak_mb, 1)}
    seen.peak_mb |= {name: round(peak_mb(where.running[name].pid), 1) for name in ("lake", "sandbox")}


def _cpu(where: Services) -> Mapping[str, float]:
    return {name: cpu_of_tree(process.pid) for name, process in where.running.items()}


def _sold(where: Services) -> Sold:
    sums, counted = where.control("openai"), where.counters()
    limited = sum(count for project in counted["violations"].values() for count in project.values())
    seconds = round(sum(sums["seconds"].values()), 3)
    return Sold(
        sums["sold"], sums["sold_again"], sums["usd"], sums["peak_in_flight"], limited, seconds, counted["faults"]
    )


def spread(values: Sequence[float]) -> list[float]:
    """Return the mean, the 95th percentile and the most; zeros of nothing."""
    if len(values) < 2:
        return [*values, *values, *values] or [0.0, 0.0, 0.0]
    return [round(value, 3) for value in (fmean(values), quantiles(values, n=20, method="inclusive")[18], max(values))]
