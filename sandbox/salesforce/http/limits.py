"""API usage: every call counts, over the last 24 hours, up to the org's allowance.

Belongs here: the durable count, its header, `/limits` and `/limits/recordCount`.
Does not: what the whole sandbox saw since its start (`sandbox.counters`).
"""

from datetime import datetime
from typing import Any

from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.org import SoqlError

_HOUR = 3600


class Usage:
    """Calls per org, in hourly buckets so that the 24 hours roll.

    Args:
        store: Where they are kept.
        allowance: Calls per 24 hours.
    """

    def __init__(self, store: Store, allowance: int) -> None:
        self._store = store
        self.allowance = allowance

    def used(self, org: str, now: datetime) -> int:
        """Return the calls of the last 24 hours."""
        since = int(now.timestamp()) // _HOUR - 24
        rows = self._store.run("SELECT sum(calls) FROM usage WHERE org = ? AND hour > ?", org, since)
        return int(rows[0][0] or 0)

    def spend(self, org: str, now: datetime) -> None:
        """Count one call.

        Raises:
            ApiError: REQUEST_LIMIT_EXCEEDED when the allowance is spent; the refused call is not counted.
        """
        if self.used(org, now) >= self.allowance:
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._store.run(
            "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
            org,
            int(now.timestamp()) // _HOUR,
        )

    def header(self, org: str, now: datetime) -> str:
        """Return the value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used(org, now)}/{self.allowance}"


def limits(call: Call) -> dict[str, Any]:
    """Answer `/limits`: the allowances that clients look at, bulk ones untouched."""
    remaining = call.allowance - call.used
    return {
        "DailyApiRequests": {"Max": call.allowance, "Remaining": max(remaining, 0)},
        "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        "DataStorageMB": {"Max": 1_024_000, "Remaining": 1_024_000},
        "FileStorageMB": {"Max": 1_024_000, "Remaining": 1_024_000},
    }


def record_count(call: Call) -> dict[str, Any]:
    """Answer `/limits/recordCount?sObjects=A,B`: unknown objects are left out, as Salesforce does."""
    asked = [name for name in call.params.get("sObjects", "").split(",") if name]
    names = asked or [kind.name for kind in call.org.sobjects()]
    counts = []
    for name in names:
        try:
            kind = call.org.sobject(name)
        except SoqlError:
            continue
        counts.append({"count": call.org.count(kind.name), "name": kind.name})
    return {"sObjects": counts}
