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

    def set(self, org: str, used: int, now: datetime) -> None:
        """Let the last 24 hours have had so many calls."""
        self._store.run("DELETE FROM usage WHERE org = ?", org)
        self._store.run("INSERT INTO usage VALUES (?, ?, ?)", org, int(now.timestamp()) // _HOUR, used)

    def header(self, org: str, now: datetime) -> str:
        """Return the value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used(org, now)}/{self.allowance}"


def limits(call: Call) -> dict[str, Any]:
    """Answer `/limits`: the allowances that clients look at; those of storage untouched."""
    remaining = call.allowance - call.used
    jobs, kilobytes = call.jobs.used(call.org.name, call.org.now())
    batches, bulk = call.jobs.batches_used(call.org.name, call.org.now()), call.jobs.terms
    return {
        "DailyApiRequests": {"Max": call.allowance, "Remaining": max(remaining, 0)},
        "DailyBulkApiBatches": {"Max": bulk.daily_batches, "Remaining": max(bulk.daily_batches - batches, 0)},
        "DailyBulkV2QueryJobs": {"Max": bulk.daily_jobs, "Remaining": max(bulk.daily_jobs - jobs, 0)},
        "DailyBulkV2QueryFileStorageMB": _megabytes(bulk.daily_kilobytes, kilobytes),
        "DataStorageMB": {"Max": 1_024_000, "Remaining": 1_024_000},
        "FileStorageMB": {"Max": 1_024_000, "Remaining": 1_024_000},
    }


def _megabytes(allowed: int, used: int) -> dict[str, int]:
    """Turn kilobytes into the megabytes of 1,024 that make 976,562 of Salesforce's 1 TB."""
    return {"Max": allowed // 1024, "Remaining": max(allowed - used, 0) // 1024}


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
