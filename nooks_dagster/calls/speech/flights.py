"""Flights: several requests of one call under way at once, begun one after the other.

Belongs here: how many, and waiting for all of them whatever happens to one. Does not: what is asked.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from nooks_dagster.failures import LostLease, Permanent

T = TypeVar("T")


@dataclass
class Landed(Generic[T]):
    """What came back, by number, and what went wrong, the worst last."""

    results: dict[int, T] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)


def fly(pool: Executor, works: Iterator[Callable[[], T]], most: int, landed: Callable[[int, T], None]) -> Landed[T]:
    """Do works in order, some at once; after a failure no more are begun, and those under way are waited for.

    Args:
        pool: Whose threads do them.
        works: Made when it is their turn, so that only those under way take memory.
        most: How many at once.
        landed: Called in this thread for each that is done; what it raises is a failure like others.
    """
    end: Landed[T] = Landed()
    flying: dict[Future[T], int] = {}
    numbered = enumerate(works)
    while True:
        while not end.failures and len(flying) < most and (following := _next(numbered, end)):
            flying[pool.submit(following[1])] = following[0]
        if not flying:
            end.failures.sort(key=_weight)
            return end
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            _land(end, flying.pop(future), future, landed)


def _next(numbered: Iterator[tuple[int, Callable[[], T]]], end: Landed[T]) -> tuple[int, Callable[[], T]] | None:
    try:
        return next(numbered, None)
    except Exception as error:  # noqa: BLE001  likewise
        end.failures.append(error)
        return None


def _land(end: Landed[T], number: int, future: Future[T], landed: Callable[[int, T], None]) -> None:
    try:
        end.results[number] = future.result()
        landed(number, end.results[number])
    except Exception as error:  # noqa: BLE001  all of them are told when nothing is under way any more
        end.failures.append(error)


def _weight(error: Exception) -> int:
    """Say how much an error decides: a lost lease all, what cannot be helped more than what can be tried again."""
    return 2 if isinstance(error, LostLease) else int(isinstance(error, Permanent))
