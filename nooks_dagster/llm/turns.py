"""Turns: how threads of this process wait for a permit.

Belongs here: who asks next, and how often. Does not: permits (`budgets.permits`).

Of each sharer one thread asks, and the others wait for their turn to, without a connection: so a hundred waiting
threads cost Postgres no more than one, and a book with many threads gains nothing by them.
"""

import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nooks_dagster.llm.outcomes import Preempted

LOOK = 0.2  # seconds between two looks whether the caller stopped
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.1  # seconds until another process' permit is seen; one of this process wakes at once


class Turn:
    """The turn of one thread, which ends once it is served."""

    def __init__(self, line: "_Line", left: threading.Condition, stopped: Callable[[], bool]) -> None:
        self._line = line
        self._left = left
        self._stopped = stopped
        self._pause = FIRST_PAUSE
        self._served = False

    @property
    def more(self) -> bool:
        """Say whether others wait behind it."""
        return self._line.waiting > 1

    def wait(self) -> None:
        """Wait until a permit of this process is left, or for a while.

        Raises:
            Preempted: The caller stopped.
        """
        if self._stopped():
            raise _preempted()
        with self._left:
            self._left.wait(timeout=random.uniform(0.5, 1) * self._pause)
        self._pause = min(LONGEST_PAUSE, 2 * self._pause)

    def served(self) -> None:
        """Let the next one have its turn."""
        if not self._served:
            self._served = True
            self._line.gone()
            self._line.turn.release()


class Turns:
    """The turns of a process. Safe to share between threads."""

    def __init__(self) -> None:
        self._lines: defaultdict[str, _Line] = defaultdict(_Line)
        self._lock = threading.Lock()
        self._left = threading.Condition()

    @contextmanager
    def turn(self, sharer: str, stopped: Callable[[], bool]) -> Iterator[Turn]:
        """Wait for one's turn, and have it until the block ends or it is served.

        Raises:
            Preempted: The caller stopped.
        """
        with self._lock:
            line = self._lines[sharer]
        line.wait(stopped)
        turn = Turn(line, self._left, stopped)
        try:
            yield turn
        finally:
            turn.served()

    def left(self) -> None:
        """Say that a permit of this process is free."""
        with self._left:
            self._left.notify_all()


class _Line:
    """The threads that want a permit for one sharer."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting = 0
        self._counting = threading.Lock()

    def wait(self, stopped: Callable[[], bool]) -> None:
        with self._counting:
            self.waiting += 1
        while not self.turn.acquire(timeout=LOOK):
            if stopped():
                self.gone()
                raise _preempted()

    def gone(self) -> None:
        with self._counting:
            self.waiting -= 1


def _preempted() -> Preempted:
    return Preempted("It was stopped while it waited for its turn to ask; nothing was sent.", subject="llm")
