"""What a connection has cost: calls by kind, and the allowance as `Sforce-Limit-Info` last told it.

Belongs here: counting and that header. Does not: holding calls back (`crm.throttle`).
"""

import re
from collections import Counter
from threading import Lock

from nooks_dagster.crm.model import Usage

# "api-usage=18/5000", or "per-app-api-usage=17/250(appName=x); api-usage=25/5000": ours stands anywhere.
_ORG_USAGE = re.compile(r"(?<![\w-])api-usage\s*=\s*(\d+)\s*/\s*(\d+)")


def org_usage(header: str) -> tuple[int, int] | None:
    """Return (used, limit) of the org's rolling 24 hours from a `Sforce-Limit-Info` header."""
    found = _ORG_USAGE.search(header)
    return (int(found[1]), int(found[2])) if found else None


class Meter:
    """Counts calls; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: Counter[str] = Counter()
        self._told: tuple[int, int] | None = None

    def count(self, kind: str) -> None:
        """Count one call, whatever becomes of it."""
        with self._lock:
            self._calls[kind] += 1

    def note(self, told: tuple[int, int]) -> None:
        """Remember the allowance as just told."""
        with self._lock:
            self._told = told

    def usage(self) -> Usage:
        """Return calls so far and the allowance as last told."""
        with self._lock:
            used, limit = self._told or (None, None)
            return Usage(calls=self._calls.total(), used=used, limit=limit, by_kind=dict(self._calls))
