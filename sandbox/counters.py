"""What the sandbox saw: calls by org and kind, pages fetched twice, peak in flight.

Belongs here: counting, in memory, from the last reset or start on.
Does not: the API usage that an org enforces and remembers (`sandbox.salesforce.limits`).
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Counters:
    """Counts of one sandbox process; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self._clear()

    def _clear(self) -> None:
        self._requests: Counter[tuple[str, str]] = Counter()
        self._pages: Counter[tuple[str, int]] = Counter()
        self._peak = self._in_flight

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Count one request as in flight while the block runs."""
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def request(self, org: str, kind: str) -> None:
        """Count a request of a kind, such as `query` or `describe`."""
        with self._lock:
            self._requests[org, kind] += 1

    def page(self, org: str, page: str) -> None:
        """Count the delivery of a page of data, named by its locator or its query."""
        with self._lock:
            self._pages[org, hash(page)] += 1

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._clear()

    def snapshot(self) -> dict[str, Any]:
        """Return all counts, ready for JSON."""
        with self._lock:
            requests: dict[str, dict[str, int]] = {}
            for (org, kind), count in sorted(self._requests.items()):
                requests.setdefault(org, {})[kind] = count
            return {
                "requests": requests,
                "pages": self._pages.total(),
                "duplicate_pages": self._pages.total() - len(self._pages),
                "in_flight": self._in_flight,
                "peak_in_flight": self._peak,
            }
