"""When things happened: every rank of a world has a second, many share one, both directions are arithmetic.

Belongs here: the epoch of generated worlds, the ties, and the JSON form of a moment.
Does not: the machine's clock. The bytes of a world must not depend on today.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

BEGIN = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())


def _ties() -> list[int]:
    """Return the slot of each rank within a period of 10,000.

    Fifteen times 500 ranks: an import of 100 that share a second, 100 pairs, 200 alone. Then a bulk update of
    2,500 in one second, which is more than a page of 2,000.
    """
    slots, slot = [], 0
    for _ in range(15):
        for size in (100, *[2] * 100, *[1] * 200):
            slots += [slot] * size
            slot += 1
    return slots + [slot] * 2_500


_SLOTS = _ties()
_PERIOD = len(_SLOTS)
_SLOTS_PER_PERIOD = _SLOTS[-1] + 1


class Timeline:
    """Seconds since 1970 for the ranks 0..count-1, never falling as ranks rise."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._slots = self._slot(max(count - 1, 0)) + 1

    def second(self, rank: int) -> int:
        """Return when the row of a rank last changed."""
        return BEGIN + self._slot(rank) * (END - BEGIN) // self._slots

    def lower_bound(self, second: int) -> int:
        """Return the first rank at or after a second; `count` when there is none."""
        slot = -(-(second - BEGIN) * self._slots // (END - BEGIN))
        if slot <= 0:
            return 0
        period, within = divmod(slot, _SLOTS_PER_PERIOD)
        return min(period * _PERIOD + bisect_left(_SLOTS, within), self._count)

    def _slot(self, rank: int) -> int:
        period, within = divmod(rank, _PERIOD)
        return period * _SLOTS_PER_PERIOD + _SLOTS[within]


def datetimes(seconds: Iterable[int]) -> list[str]:
    """Write moments between BEGIN and END as Salesforce's JSON does; by table, for speed."""
    texts = []
    for second in seconds:
        day, rest = divmod(second - BEGIN, 86_400)
        texts.append(f"{DAYS[day]}T{_MINUTES[rest // 60]}:{_SECONDS[rest % 60]}.000+0000")
    return texts


DAYS = [str(date(2019, 1, 1) + timedelta(days=day)) for day in range((END - BEGIN) // 86_400 + 731)]
"""Dates from the first day to two years behind the last: close dates lie ahead of their records."""

_MINUTES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1_440)]
_SECONDS = [f"{second:02}" for second in range(60)]
