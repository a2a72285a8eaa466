"""Every fault of the sandbox, in a form that comes and goes: what a sync must get over by itself.

Belongs here: the list. Does not: what must come of them.
"""

from typing import Any

PASSING: dict[str, dict[str, Any]] = {
    "dead tokens": {"kind": "dead_token", "every": 9},
    "429 with a page": {"kind": "answer", "status": 429, "every": 4},
    "429 that names a wait": {"kind": "answer", "status": 429, "body": "empty", "retry_after": 1, "every": 5},
    "503 with a page": {"kind": "answer", "status": 503, "every": 4},
    "503 without a body": {"kind": "answer", "status": 503, "body": "empty", "every": 3},
    "500 in JSON": {"kind": "answer", "status": 500, "body": "json", "every": 3},
    "a spent allowance": {"kind": "answer", "status": 403, "body": "json", "after": 6, "times": 3},
    "too many requests at once": {
        "kind": "answer",
        "status": 403,
        "body": "json",
        "code": "REQUEST_LIMIT_EXCEEDED",
        "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        "every": 6,
    },
    "outages": {"kind": "outage", "uptime": 0.7, "period_seconds": 0.5},
    "cut connections": {"kind": "cut", "every": 4},
    "cut bodies": {"kind": "cut", "share": 0.6, "every": 3},
    "a gzip stream that ends early": {"kind": "cut_gzip", "every": 3},
    "slow pages": {"kind": "slow", "bytes_per_second": 200_000, "first_byte_seconds": 0.05, "most_seconds": 0.2},
    "short pages": {"kind": "short_page", "every": 3, "times": 4},
    "pages of others": {"kind": "page_again", "every": 2, "times": 2},
    "rows that come twice": {"kind": "rows_again", "every": 3, "times": 4},
    "lost cursors": {"kind": "expired", "calls": "query_more", "times": 2},
    "lost jobs": {"kind": "expired", "calls": "bulk_results", "times": 1},
    "jobs that fail": {"kind": "job", "outcome": "Failed", "times": 2},
    "jobs that are aborted": {"kind": "job", "outcome": "Aborted", "times": 2},
}
