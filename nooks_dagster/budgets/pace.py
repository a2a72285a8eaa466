"""Pace: how often this process does something that it would else do at every call.

Belongs here: the interval. Does not: any bound that other processes share.
"""

import time
from threading import Lock


class Pace:
    """Says when something is to be done again: so many seconds after the last time, or at once when it is urgent."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._lock = Lock()
        self._next = 0.0

    def due(self) -> bool:
        """Say if it is to be done, and take it as done."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + self._every
            return True

    def hurry(self) -> None:
        """Let it be done the next time."""
        with self._lock:
            self._next = 0.0
