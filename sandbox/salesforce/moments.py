"""Salesforce's datetimes: read in any of their spellings, written in the one of REST.

Belongs here: text to UTC milliseconds and back. Does not: clocks.
"""

import re
from datetime import UTC, date, datetime, timedelta

_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})0*)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(text: str) -> int | None:
    """Return UTC milliseconds since 1970, or None if the text is no datetime. Without a zone it is UTC."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    *parts, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[misc,arg-type] # six groups of digits
    except ValueError:
        return None
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    return (moment - offset - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "").ljust(3, "0"))


def of_datetime(moment: datetime) -> int:
    """Return UTC milliseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(stamp: int) -> datetime:
    """Return the aware UTC datetime of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=stamp)


def to_json(stamp: int) -> str:
    """Write milliseconds since 1970 as REST does: `2026-01-31T12:00:00.000+0000`; texts sort as times do."""
    return to_datetime(stamp).strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp % 1000:03}+0000"


def is_date(text: str) -> bool:
    """Return whether the text is a day such as `2026-01-31`."""
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
