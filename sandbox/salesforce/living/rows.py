"""The changed rows of one object, every version of each, in columns that numpy counts at once.

Belongs here: those in a part of the plane of stamps and ids at a moment, what they hide below.
Does not: which of them may be seen yet (`overlay`).

A moment is the number of an entry in the log: a query or a Bulk job reads as of the one at which it began.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from sandbox.salesforce.living.row import SEEN, Changed
from sandbox.salesforce.region import Rectangle
from sandbox.salesforce.table import Table
from sandbox.world.columns import Flags
from sandbox.world.hashing import Ints

_FIRST_ROOM = 1_024
_STAMP, _DELETED, _SINCE, _UNTIL = range(4)
_FOR_EVER = 1 << 62


class Columns:
    """Rows that are only ever added, in columns: ids, and numbers.

    Args:
        numbers: How many numbers each has.
    """

    def __init__(self, numbers: int) -> None:
        self.count = 0
        self._ids: npt.NDArray[np.str_] = np.zeros(_FIRST_ROOM, "U15")
        self._numbers = np.zeros((numbers, _FIRST_ROOM), np.int64)

    def add(self, id15: str, *numbers: int) -> None:
        """Add a row."""
        if self.count == len(self._ids):
            self._ids = np.concatenate((self._ids, np.zeros_like(self._ids)))
            self._numbers = np.concatenate((self._numbers, np.zeros_like(self._numbers)), axis=1)
        self._ids[self.count] = id15
        self._numbers[:, self.count] = numbers
        self.count += 1

    @property
    def numbers(self) -> Ints:
        """The numbers of all rows, which may be changed in place."""
        return self._numbers[:, : self.count]

    def within(self, part: Rectangle, *, deleted: bool) -> Flags:
        """Return which rows are in a part, by the first two numbers: their stamp, and whether they are deleted."""
        ids, stamps = self._ids[: self.count], self.numbers[_STAMP]
        met: Flags = (stamps >= part.since) & (stamps < part.until)
        met &= (ids >= np.str_(part.first)) & (ids < np.str_(part.last))
        return met if deleted else met & (self.numbers[_DELETED] == 0)


class Rows:
    """The changed rows of one object. Callers keep everything as it is meanwhile.

    Args:
        table: The rows below.
    """

    def __init__(self, table: Table[Any]) -> None:
        self._table = table
        self._versions: list[Changed] = []
        self._places: dict[str, list[int]] = {}
        self._columns, self._base = Columns(4), Columns(3)
        self._below: dict[str, Any] = {}
        self.hidden: dict[Any, int] = {}
        """Since which moment a row below is hidden."""
        self._holders: dict[str, dict[str, list[str]]] = {}

    def learn(self, row: Changed, moment: int) -> None:
        """Know a version, from a moment on."""
        places = self._places.setdefault(row.id, [])
        if not places:
            self._below[row.id] = handle = self._find(row.like)
            if row.base is not None:
                self.hidden[handle] = moment
                self._base.add(row.id, *row.base, moment)
        elif self._versions[places[-1]].state == SEEN:
            self._columns.numbers[_UNTIL, places[-1]] = moment
        places.append(len(self._versions))
        self._versions.append(row)
        # What is not seen is nowhere: it ends when it begins.
        self._columns.add(row.id, row.stamp, row.deleted, moment, _FOR_EVER if row.state == SEEN else moment)
        for name, holders in self._holders.items():
            _hold(holders, name, row)

    def get(self, id15: str, moment: int = _FOR_EVER) -> Changed | None:
        """Return the version of a row at a moment, None if nothing had happened to it."""
        since = self._columns.numbers[_SINCE]
        places = reversed(self._places.get(id15, ()))
        return next((self._versions[place] for place in places if since[place] <= moment), None)

    def versions(self, id15: str) -> int:
        """Return how often something happened to a row."""
        return len(self._places.get(id15, ()))

    def below(self, row: Changed) -> Any:
        """Return the row below, whose values a changed row has where it has none of its own."""
        return self._below[row.id] if row.id in self._below else self._find(row.like)

    def holders(self, name: str, value: str) -> list[str]:
        """Return the ids of the rows that have, or had, a text of their own in a field, whatever its case."""
        if name not in self._holders:
            holders = self._holders[name] = {}
            for row in self._versions:
                _hold(holders, name, row)
        return self._holders[name].get(value.casefold(), [])

    def _find(self, like: str) -> Any:
        return self._table.find(like) if like else None

    def around(self, share: float) -> Iterator[Changed]:
        """Yield the last version of each, from a share on in the order of their first change."""
        ids = list(self._places.values())
        start = int(len(ids) * share)
        for place in range(len(ids)):
            yield self._versions[ids[(start + place) % len(ids)][-1]]

    def within(self, part: Rectangle, moment: int, *, deleted: bool) -> list[Changed]:
        """Return those in a part that are seen at a moment, the deleted ones only when asked for, ascending by id."""
        since, until = self._columns.numbers[_SINCE], self._columns.numbers[_UNTIL]
        met = self._columns.within(part, deleted=deleted) & (since <= moment) & (until > moment)
        return sorted((self._versions[place] for place in np.flatnonzero(met)), key=lambda row: row.id)

    def count_hidden(self, part: Rectangle, moment: int, *, deleted: bool) -> int:
        """Count the rows below in a part that are hidden, the deleted ones only when asked for."""
        return int((self._base.within(part, deleted=deleted) & (self._base.numbers[_SINCE] <= moment)).sum())


def _hold(holders: dict[str, list[str]], name: str, row: Changed) -> None:
    value = row.values.get(name)
    if isinstance(value, str) and row.id not in (ids := holders.setdefault(value.casefold(), [])):
        ids.append(row.id)
