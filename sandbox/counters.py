"""What the sandbox saw and did: calls, rows, bytes by org and kind, pages fetched twice, peak in flight, faults.

A portal of HubSpot counts as an org, and so does a project of OpenAI (the name in its key).

Belongs here: counting, in memory, from the last reset or start on; a journal of pages, for who kills the sandbox.
Does not: the API usage that an org enforces and remembers (`sandbox.salesforce.limits`).
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Counters:
    """Counts of one sandbox process; every method may be called from any thread.

    Args:
        journal: A file that gets a line for each page that is sent, and outlives the process.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._journal = journal.open("a", buffering=1) if journal else None
        self._in_flight = 0
        self._clear()

    def _clear(self) -> None:
        self._requests: Counter[tuple[str, str]] = Counter()
        self._pages: Counter[tuple[str, int]] = Counter()
        self._faults: Counter[str] = Counter()
        self._delivered: Counter[tuple[str, str, str]] = Counter()
        self._violations: Counter[tuple[str, str]] = Counter()
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
            if self._journal:
                self._journal.write(f"{json.dumps([time.time(), org, page])}\n")

    def fault(self, kind: str) -> None:
        """Count a fault that struck."""
        with self._lock:
            self._faults[kind] += 1

    def violation(self, org: str, policy: str) -> None:
        """Count a call that was refused because a limit, named by its policy, was reached."""
        with self._lock:
            self._violations[org, policy] += 1

    def delivered(self, org: str, kind: str, rows: int, size: int) -> None:
        """Count rows and bytes, as compressed as they were sent, that answered a kind of request."""
        with self._lock:
            self._delivered[org, kind, "rows"] += rows
            self._delivered[org, kind, "bytes"] += size

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._clear()

    def snapshot(self) -> dict[str, Any]:
        """Return all counts, ready for JSON."""
        with self._lock:
            delivered: dict[str, dict[str, dict[str, int]]] = {}
            for (org, kind, unit), count in sorted(self._delivered.items()):
                delivered.setdefault(org, {}).setdefault(kind, {})[unit] = count
            return {
                "requests": _by_org(self._requests),
                "delivered": delivered,
                "pages": self._pages.total(),
                "duplicate_pages": self._pages.total() - len(self._pages),
                "in_flight": self._in_flight,
                "peak_in_flight": self._peak,
                "violations": _by_org(self._violations),
                "faults": dict(sorted(self._faults.items())),
            }


def _by_org(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    by_org: dict[str, dict[str, int]] = {}
    for (org, kind), count in sorted(counts.items()):
        by_org.setdefault(org, {})[kind] = count
    return by_org
