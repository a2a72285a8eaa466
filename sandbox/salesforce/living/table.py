"""An object as it is now: the rows that it was made of, and over them those that something happened to.

Belongs here: one wrapper for any kind of table. A handle is one of the table below, or a changed row.
Does not: what happens to rows (`changes`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from typing import Any

import pyarrow as pa

from sandbox.salesforce.living.overlay import Overlay
from sandbox.salesforce.living.row import PURGED, SEEN, Changed
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle
from sandbox.salesforce.table import Table


class LivingTable(Table[Any]):
    """A `sandbox.salesforce.table.Table` over another.

    What is read together is what was there when the reading began, whatever happens meanwhile.

    Args:
        table: The rows below.
        overlay: What happened to them.
        pinned: The moment as of which it is read; without it, each time as of now.
    """

    def __init__(self, table: Table[Any], overlay: Overlay, pinned: int | None = None) -> None:
        self._table = table
        self._overlay = overlay
        self._name = table.sobject.name
        self._fields = {field.name for field in table.sobject.fields}
        self._rows = overlay.rows[self._name]
        self._pinned = pinned

    @property
    def sobject(self) -> SObjectType:
        """What describe says of it."""
        return self._table.sobject

    def count(self, part: Rectangle, *, deleted: bool) -> int:
        """Count by arithmetic, and the changed rows by looking at them."""
        with self._reading() as moment:
            changed = len(self._rows.within(part, moment, deleted=deleted))
            hidden = self._rows.count_hidden(part, moment, deleted=deleted)
            return self._table.count(part, deleted=deleted) - hidden + changed

    def scan(self, part: Rectangle, order: Order, *, deleted: bool) -> Iterator[Any]:
        """Yield the rows of a part in an order."""
        changed, moment = self._changed(part, deleted=deleted)
        untouched = self._untouched(self._table.scan(part, order, deleted=deleted), moment)
        if not changed:
            return untouched
        changed.sort(key=lambda row: self.key(row)[not order.by_stamp :], reverse=order.descending)
        keyed = (untouched, iter(changed))
        return merge(*keyed, key=lambda handle: self.key(handle)[not order.by_stamp :], reverse=order.descending)

    def blocks(self, part: Rectangle, order: Order, *, deleted: bool, size: int) -> Iterator[Sequence[Any]]:
        """Yield what `scan` yields; a block has some rows more where changed ones lie between."""
        if order is not Order.ID:
            yield from super().blocks(part, order, deleted=deleted, size=size)
            return
        changed, moment = self._changed(part, deleted=deleted)
        for block in self._table.blocks(part, order, deleted=deleted, size=size):
            if not self._rows.hidden or not len(block):
                yield block
                continue
            last = self._table.key(block[-1])[1]
            upto = bisect_left(changed, last, key=lambda row: row.id)
            yield self._mixed(list(self._untouched(block, moment)), changed[:upto])
            changed = changed[upto:]
        yield changed

    def find(self, id15: str) -> Any | None:
        """Return the row of an id, deleted or not."""
        with self._reading() as moment:
            row = self._rows.get(id15, moment)
        if row is None:
            return self._table.find(id15)
        return row if row.state == SEEN else None

    def key(self, handle: Any) -> Key:
        """Return where a row stands."""
        return (handle.stamp, handle.id) if isinstance(handle, Changed) else self._table.key(handle)

    def columns(self, handles: Sequence[Any], names: Sequence[str]) -> list[list[JsonValue]]:
        """Return one list per field: the values below, and over them those of changed rows."""
        changed = _changed_among(handles)
        columns = self._columns_below(self._below(handles, changed), names)
        for place, row in changed:
            own = row.own
            for name, column in zip(names, columns, strict=True):
                if name in own:
                    column[place] = own[name]
        return columns

    def texts(self, handles: Sequence[Any], names: Sequence[str]) -> list[pa.Array]:
        """Return one array of texts per field; only fields that changed are made anew."""
        changed = _changed_among(handles)
        below = self._below(handles, changed)
        if any(below[place] is None for place, _ in changed):
            return super().texts(handles, names)
        arrays = self._table.texts(below, names)
        if not changed:
            return arrays
        own = {name for _, row in changed for name in row.own}
        places = [place for place, _ in changed]
        theirs = super().texts([row for _, row in changed], [name for name in names if name in own])
        made = dict(zip((name for name in names if name in own), theirs, strict=True))
        return [
            _replaced(array, places, made[name]) if name in made else array
            for name, array in zip(names, arrays, strict=True)
        ]

    def holders(self, name: str, value: str) -> list[str]:
        """Return the rows that have a text in a field now, live or not; those of the API's user and the others."""
        with self._overlay.reading():
            changed = self._rows.holders(name, value)
            below = self._table.holders(name, value) if name in self._fields else []
            return [id15 for id15 in dict.fromkeys([*below, *changed]) if self._has(id15, name, value)]

    def made(self, row: Changed) -> list[Any]:
        """Return the row that the org was made with and that a changed one hides; nothing under an inserted one."""
        return [] if row.base is None else [self._table.find(row.id)]

    def moment(self) -> int:
        """Return as of which moment it is read."""
        with self._reading() as moment:
            return moment

    def pinned(self, moment: int) -> "LivingTable":
        """Return it as of a moment."""
        return LivingTable(self._table, self._overlay, moment)

    def purged(self, since: int, until: int) -> list[tuple[str, int]]:
        """Return ids and moments of the deletions in a time whose rows are in no recycle bin."""
        with self._overlay.reading():
            return [(id15, moment) for id15, moment in self._overlay.purged[self._name] if since <= moment < until]

    @contextmanager
    def _reading(self) -> Iterator[int]:
        """Keep everything as it is, and say as of which moment it is read."""
        with self._overlay.reading():
            yield self._overlay.moment if self._pinned is None else self._pinned

    def _changed(self, part: Rectangle, *, deleted: bool) -> tuple[list[Changed], int]:
        """Return the changed rows of a part, and the moment as of which they are so."""
        with self._reading() as moment:
            return self._rows.within(part, moment, deleted=deleted), moment

    def _untouched(self, handles: Any, moment: int) -> Iterator[Any]:
        hidden = self._rows.hidden
        return (handle for handle in handles if handle not in hidden or hidden[handle] > moment)

    def _mixed(self, block: list[Any], changed: Sequence[Changed]) -> list[Any]:
        """Return rows and changed rows, each ascending by id, as one."""
        mixed: list[Any] = []
        place = 0
        for row in changed:
            upto = bisect_left(block, row.id, lo=place, key=lambda handle: self._table.key(handle)[1])
            mixed += [*block[place:upto], row]
            place = upto
        return mixed + block[place:]

    def _has(self, id15: str, name: str, value: str) -> bool:
        row = self._rows.get(id15)
        if row is None:
            return True
        if row.state == PURGED:
            return False
        return str(self.columns([row], [name])[0][0]).casefold() == value.casefold()

    def _columns_below(self, below: Sequence[Any], names: Sequence[str]) -> list[list[JsonValue]]:
        """Return the values below: null where there is no row, and in fields that only changed rows have."""
        known = [name for name in names if name in self._fields]
        if len(known) == len(names) and (isinstance(below, memoryview) or None not in below):
            return self._table.columns(below, names)
        places = [place for place, handle in enumerate(below) if handle is not None]
        found = dict(zip(known, self._table.columns([below[place] for place in places], known), strict=True))
        columns: list[list[JsonValue]] = [[None] * len(below) for _ in names]
        for name, column in zip(names, columns, strict=True):
            for place, value in zip(places, found.get(name, ()), strict=False):
                column[place] = value
        return columns

    def _below(self, handles: Sequence[Any], changed: Sequence[tuple[int, Changed]]) -> Sequence[Any]:
        if not changed:
            return handles
        below = list(handles)
        for place, row in changed:
            below[place] = self._rows.below(row)
        return below


def _changed_among(handles: Sequence[Any]) -> list[tuple[int, Changed]]:
    if isinstance(handles, memoryview):
        return []
    return [(place, handle) for place, handle in enumerate(handles) if isinstance(handle, Changed)]


def _replaced(array: pa.Array, places: Sequence[int], values: pa.Array) -> pa.Array:
    texts = array.to_pylist()
    for place, value in zip(places, values.to_pylist(), strict=True):
        texts[place] = value
    return pa.array(texts, pa.string())
