"""How long the provider wants to be left alone, from the headers of its replies.

Belongs here: reading them. Does not: waiting (`budgets.permits`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

UNTOLD = timedelta(seconds=1)
"""A refusal that names no time: a second is a sixtieth of what a minute allows."""
BREATH = timedelta(seconds=1)
"""After the last request that was allowed; the reset is told for the whole, and a part of it is there long before."""
LONGEST = timedelta(minutes=10)
_SPAN = re.compile(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?"
)


def told_to_wait(headers: Mapping[str, str]) -> timedelta:
    """Return how long to wait after a 429: `retry-after-ms`, `retry-after`, or what its limits say, at most 10 min."""
    for name, unit in (("retry-after-ms", timedelta(milliseconds=1)), ("retry-after", timedelta(seconds=1))):
        if (told := _number(headers.get(name))) is not None:
            return min(told * unit, LONGEST)
    if (moment := _moment(headers.get("retry-after"))) is not None:
        return min(max(moment, timedelta()), LONGEST)
    return used_up(headers) or UNTOLD


def used_up(headers: Mapping[str, str]) -> timedelta:
    """Return how long to wait because a limit has nothing left, as any reply tells; nothing if there is."""
    waits = [
        _span(headers.get(f"x-ratelimit-reset-{what}"))
        for what in ("requests", "tokens")
        if headers.get(f"x-ratelimit-remaining-{what}") == "0"
    ]
    return min(max(waits, default=timedelta()), BREATH)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < 1e6 else None


def _moment(text: str | None) -> timedelta | None:
    """Return how far away a date of HTTP is by our clock: a wait, never a reason to go on earlier."""
    try:
        return parsedate_to_datetime(text or "") - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _span(text: str | None) -> timedelta:
    """Read OpenAI's spans: `20ms`, `1s`, `6m0s`."""
    found = _SPAN.fullmatch(text or "")
    if not found:
        return timedelta()
    days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
