"""A server's clock, as its answers tell it: every moment that the sync reasons with is the source's, never ours.

Belongs here: `Date`, `Retry-After`, and the time between answers. Does not: safe bounds (each connector).
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from nooks_dagster.failures import Transient

LONGEST_WAIT = timedelta(days=1)
"""HubSpot's daily limit is back by then; nobody else asks for as much."""
MOST_DIGITS = 9


class ServerClock:
    """What a server's clock shows about now: the last answer's time, and the time since."""

    def __init__(self) -> None:
        self._told: tuple[datetime, float] | None = None

    def note(self, at: datetime) -> None:
        """Take note of what it has just shown."""
        self._told = at, time.monotonic()

    def now(self) -> datetime | None:
        """Return about what it shows, None before the first answer."""
        if self._told is None:
            return None
        at, then = self._told
        return at + timedelta(seconds=time.monotonic() - then)


def server_time(headers: Mapping[str, str]) -> datetime:
    """Return the server's clock when it answered.

    Raises:
        Transient: The answer does not say.
    """
    try:
        return parsedate_to_datetime(_value(headers, "Date")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Transient("The answer carries no Date, so its rows cannot be placed in time.") from None


def retry_in(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait that Retry-After asks for, in seconds or until a time on the server's clock; a day at most."""
    asked = _value(headers, "Retry-After").strip()
    if asked.isascii() and asked.isdigit():
        return timedelta(seconds=min(int(asked[:MOST_DIGITS]), LONGEST_WAIT.total_seconds()))
    with suppress(ValueError, OverflowError, Transient):
        return min(max(parsedate_to_datetime(asked).astimezone(UTC) - server_time(headers), timedelta(0)), LONGEST_WAIT)
    return None


def _value(headers: Mapping[str, str], name: str) -> str:
    """Return a header by its name in whatever case; not every mapping of headers knows them so."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")
