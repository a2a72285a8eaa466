"""The provider's terms and troubles of a measurement, in the time of its world.

Belongs here: limits, faults and when they come. Does not: which side meets them.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.services import Services

IN_FLIGHT = 64
MEAN_SECONDS, P99_SECONDS = 2.0, 8.0
REQUESTS_PER_MINUTE = 2_400
"""A quarter above what 64 in flight take at 2 s each: an account's bound is set below its limit."""
LIMIT_WINDOW_SECONDS = 6
"""Limits of a minute are enforced over shorter spans."""

POLL_SECONDS = 0.2
CALLS = "responses"
ERRORS: tuple[Mapping[str, Any], ...] = (
    {"kind": "answer", "calls": CALLS, "status": 500, "body": "json", "probability": 0.01, "seed": 1},
    {"kind": "answer", "calls": CALLS, "status": 503, "body": "json", "probability": 0.005, "seed": 2},
    {"kind": "cut", "calls": CALLS, "share": 0.5, "probability": 0.005, "seed": 3},
)
"""2 % of the requests; the last are billed, and their answer is lost."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How a world goes.

    Attributes:
        accounts: That are asked about.
        scale: Factor on all times of the provider.
        span: Seconds that the work ideally takes, from which troubles take their time.
    """

    accounts: int
    scale: float
    span: float

    def world(self) -> list[str]:
        """Return the sandbox's options."""
        told = {
            "mean_seconds": MEAN_SECONDS,
            "p99_seconds": P99_SECONDS,
            "time_scale": self.scale,
            "requests_per_minute": REQUESTS_PER_MINUTE,
            "limit_window_seconds": LIMIT_WINDOW_SECONDS,
        }
        return [f"--openai={name}={value}" for name, value in told.items()]

    def troubles(self) -> list[Mapping[str, Any]]:
        """Return what befalls the provider: errors all the time, a storm of 429s and an outage.

        Each of the two lasts a tenth of the span, and at least ten seconds: longer than a client tries by itself.
        """
        lasts = max(10.0 * self.scale, self.span / 10)
        storm = {"kind": "answer", "calls": CALLS, "status": 429, "body": "json", "probability": 0.8}
        outage = {"kind": "outage", "calls": CALLS, "uptime": 0}
        return [
            *ERRORS,
            {**storm, "delay_seconds": 0.2 * self.span, "seconds": lasts},
            {**outage, "delay_seconds": 0.5 * self.span, "seconds": lasts},
        ]


@contextmanager
def befallen(where: Services, troubles: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Let troubles come while the block runs; those that come later count from the first answer that is sold."""
    over = threading.Event()
    thread = threading.Thread(target=_come, args=(where, troubles, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        where.control("faults", method="DELETE")


def _come(where: Services, troubles: Sequence[Mapping[str, Any]], over: threading.Event) -> None:
    for trouble in troubles:
        while "delay_seconds" in trouble and not where.control("openai")["sold"]:
            if over.wait(POLL_SECONDS):
                return
        where.control("faults", trouble)
