"""What the sites saw: pages by kind, what should not have been fetched, how many requests a host had at once.

Belongs here: counting, in memory, from the last reset or start on. Does not: judging what a client may do.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_KEPT = 100


class Watch:
    """Counts of one sandbox process; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._in_flight = 0
        self._clear()

    def _clear(self) -> None:
        self._pages: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._troubles: Counter[str] = Counter()
        self._bytes = 0
        self._peak = self._peak_host = 0
        self._violations = self._private = 0
        self._violated: deque[str] = deque(maxlen=_KEPT)
        self._called: deque[str] = deque(maxlen=_KEPT)

    @contextmanager
    def visit(self, host: str) -> Iterator[None]:
        """Count one request as in flight at a host while the block runs."""
        with self._lock:
            self._open[host] += 1
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
            self._peak_host = max(self._peak_host, self._open[host])
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                self._open[host] -= 1
                if not self._open[host]:
                    del self._open[host]

    def page(self, kind: str) -> None:
        """Count a page, by its kind, or `robots`, `sitemap`, `missing`, `not_modified`."""
        with self._lock:
            self._pages[kind] += 1

    def sent(self, status: int, size: int) -> None:
        """Count an answer and the bytes of its body."""
        with self._lock:
            self._answers[str(status)] += 1
            self._bytes += size

    def trouble(self, kind: str) -> None:
        """Count a meeting with a site that something is wrong with."""
        with self._lock:
            self._troubles[kind] += 1

    def violation(self, url: str) -> None:
        """Count a page that robots.txt closes to the one who fetched it."""
        with self._lock:
            self._violations += 1
            self._violated.append(url)

    def private(self, target: str) -> None:
        """Count a call to an address inside the network."""
        with self._lock:
            self._private += 1
            self._called.append(target[:200])

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._clear()

    def snapshot(self) -> dict[str, Any]:
        """Return all counts, ready for JSON."""
        with self._lock:
            return {
                "pages": dict(sorted(self._pages.items())),
                "answers": dict(sorted(self._answers.items())),
                "troubles": dict(sorted(self._troubles.items())),
                "bytes": self._bytes,
                "in_flight": self._in_flight,
                "peak_in_flight": self._peak,
                "peak_in_flight_of_a_host": self._peak_host,
                "robots_violations": self._violations,
                "violated": list(self._violated),
                "private_calls": self._private,
                "called": list(self._called),
            }
