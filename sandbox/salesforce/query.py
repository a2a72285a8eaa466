"""Running a checked query over a table: pages, totals, resumption.

Belongs here: which way a table is read, testing rows in batches, sorting what cannot be read in order.
Does not: the language (`sandbox.salesforce.soql`), records (`sandbox.salesforce.table`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import Generic

from sandbox.salesforce.org import JsonValue, Page, Row, SoqlError
from sandbox.salesforce.region import Key, Order, Region
from sandbox.salesforce.soql.check import CheckedQuery, OrderedField
from sandbox.salesforce.soql.literals import Normal, normaliser
from sandbox.salesforce.table import Handle, Table

_BATCH = 500
"""Rows that are generated and tested together: enough to be fast, little to waste at the end of a page."""

_MOST_SORTED = 1_000_000
"""Rows that are sorted in memory; Salesforce too gives up when it must sort that much without an index."""

_TOKEN = re.compile(r"(\d+)\.(-?\d+)\.([0-9A-Za-z]{15})")


class TableQuery(Generic[Handle]):
    """A `sandbox.salesforce.org.Query` over one table.

    A token holds how many rows were given out and the key of the last one, so that paging goes on in O(page)
    after a restart, and over a table that has changed meanwhile.
    """

    def __init__(self, checked: CheckedQuery, table: Table[Handle], *, include_deleted: bool) -> None:
        self._checked = checked
        self._table = table
        self._deleted = include_deleted
        self._order = _native_order(checked.order_by)

    @property
    def sobject(self) -> str:
        """The object's name in its canonical spelling."""
        return self._checked.sobject.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected fields in order; empty for `COUNT()`."""
        return self._checked.columns

    @property
    def is_count(self) -> bool:
        """Whether this is `SELECT COUNT()`."""
        return not self._checked.columns

    @property
    def total_size(self) -> int:
        """Rows of the whole result, LIMIT and OFFSET applied; found once."""
        return self._total

    @cached_property
    def _total(self) -> int:
        checked, region = self._checked, self._checked.filter.region
        if checked.filter.exact:
            matches = sum(self._table.count(part, deleted=self._deleted) for part in region.parts)
        else:
            enough = None if checked.limit is None else checked.limit + checked.offset
            matches = sum(1 for _ in islice(self._matches(region, Order.ID), enough))
        rest = max(matches - checked.offset, 0)
        return rest if checked.limit is None else min(rest, checked.limit)

    def page(self, position: str | None, limit: int) -> Page:
        """Return up to `limit` rows from `position`.

        Raises:
            SoqlError: INVALID_QUERY_LOCATOR for a token that is none; QUERY_TIMEOUT for sorting too many rows.
        """
        done, key = _read_token(position)
        most = limit if self._checked.limit is None else min(limit, self._checked.limit - done)
        if self.is_count or most <= 0:
            return Page([], None)
        found = list(islice(self._from(done, key), most + 1))
        handles = found[:most]
        more = len(found) > most and done + most != self._checked.limit
        token = "{}.{}.{}".format(done + most, *self._table.key(handles[-1])) if more else None
        return Page(self._rows(handles), token)

    def _from(self, done: int, key: Key | None) -> Iterator[Handle]:
        """Yield matches in order, from the one behind `done` rows given out, the last of which had `key`."""
        region, skipped = self._checked.filter.region, self._checked.offset
        if self._order is None:
            ids = islice(self._sorted_ids, skipped + done, None)
            return (handle for handle in map(self._table.find, ids) if handle is not None)
        if key is not None:
            return self._matches(region.after(key, self._order), self._order)
        return islice(self._matches(region, self._order), skipped, None)

    def _matches(self, region: Region, order: Order) -> Iterator[Handle]:
        scans = [self._table.scan(part, order, deleted=self._deleted) for part in region.parts]
        handles = scans[0] if len(scans) == 1 else merge(*scans, key=self._rank(order), reverse=order.descending)
        return handles if self._checked.filter.exact else self._tested(handles)

    def _tested(self, handles: Iterator[Handle]) -> Iterator[Handle]:
        test = self._checked.filter.test
        while batch := list(islice(handles, _BATCH)):
            values = zip(*self._table.columns(batch, self._checked.tested), strict=True)
            yield from (handle for handle, row in zip(batch, values, strict=True) if test(row))

    def _rank(self, order: Order) -> Callable[[Handle], tuple[int, str]]:
        key = self._table.key
        return key if order.by_stamp else lambda handle: (0, key(handle)[1])

    def _rows(self, handles: Sequence[Handle]) -> list[Row]:
        names = self._checked.columns
        columns = self._table.columns(handles, names)
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]

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
        handles = self._matches(self._checked.filter.region, Order.ID)
        while batch := list(islice(handles, _BATCH)):
            ids = [self._table.key(handle)[1] for handle in batch]
            yield from zip(*self._table.columns(batch, names), ids, strict=True)


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


def _read_token(position: str | None) -> tuple[int, Key | None]:
    if position is None:
        return 0, None
    match = _TOKEN.fullmatch(position)
    if match is None:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return int(match[1]), (int(match[2]), match[3])
