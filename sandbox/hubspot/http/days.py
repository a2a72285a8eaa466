"""The day of an account, and the date of a reply.

Belongs here: when a day ends. Does not: moments in records (`sandbox.hubspot.moments`), clocks (each portal has one).
"""

from datetime import datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")
"""Where every account is; its day ends at midnight there."""


def http_date(moment: int) -> str:
    """Return a moment as the `Date` header has it, in whole seconds."""
    return _date_of(moment // 1000)


@lru_cache(64)
def _date_of(second: int) -> str:
    return formatdate(second, usegmt=True)


def day(moment: int) -> int:
    """Return the number of the day that a moment belongs to, where the account is."""
    return datetime.fromtimestamp(moment / 1000, ZONE).toordinal()


def midnight(moment: int) -> int:
    """Return the moment at which the day of a moment ends."""
    tomorrow = datetime.fromtimestamp(moment / 1000, ZONE).date() + timedelta(days=1)
    return int(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZONE).timestamp() * 1000)
