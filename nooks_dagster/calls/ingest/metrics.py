"""Metrics: what the server did, in the format of Prometheus, over all of its processes.

Belongs here: the counters, and the page that shows them. Does not: judging them.

Labels hold our own words only. With several processes each writes its counts to a file of its own in the folder that
`PROMETHEUS_MULTIPROC_DIR` names; whichever is asked adds them up.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from nooks_dagster.calls.ingest.looking import Looking
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
REQUESTS = Counter("nooks_ingest_requests_total", "Requests by route and status.", ["route", "status"])
SECONDS = Histogram(
    "nooks_ingest_seconds",
    "From the head of a request to its answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
CALLS = Counter(
    "nooks_ingest_calls_total", "Calls: new, sent again, in conflict, or of a workspace that is gone.", ["outcome"]
)
BELOW_LIVE = Counter("nooks_ingest_calls_below_live_total", "New calls beyond their key's rate.")

BACKLOG_SECONDS = 5.0
PATIENCE_SECONDS = 1.0
"""Whoever scrapes metrics during an outage wants them."""
OLDEST = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(accepted_at)), 0)::float8 FROM calls.calls
    WHERE state = 'accepted' AND hour = (SELECT min(hour) FROM calls.calls WHERE state = 'accepted')
"""


class Backlog(Collector):
    """How long the oldest call that is not through has waited; asked of Postgres every five seconds at most.

    Args:
        db: The platform's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._asked = float("-inf")
        self._age: float | None = None
        self._looking = Looking("ingest-backlog", self._ask)

    async def refresh(self) -> None:
        """Ask, if that was long ago; while Postgres does not answer the age is not known."""
        if time.monotonic() - self._asked < BACKLOG_SECONDS:
            return
        self._age = None
        with suppress(Failure, TimeoutError):
            await self._looking.now(PATIENCE_SECONDS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the age, if it is known."""
        if self._age is not None:
            yield GaugeMetricFamily("nooks_ingest_backlog_seconds", "Age of the oldest call in work.", self._age)

    def _ask(self) -> None:
        with self._db.transaction() as conn:
            ((age,),) = conn.execute(OLDEST).fetchall()
        self._asked, self._age = time.monotonic(), float(age)


def page(backlog: Backlog) -> bytes:
    """Return the page of metrics."""
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no annotations
    asked = CollectorRegistry()
    asked.register(backlog)
    return generate_latest(registry) + generate_latest(asked)
