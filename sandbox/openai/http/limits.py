"""How much may be asked in a minute, and what the headers tell of it.

Belongs here: one bucket of requests and one of tokens for each key and model, both refilled continuously.
Does not: the numbers (`sandbox.openai.terms`), a credit that is used up (`responses`).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.counters import Counters
from sandbox.openai.http.errors import rate_limited
from sandbox.openai.terms import Terms

_SHORT = {"requests": "RPM", "tokens": "TPM"}


@dataclass(slots=True)
class _Bucket:
    """What is left, as of a moment in seconds; `capacity` is the part of a minute's limit that may come at once."""

    limit: int
    capacity: float
    left: float
    at: float

    def refill(self, now: float) -> None:
        self.left = min(self.capacity, self.left + (now - self.at) * self.limit / 60)
        self.at = now

    def wait(self, wanted: float) -> float:
        """Return the seconds until so much is there."""
        return max(0.0, min(wanted, self.capacity) - self.left) * 60 / self.limit

    @property
    def reset(self) -> float:
        """Seconds until it is full."""
        return (self.capacity - self.left) * 60 / self.limit


def _bucket(limit: int, window: float, now: float) -> _Bucket:
    capacity = max(1.0, limit * window / 60)
    return _Bucket(limit, capacity, capacity, now)


class Limits:
    """The limits of every key and model; called by the event loop alone.

    Args:
        terms: The numbers. A minute is as long as they let it be.
        counters: Count the violations.
        clock: Seconds that only grow.
    """

    def __init__(self, terms: Terms, counters: Counters, clock: Callable[[], float]) -> None:
        self._terms = terms
        self._counters = counters
        self._clock = clock
        self._scale = terms.time_scale or 1.0
        self._buckets: dict[tuple[str, str], dict[str, _Bucket]] = {}

    def spend(self, project: str, model: str, tokens: int) -> Mapping[str, str]:
        """Count one request, and return the headers that tell what is left.

        Raises:
            Refused: There may be no more now; the request is not counted.
        """
        buckets, wanted = self._refilled(project, model), {"requests": 1, "tokens": tokens}
        for unit, bucket in buckets.items():
            if bucket.left < min(wanted[unit], bucket.capacity):
                raise self._too_many(project, model, unit, wanted[unit])
        for unit, bucket in buckets.items():
            bucket.left -= wanted[unit]
        return self._told(buckets)

    def _refilled(self, project: str, model: str) -> dict[str, _Bucket]:
        now = self._clock() / self._scale
        found = self._buckets.get((project, model))
        if found is None:
            limits = {"requests": self._terms.requests_per_minute, "tokens": self._terms.tokens_per_minute}
            found = {unit: _bucket(limit, self._terms.limit_window_seconds, now) for unit, limit in limits.items()}
            self._buckets[project, model] = found
        for bucket in found.values():
            bucket.refill(now)
        return found

    def _told(self, buckets: Mapping[str, _Bucket]) -> dict[str, str]:
        told: dict[str, str] = {}
        for unit, bucket in buckets.items():
            told[f"x-ratelimit-limit-{unit}"] = str(bucket.limit)
            told[f"x-ratelimit-remaining-{unit}"] = str(max(0, int(bucket.left)))
            told[f"x-ratelimit-reset-{unit}"] = duration(bucket.reset * self._scale)
        return told

    def _too_many(self, project: str, model: str, unit: str, wanted: int) -> Exception:
        buckets = self._buckets[project, model]
        bucket, short = buckets[unit], _SHORT[unit]
        seconds = bucket.wait(wanted) * self._scale
        self._counters.violation(project, short)
        message = (
            f"Rate limit reached for {model} in organization org-sandbox on {unit} per min ({short}): Limit "
            f"{bucket.limit}, Used {int(bucket.capacity - bucket.left)}, Requested {wanted}. Please try again in "
            f"{duration(seconds)}. Visit https://platform.openai.com/account/rate-limits to learn more."
        )
        return rate_limited(message, unit, self._told(buckets) | retry_after(seconds))


def retry_after(seconds: float) -> dict[str, str]:
    """Return the headers that say how long to wait."""
    return {"retry-after": str(math.ceil(seconds)), "retry-after-ms": str(math.ceil(seconds * 1000))}


def duration(seconds: float) -> str:
    """Return a time as the headers write it: `12ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    shown = f"{rest:.3f}".rstrip("0").rstrip(".")
    return f"{int(minutes)}m{shown}s" if minutes else f"{shown}s"
