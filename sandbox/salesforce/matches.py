"""The rows that a checked query finds, in its order, from wherever one goes on.

Belongs here: which way a table is read, testing rows in batches, sorting what cannot be read in order, counting.
Does not: pages and positions (`sandbox.salesforce.query`), the language (`sandbox.salesforce.soql`).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import chain, islice
from typing import Generic

from sandbox.salesforce.ids import of_number, to_number
from sandbox.salesforce.org import JsonValue, SoqlError
from sandbox.salesforce.region import Key, Order, Rectangle, Region, behind
from sandbox.salesforce.soql.check import CheckedQuery, OrderedField
from sandbox.salesforce.soql.literals import Normal, normaliser
from sandbox.salesforce.table import Handle, Table, batched

_BATCH = 2_000
"""Rows that are generated and tested together: enough to be fast, little to waste at the end of a page."""

_MOST_SORTED = 1_000_000
"""Rows that are sorted in memory; Salesforce too gives up when it must sort that much without an index."""


class Matches(Generic[Handle]):
    """What a query finds, OFFSET applied and LIMIT not."""

    def __init__(self, checked: CheckedQuery, table: Table[Handle], *, deleted: bool) -> None:
        self._checked = checked
        self._region = checked.filter.region
        self._table = table
        self._deleted = deleted
        self._order = _native_order(checked.order_by)

    def count(self, enough: int | None) -> int:
        """Count the matches; by looking at them, which stops at `enough`, only where arithmetic cannot."""
        if self._checked.filter.exact:
            return max(self._counted(self._region) - self._checked.offset, 0)
        return sum(1 for _ in islice(self._handles(), enough))

    def blocks(self, done: int, key: Key | None, size: int) -> Iterator[Sequence[Handle]]:
        """Yield matches in order, about `size` at a time.

        Args:
            done: How many were given out before; yield the ones behind them.
            key: Where the last of those stands.
            size: How many are wanted at a time.
        """
        skipped = self._checked.offset
        if self._order is None:
            ids = islice(self._sorted_ids, skipped + done, None)
            return batched((handle for handle in map(self._table.find, ids) if handle is not None), size)
        if key is not None:
            return self._within(self._region.after(key, self._order), self._order, size)
        blocks = self._within(self._region, self._order, size)
        return batched(islice(chain.from_iterable(blocks), skipped, None), size) if skipped else blocks

    def last_of(self, rows: int) -> Handle | None:
        """Return the match at which the first `rows` of them end, or None where nothing follows it."""
        if not self._checked.filter.exact or self._order is not Order.ID:
            found = list(islice(self._handles(), rows - 1, rows + 1))
            return found[0] if len(found) == 2 else None
        if rows >= self.count(None):
            return None
        return self._table.find(self._id_at(self._checked.offset + rows))

    def _handles(self) -> Iterator[Handle]:
        return chain.from_iterable(self.blocks(0, None, _BATCH))

    def _id_at(self, rows: int) -> str:
        """Return the least id with so many matches up to it, by halving."""
        first, last = (next(self._ends(order)) for order in (Order.ID, Order.ID_DESCENDING))
        low, high = to_number(first), to_number(last)
        while low < high:
            middle = (low + high) // 2
            part = self._region & Region([Rectangle(last=behind(of_number(middle)))])
            low, high = (middle + 1, high) if self._counted(part) < rows else (low, middle)
        return of_number(low)

    def _ends(self, order: Order) -> Iterator[str]:
        blocks = self._within(self._region, order, 1)
        return (self._table.key(handle)[1] for handle in chain.from_iterable(blocks))

    def _counted(self, region: Region) -> int:
        return sum(self._table.count(part, deleted=self._deleted) for part in region.parts)

    def _within(self, region: Region, order: Order, size: int) -> Iterator[Sequence[Handle]]:
        size = size if self._checked.filter.exact else _BATCH
        scans = [self._table.blocks(part, order, deleted=self._deleted, size=size) for part in region.parts]
        if len(scans) != 1:
            rows = (chain.from_iterable(scan) for scan in scans)
            scans = [batched(merge(*rows, key=self._rank(order), reverse=order.descending), size)]
        return scans[0] if self._checked.filter.exact else self._tested(scans[0])

    def _tested(self, blocks: Iterator[Sequence[Handle]]) -> Iterator[Sequence[Handle]]:
        test = self._checked.filter.test
        for block in blocks:
            values = zip(*self._table.columns(block, self._checked.tested), strict=True)
            yield [handle for handle, row in zip(block, values, strict=True) if test(row)]

    def _rank(self, order: Order) -> Callable[[Handle], tuple[int, str]]:
        key = self._table.key
        return key if order.by_stamp else lambda handle: (0, key(handle)[1])

    @cached_property
    def _sorted_ids(self) -> list[str]:
        """Ids of all matches in an order that no table has; stable sorts, the least important field first."""
        order_by = self._checked.order_by
        entries = list(islice(self._entries(), _MOST_SORTED + 1))
        if len(entries) > _MOST_SORTED:
            raise SoqlError("QUERY_TIMEOUT", "Your query request was running for too long.")
        for place, item in reversed(list(enumerate(order_by))):
            entries.sort(key=_sort_key(place, item), reverse=item.descending)
        return [str(entry[-1]) for entry in entries]

    def _entries(self) -> Iterator[tuple[JsonValue, ...]]:
        """Yield the sort fields and the id of every match."""
        names = [item.field.name for item in self._checked.order_by]
        for block in self._within(self._region, Order.ID, _BATCH):
            ids = [self._table.key(handle)[1] for handle in block]
            yield from zip(*self._table.columns(block, names), ids, strict=True)


def _sort_key(place: int, item: OrderedField) -> Callable[[Sequence[JsonValue]], tuple[bool, Normal]]:
    normal = normaliser(item.field)
    nulls_low = item.nulls_last == item.descending

    def key(entry: Sequence[JsonValue]) -> tuple[bool, Normal]:
        value = normal(entry[place])
        return ((value is None) != nulls_low, "" if value is None else value)

    return key


def _native_order(order_by: Sequence[OrderedField]) -> Order | None:
    """Return the order that tables are kept in, if the query asks for one of those or for none."""
    names = [item.field.name for item in order_by]
    if not names:
        return Order.ID
    directions = {item.descending for item in order_by}
    if len(directions) > 1 or names not in (["Id"], ["SystemModstamp"], ["SystemModstamp", "Id"]):
        return None
    by_stamp, descending = names[0] == "SystemModstamp", directions.pop()
    return Order((by_stamp, descending))
