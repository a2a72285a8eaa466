"""Memory over time: of the process that works, and the most that Postgres holds meanwhile.

Belongs here: the thread that looks. Does not: how memory is read (`benchmarks.accounting`).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.accounting import resident_mb, server_mb

EVERY = 0.25  # seconds; a look at 20 processes takes 2 ms
MOST_POINTS = 100


class Watch:
    """Looks at a process and at a Postgres while the former works.

    Args:
        postgres: The postmaster's process number.
    """

    def __init__(self, postgres: int) -> None:
        self._postgres = postgres
        self._points: list[tuple[float, float]] = []
        self.server_peak_mb = 0.0

    @property
    def points(self) -> list[tuple[float, float]]:
        """Return (seconds, MB) of the process: of every stretch of time its highest point, 100 at most."""
        width = -(-len(self._points) // MOST_POINTS) or 1
        stretches = [self._points[at : at + width] for at in range(0, len(self._points), width)]
        return [max(stretch, key=lambda point: point[1]) for stretch in stretches]

    @contextmanager
    def watching(self, pid: int) -> Iterator[None]:
        """Look while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._look, args=(pid, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _look(self, pid: int, stop: threading.Event) -> None:
        began = time.monotonic()
        while not stop.wait(EVERY):
            self.server_peak_mb = max(self.server_peak_mb, server_mb(self._postgres))
            if held := resident_mb(pid):
                self._points.append((round(time.monotonic() - began, 2), round(held, 1)))
