"""Moments as HubSpot writes them: `2024-09-11T13:27:39.356Z`.

Belongs here: single moments (`sandbox.world.timeline` has whole columns). Does not: the portal's clock.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def written(milliseconds: int) -> str:
    """Write milliseconds since 1970."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def read(text: str) -> int | None:
    """Read milliseconds since 1970 from their digits, or from ISO 8601, whose finer parts are cut off; else None."""
    if text.lstrip("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    since = moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH
    return since // timedelta(milliseconds=1)
