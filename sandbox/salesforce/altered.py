"""Tables as alterations leave them: without an object, with other fields, without the rows of an open transaction.

Belongs here: one wrapper for any kind of table. Describe, SOQL and values follow, since all of them ask the table.
Does not: which alterations there are (`alterations`), fields and values (`altered_fields`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import merge
from typing import Any

import pyarrow as pa

from sandbox.salesforce.alterations import (
    Alteration,
    Appear,
    Create,
    FieldChange,
    FieldRule,
    Hide,
    OpenTransaction,
    Vanish,
)
from sandbox.salesforce.altered_fields import converted, describe_after, new_value, ruled
from sandbox.salesforce.moments import of_datetime
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle, Region
from sandbox.salesforce.table import Handle, Table


class AlteredTable(Table[Handle]):
    """A `sandbox.salesforce.table.Table` over another.

    Args:
        table: The one that is altered.
        changes: Of its fields, in order.
        unseen: Where the rows are that nobody may see yet.
        rules: For who writes it.
    """

    def __init__(
        self, table: Table[Handle], changes: list[FieldChange], unseen: Region, rules: list[FieldRule]
    ) -> None:
        self._table = table
        self._unseen = unseen
        self._sobject = ruled(describe_after(table.sobject, changes), rules)
        self._rules = rules
        self._changes = changes

    @property
    def sobject(self) -> SObjectType:
        """What describe says of it."""
        return self._sobject

    def count(self, part: Rectangle, *, deleted: bool) -> int:
        """Count the rows of a part that may be seen."""
        return sum(self._table.count(seen, deleted=deleted) for seen in self._seen(part))

    def scan(self, part: Rectangle, order: Order, *, deleted: bool) -> Iterator[Handle]:
        """Yield the rows of a part that may be seen."""
        scans = [self._table.scan(seen, order, deleted=deleted) for seen in self._seen(part)]
        return merge(*scans, key=lambda handle: self.key(handle)[not order.by_stamp :], reverse=order.descending)

    def blocks(self, part: Rectangle, order: Order, *, deleted: bool, size: int) -> Iterator[Sequence[Handle]]:
        """Yield what `scan` yields, as fast as the table itself where nothing is cut out."""
        seen = self._seen(part)
        if len(seen) == 1:
            return self._table.blocks(seen[0], order, deleted=deleted, size=size)
        return super().blocks(part, order, deleted=deleted, size=size)

    def find(self, id15: str) -> Handle | None:
        """Return the row of an id, if it may be seen."""
        handle = self._table.find(id15)
        stamp = 0 if handle is None else self.key(handle)[0]
        return handle if self._seen(Rectangle(since=stamp, until=stamp + 1)) else None

    def holders(self, name: str, value: str) -> list[str]:
        """Return the rows that have a text in a field."""
        return self._table.holders(name, value)

    def moment(self) -> int:
        """Return as of which moment it is read."""
        return self._table.moment()

    def pinned(self, moment: int) -> "AlteredTable[Handle]":
        """Return it as of a moment; fields are as they are now."""
        return AlteredTable(self._table.pinned(moment), self._changes, self._unseen, self._rules)

    def purged(self, since: int, until: int) -> list[tuple[str, int]]:
        """Return the deletions whose rows are in no recycle bin."""
        return self._table.purged(since, until)

    def key(self, handle: Handle) -> Key:
        """Return where a row stands."""
        return self._table.key(handle)

    def columns(self, handles: Sequence[Handle], names: Sequence[str]) -> list[list[JsonValue]]:
        """Return one list per field."""
        there = {field.name for field in self._table.sobject.fields}
        there |= {change.field for change in self._changes if isinstance(change, Create)}
        old = [name for name in names if name in there]
        columns = dict(zip(old, self._table.columns(handles, old), strict=True))
        for change in self._changes:
            if change.field not in names or isinstance(change, Vanish | Create):
                continue
            if isinstance(change, Appear):
                columns[change.field] = [new_value(change.type, self.key(handle)[1]) for handle in handles]
            else:
                columns[change.field] = [converted(change.type, value) for value in columns[change.field]]
        return [columns[name] for name in names]

    def texts(self, handles: Sequence[Handle], names: Sequence[str]) -> list[pa.Array]:
        """Return one array of texts per field; only fields that changed are made row by row."""
        changed = {change.field for change in self._changes}
        old = [name for name in names if name not in changed]
        new = [name for name in names if name in changed]
        arrays = dict(zip(old, self._table.texts(handles, old), strict=True))
        arrays |= zip(new, super().texts(handles, new), strict=True)
        return [arrays[name] for name in names]

    def _seen(self, part: Rectangle) -> tuple[Rectangle, ...]:
        return (Region([part]) - self._unseen).parts


def altered(tables: Sequence[Table[Any]], alterations: Sequence[Alteration]) -> Sequence[Table[Any]]:
    """Return the tables after alterations; the same ones if there are none."""
    if not alterations:
        return tables
    hidden = {item.object.lower() for item in alterations if isinstance(item, Hide)}
    changes = [item for item in alterations if isinstance(item, FieldChange)]
    rules = [item for item in alterations if isinstance(item, FieldRule)]
    unseen = Region([])
    for item in alterations:
        if isinstance(item, OpenTransaction):
            unseen = unseen | Region([_rows_of(item)])
    return [
        AlteredTable(
            table,
            [item for item in changes if item.object.lower() == name],
            unseen,
            [item for item in rules if item.object.lower() == name],
        )
        for table, name in ((table, table.sobject.name.lower()) for table in tables)
        if name not in hidden
    ]


def open_since(alterations: Sequence[Alteration]) -> list[datetime]:
    """Return the starts of the transactions that are open."""
    return [item.since for item in alterations if isinstance(item, OpenTransaction)]


def _rows_of(transaction: OpenTransaction) -> Rectangle:
    since = of_datetime(transaction.since)
    if transaction.until is None:
        return Rectangle(since=since)
    return Rectangle(since=since, until=of_datetime(transaction.until))
