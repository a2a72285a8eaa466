"""What a connection has cost: calls by kind, and the allowance as the source last told it.

Belongs here: counting, for a connection and for the piece of work that makes the calls. Does not: holding calls back
(`crm.access.throttle`), the headers that tell (each CRM).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from nooks_dagster.crm.model import Usage

IN_OUTCOMES = "calls."  # before the kind, among the numbers of an outcome


class Calls:
    """Calls by kind; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: Counter[str] = Counter()

    def add(self, calls: Mapping[str, int]) -> None:
        """Add calls."""
        with self._lock:
            self._calls.update(calls)

    @property
    def by_kind(self) -> Mapping[str, int]:
        """Return the calls so far."""
        with self._lock:
            return dict(self._calls)

    @property
    def outcome(self) -> dict[str, int]:
        """Return the calls so far as the ledger keeps them among the numbers of an outcome."""
        return {f"{IN_OUTCOMES}{kind}": count for kind, count in self.by_kind.items()}


_UNDER_WAY: ContextVar[Calls | None] = ContextVar("calls of the work under way", default=None)


@contextmanager
def counting() -> Iterator[Calls]:
    """Count the calls that this thread makes in the block, and those of threads that run in a copy of its context."""
    calls = Calls()
    token = _UNDER_WAY.set(calls)
    try:
        yield calls
    finally:
        _UNDER_WAY.reset(token)


def calls_in(outcome: Mapping[str, Any]) -> dict[str, int]:
    """Return the calls by kind that an outcome tells."""
    told = {name: count for name, count in outcome.items() if name.startswith(IN_OUTCOMES)}
    return {name.removeprefix(IN_OUTCOMES): int(count) for name, count in told.items()}


def spent() -> dict[str, int]:
    """Return the calls of the work under way, as the ledger keeps them."""
    calls = _UNDER_WAY.get()
    return calls.outcome if calls else {}


class Meter:
    """Counts calls; safe to use from several threads."""

    def __init__(self) -> None:
        self._calls = Calls()
        self._told: tuple[int, int] | None = None

    def count(self, kind: str) -> None:
        """Count one call, whatever becomes of it."""
        self._calls.add({kind: 1})
        if calls := _UNDER_WAY.get():
            calls.add({kind: 1})

    def note(self, told: tuple[int, int]) -> None:
        """Remember the allowance as just told."""
        self._told = told

    def usage(self) -> Usage:
        """Return calls so far and the allowance as last told."""
        (used, limit), calls = self._told or (None, None), self._calls.by_kind
        return Usage(calls=sum(calls.values()), used=used, limit=limit, by_kind=calls)
