"""What the index knows of the records that were written to, in columns that numpy counts at once.

Belongs here: one row per such record, changed in place. Does not: when the index learns of a version.
"""

import numpy as np

from sandbox.hubspot.generated.population import Population
from sandbox.hubspot.overlay.versions import LIVE, Version
from sandbox.world.columns import Flags
from sandbox.world.hashing import Ints
from sandbox.world.shuffle import Span

_FIRST_ROOM = 1_024
_ID, _STAMP, _LIVE, _ROW, _RANK = range(5)


class Indexed:
    """The records of one type that the index knows to have been written to."""

    def __init__(self, population: Population) -> None:
        self._population = population
        self._versions: dict[int, Version] = {}
        self._places: dict[int, int] = {}
        self._columns = np.zeros((5, _FIRST_ROOM), np.int64)

    def learn(self, version: Version) -> None:
        """Know a version instead of what was known of its record."""
        self._versions[version.id] = version
        place = self._places.setdefault(version.id, len(self._places))
        if place == self._columns.shape[1]:
            self._columns = np.concatenate((self._columns, np.zeros_like(self._columns)), axis=1)
        self._columns[:, place] = version.id, version.updated, version.state == LIVE, *self._below(version.id)

    def __contains__(self, record_id: int) -> bool:
        return record_id in self._versions

    def __bool__(self) -> bool:
        return bool(self._versions)

    def get(self, record_id: int) -> Version | None:
        """Return the version of a record that the index knows, None if that is the generated row."""
        return self._versions.get(record_id)

    def live(self, ids: Span, stamps: Span) -> list[int]:
        """Return the ids of the versions in a part of the plane that are not archived, ascending."""
        known = self._known
        met = (known[_LIVE] == 1) & _within(known[_ID], ids) & _within(known[_STAMP], stamps)
        found: list[int] = np.sort(known[_ID][met]).tolist()
        return found

    def count_hidden(self, rows: Span, ranks: Span) -> int:
        """Count the generated rows in a rectangle that are not archived and that versions hide."""
        known = self._known
        return int((_within(known[_ROW], rows) & _within(known[_RANK], ranks)).sum())

    @property
    def _known(self) -> Ints:
        return self._columns[:, : len(self._places)]

    def _below(self, record_id: int) -> tuple[int, int]:
        """Return row and rank of the generated row below, -1 where there is none or it is archived."""
        row = self._population.ids.index(record_id)
        if row is None or self._population.is_deleted(row):
            return -1, -1
        return row, self._population.shuffle.rank(row)


def _within(numbers: Ints, span: Span) -> Flags:
    met: Flags = (numbers >= span[0]) & (numbers < span[1])
    return met
