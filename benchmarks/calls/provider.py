"""The provider of a measurement: how long it takes, and how long it would take for these calls if all else took none.

Belongs here: its terms, its own latency from its own counters. Does not: faults (`benchmarks.calls.troubles`).
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.services import Services

MEAN_SECONDS, P99_SECONDS = 2.0, 8.0
BOUGHT = """
    SELECT count(*) FILTER (WHERE p.purpose = 'calls/transcribe'), count(*) FILTER (WHERE p.purpose = 'calls/translate')
    FROM calls.records r LEFT JOIN llm.purchases p ON p.subject = 'call ' || r.call GROUP BY r.call
"""
Z99 = 2.3263478740408408
SPREAD = Z99 - math.sqrt(Z99**2 - 2 * math.log(P99_SECONDS / MEAN_SECONDS))
"""Sigma of the lognormal times that have this mean and this 99th percentile."""


@dataclass(frozen=True, slots=True)
class Provider:
    """How the provider goes; `scale` is a factor on all of its times."""

    scale: float = 1.0

    def world(self) -> list[str]:
        """Return the sandbox's options; limits that would measure themselves are out of the way."""
        told = {
            "mean_seconds": MEAN_SECONDS,
            "p99_seconds": P99_SECONDS,
            "time_scale": self.scale,
            "audio_requests_per_minute": 100_000,
        }
        return [f"--openai={name}={value}" for name, value in told.items()]


def means(where: Services) -> Mapping[str, float]:
    """Return the mean seconds that a transcription and a translation took at the provider."""
    return {name: _mean(where.control(path)) for name, path in (("audio", "openai/audio"), ("text", "openai"))}


def alone(bought: Iterable[Sequence[Any]], mean: Mapping[str, float]) -> list[float]:
    """Return how long calls take at the provider alone: their channels at once, then their translations at once.

    Drawn from the distribution that it draws from itself, about the means of what it sold here.
    """
    chance = random.Random(1)
    return [_longest(heard, mean["audio"], chance) + _longest(put, mean["text"], chance) for heard, put in bought]


def _longest(count: int, mean: float, chance: random.Random) -> float:
    median = mean * math.exp(-(SPREAD**2) / 2)
    return max((median * math.exp(SPREAD * chance.gauss(0, 1)) for _ in range(count)), default=0.0)


def _mean(sums: Mapping[str, Any]) -> float:
    requests = int(sums["sold"]) + sum(map(int, sums["failed"].values()))
    return sum(map(float, sums["seconds"].values())) / max(1, requests)
