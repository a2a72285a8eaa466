"""HubSpot's limits as its answers tell them.

Belongs here: the headers. Does not: holding calls back (`crm.access.throttle`).
"""

from collections.abc import Mapping
from datetime import timedelta

_RATE = "X-HubSpot-RateLimit-"


def daily_usage(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Return (used, limit) of the portal's day; an OAuth app is not told."""
    limit = _number(headers, "Daily")
    left = _number(headers, "Daily-Remaining")
    return None if limit is None or left is None else (max(limit - left, 0), limit)


def rate(headers: Mapping[str, str]) -> tuple[int, timedelta] | None:
    """Return how many calls may come in any span of which length; searches are not told."""
    calls = _number(headers, "Max")
    span = _number(headers, "Interval-Milliseconds")
    return (calls, timedelta(milliseconds=span)) if calls and span else None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(_RATE + name, "").strip()
    return int(text) if text.isdecimal() else None
