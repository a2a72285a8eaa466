"""Threads: work that is under way in a run, each piece in one of its own.

Belongs here: starting work and learning how it ended. Does not: which work comes next, and how much at once.

They are daemons, where those of a `ThreadPoolExecutor` are joined at exit: a call that hangs in a socket must not hold
up the end of a process that was told to stop. Cut off, it commits nothing: the fence and the transaction see to that.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import Generic, TypeVar

STOP_SECONDS = 20.0
"""So long a run that was stopped lets its work end: who stops a run kills it 30 s later."""

Work = TypeVar("Work")
Result = TypeVar("Result")


class Threads(Generic[Work, Result]):
    """Work that is under way, one thread each.

    Args:
        name: Of the threads.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: dict[Future[Result], Work] = {}

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Work]:
        return iter(self._running.values())

    def start(self, work: Work, do: Callable[[Work], Result]) -> None:
        """Begin work; how much there may be is the caller's to bound."""
        self._running[started(self._name, partial(do, work))] = work

    def ended(self, seconds: float) -> list[tuple[Work, Future[Result]]]:
        """Wait so long for work to end; return what did, with what came of it."""
        done, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future) for future in done]

    def forget(self, hangs: Callable[[Work], bool]) -> None:
        """Wait no longer for some work: its place is free, its thread may hang for ever."""
        self._running = {future: work for future, work in self._running.items() if not hangs(work)}

    def finish(self, until: float) -> None:
        """Wait for all to end, but no longer than until a moment of the monotonic clock."""
        wait(self._running, timeout=max(0.0, until - time.monotonic()))


def started(name: str, do: Callable[[], Result]) -> "Future[Result]":
    """Begin something in a thread of that name; what is returned tells how it ended."""
    future = Future[Result]()
    threading.Thread(target=_fulfil, args=(future, do), name=name, daemon=True).start()
    return future


def _fulfil(future: "Future[Result]", do: Callable[[], Result]) -> None:
    try:
        result = do()
    except BaseException as error:  # noqa: BLE001  it is the future's to tell
        future.set_exception(error)
    else:
        future.set_result(result)
