"""Throttles for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from nooks_dagster.failures import QuotaExhausted


class Recorder:
    """A throttle that remembers, and refuses when told to."""

    def __init__(self) -> None:
        self.families: list[str] = []
        self.rates: list[tuple[str, int, timedelta]] = []
        self.told: list[tuple[int, int]] = []
        self.spent = False

    @contextmanager
    def call(self, family: str) -> Iterator[None]:
        if self.spent:
            raise QuotaExhausted("The share of historical work is spent.")
        self.families.append(family)
        yield

    def told_allowance(self, used: int, limit: int) -> None:
        self.told.append((used, limit))

    def told_rate(self, family: str, calls: int, per: timedelta) -> None:
        self.rates.append((family, calls, per))
