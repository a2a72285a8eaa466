"""When things happened: every rank of a world has a moment, many share one, both directions are arithmetic.

Belongs here: the epoch of generated worlds, the ties, and the written form of days and moments.
Does not: the machine's clock. The bytes of a world must not depend on today.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from sandbox.world.columns import Bytes, byte_rows, decimals, fixed
from sandbox.world.hashing import Ints

DAY = 86_400
"""Seconds."""

BEGIN = int(datetime(2019, 1, 1, tzinfo=UTC).timestamp())
END = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())


def ties(bulk: int, tail: int = 0) -> tuple[int, ...]:
    """Return the slot of each rank within a period.

    Fifteen times 500 ranks: an import of 100 that share a moment, 100 pairs, 200 alone. Then a bulk update that
    touches `bulk` rows in one moment, then `tail` rows alone.
    """
    slots, slot = [], 0
    for _ in range(15):
        for size in (100, *[2] * 100, *[1] * 200):
            slots += [slot] * size
            slot += 1
    return (*slots, *[slot] * bulk, *range(slot + 1, slot + 1 + tail))


_TIES = ties(2_500)
"""A bulk update larger than a page of 2,000."""


class Timeline:
    """Moments since 1970 for the ranks 0..count-1, never falling as ranks rise.

    Args:
        count: How many ranks.
        unit: Parts of a second in which moments are counted: 1, or 1,000 for milliseconds.
        slots: The slot of each rank within a period: those of one slot share a moment.
    """

    def __init__(self, count: int, unit: int = 1, slots: Sequence[int] = _TIES) -> None:
        self.count = count
        self.unit = unit
        self.begin = BEGIN * unit
        self.span = (END - BEGIN) * unit
        self._within = slots
        self._within_array = np.array(slots)
        self._per_period = slots[-1] + 1
        self._slots = self._slot(max(count - 1, 0)) + 1

    def moment(self, rank: int) -> int:
        """Return when the row of a rank last changed."""
        return self.begin + self._slot(rank) * self.span // self._slots

    def moments(self, ranks: Ints) -> Ints:
        """Return when each row last changed.

        Products stay below 2**63 with 200 million rows in seconds, with 20 million in milliseconds.
        """
        periods, within = np.divmod(ranks, len(self._within))
        slots = periods * self._per_period + self._within_array[within]
        moments: Ints = self.begin + slots * self.span // self._slots
        return moments

    def births(self, indexes: Ints) -> Ints:
        """Return when each row would have been created, evenly in the order of ids."""
        births: Ints = self.begin + indexes * self.span // self.count
        return births

    def lower_bound(self, moment: int) -> int:
        """Return the first rank at or after a moment; `count` when there is none."""
        slot = -(-(moment - self.begin) * self._slots // self.span)
        if slot <= 0:
            return 0
        period, within = divmod(slot, self._per_period)
        return min(period * len(self._within) + bisect_left(self._within, within), self.count)

    def _slot(self, rank: int) -> int:
        period, within = divmod(rank, len(self._within))
        return period * self._per_period + self._within[within]


def dates(days: Ints) -> pa.Array:
    """Write days since 1970: `2022-01-02`."""
    return fixed(_DATES.take(days - _FIRST_DAY, axis=0))


def datetimes(seconds: Ints, zone: str) -> pa.Array:
    """Write seconds since 1970, in milliseconds as CRMs do: `2022-01-02T17:38:59.000` and the zone."""
    return fixed(*_date_and_time(seconds), f".000{zone}")


def exact_datetimes(milliseconds: Ints) -> pa.Array:
    """Write milliseconds since 1970: `2022-01-02T17:38:59.123Z`."""
    seconds, rest = np.divmod(milliseconds, 1_000)
    return fixed(*_date_and_time(seconds), ".", decimals(rest, 3), "Z")


def _date_and_time(seconds: Ints) -> tuple[Bytes, Bytes, Bytes]:
    days, rest = np.divmod(seconds, DAY)
    minutes, within = np.divmod(rest, 60)
    date = _DATES.take(days - _FIRST_DAY, axis=0)
    return date, _MINUTES.take(minutes, axis=0), _SECONDS.take(within, axis=0)


_CALENDAR = np.arange("1945-01-01", "2030-01-01", dtype="datetime64[D]")
"""From the oldest birthday to the day behind the last: close dates lie ahead of their records."""

_FIRST_DAY = int(_CALENDAR[0].astype(np.int64))
_DATES = byte_rows(_CALENDAR.astype(str).tolist())
_MINUTES = byte_rows([f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1_440)])
_SECONDS = byte_rows([f"{second:02}" for second in range(60)])
