"""Ids that ascend unevenly, as in an account that is older than HubSpot's present numbering.

Belongs here: the arithmetic from row to id and back. Does not: ids of records that were created later.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from sandbox.world.hashing import Ints

FIRST_CREATED = 90_000_000_000
"""Ids of records that are created later begin here, above all others."""

_LEGACY = ((0, 1, 50), (5, 100_000_000, 7), (30, 10_000_000_000, 3_001), (70, 70_000_000_000, 211))
"""From so many percent of the rows on: the first id, and how far ids lie apart on average."""

_ODD = 7_919


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int
    first: int
    step: int
    shift: int


class IdSeries:
    """The ids of the rows 0..count-1: in each stretch one of every `step` numbers, which one seems random."""

    def __init__(self, key: int, count: int) -> None:
        starts = [count * percent // 100 for percent, _, _ in _LEGACY]
        self._stretches = [
            _Stretch(start, end, first + key % 997, step, key >> 20 & 0xFFFF)
            for start, end, (_, first, step) in zip(starts, [*starts[1:], count], _LEGACY, strict=True)
        ]
        self._starts = starts
        self._firsts = [stretch.first for stretch in self._stretches]
        self._columns = np.array([(s.start, s.first, s.step, s.shift) for s in self._stretches]).T

    def id(self, index: int) -> int:
        """Return the id of a row."""
        return _id(self._stretches[bisect_right(self._starts, index) - 1], index)

    def ids(self, indexes: Ints) -> Ints:
        """Return the ids of rows."""
        stretches = np.searchsorted(self._starts, indexes, side="right") - 1
        start, first, step, shift = self._columns[:, stretches]
        ids: Ints = first + (indexes - start) * step + (indexes * _ODD + shift) % step
        return ids

    def rows(self, ids: Ints) -> Ints:
        """Return the rows of ids, -1 for those that have none."""
        stretches = np.maximum(np.searchsorted(self._firsts, ids, side="right") - 1, 0)
        start, first, step, _ = self._columns[:, stretches]
        rows = np.clip(start + (ids - first) // step, 0, self._stretches[-1].end - 1)
        return np.where(self.ids(rows) == ids, rows, -1)

    def lower_bound(self, record_id: int) -> int:
        """Return the first row whose id is this one or larger; `count` when there is none."""
        stretch = self._stretches[max(bisect_right(self._firsts, record_id) - 1, 0)]
        index = min(stretch.start + max(record_id - stretch.first, 0) // stretch.step, stretch.end)
        return index + (index < stretch.end and _id(stretch, index) < record_id)

    def index(self, record_id: int) -> int | None:
        """Return the row of an id."""
        index = self.lower_bound(record_id)
        return index if index < self._stretches[-1].end and self.id(index) == record_id else None


def _id(stretch: _Stretch, index: int) -> int:
    return stretch.first + (index - stretch.start) * stretch.step + (index * _ODD + stretch.shift) % stretch.step
