"""Running a checked query over a table: pages in either form, totals, positions.

Belongs here: LIMIT, and the tokens by which reading goes on.
Does not: finding rows (`sandbox.salesforce.matches`), records (`sandbox.salesforce.table`).
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Generic

import pyarrow as pa

from sandbox.salesforce.matches import Matches
from sandbox.salesforce.org import Page, Row, SoqlError, TextPage
from sandbox.salesforce.region import Key
from sandbox.salesforce.soql.check import CheckedQuery
from sandbox.salesforce.table import Handle, Table

_SLICE = 16_384
"""Rows whose columns are made together: beyond it, they no longer fit into a processor's cache."""

_TOKEN = re.compile(r"(\d+)\.(-?\d+)\.([0-9A-Za-z]{15})")


class TableQuery(Generic[Handle]):
    """A `sandbox.salesforce.org.Query` over one table.

    A token holds how many rows were given out and the key of the last one, so that paging goes on in O(page)
    after a restart. What it finds is what was there at a moment, whatever changes meanwhile.
    """

    def __init__(self, checked: CheckedQuery, table: Table[Handle], moment: int, *, include_deleted: bool) -> None:
        self._checked = checked
        self._moment = moment
        self._table = table
        self._matches = Matches(checked, table, deleted=include_deleted)

    @property
    def sobject(self) -> str:
        """The object's name in its canonical spelling."""
        return self._checked.sobject.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected fields in order; empty for `COUNT()`."""
        return self._checked.columns

    @property
    def moment(self) -> int:
        """As of which moment it reads."""
        return self._moment

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
        limit = self._checked.limit
        found = self._matches.count(limit)
        return found if limit is None else min(found, limit)

    def page(self, position: str | None, limit: int) -> Page:
        """Return up to `limit` rows from `position`.

        Raises:
            SoqlError: INVALID_QUERY_LOCATOR for a token that is none; QUERY_TIMEOUT for sorting too many rows.
        """
        blocks, token = self._taken(position, limit)
        return Page([row for block in blocks for row in self._rows(block)], token)

    def texts(self, position: str | None, limit: int) -> TextPage:
        """Return up to `limit` rows from `position` as texts, a slice at a time.

        Raises:
            SoqlError: As `page`.
            ValueError: A selected field is compound.
        """
        blocks, token = self._taken(position, limit)
        slices = [self._table.texts(block, self.columns) for block in blocks or [[]]]
        # From the last column to the first, so that each goes out of its slices as it is put together.
        columns = [pa.concat_arrays([made.pop() for made in slices]) for _ in self.columns]
        return TextPage(columns[::-1], sum(map(len, blocks)), token)

    def seek(self, rows: int) -> str | None:
        """Return the position behind the first `rows` rows; None at the beginning, and where nothing follows.

        Raises:
            SoqlError: QUERY_TIMEOUT for sorting too many rows.
        """
        limit = self._checked.limit
        if self.is_count or rows < 1 or (limit is not None and rows >= limit):
            return None
        last = self._matches.last_of(rows)
        return None if last is None else self._token(rows, last)

    def _taken(self, position: str | None, limit: int) -> tuple[list[Sequence[Handle]], str | None]:
        """Return up to `limit` rows from `position` in blocks, none of them empty, and the position behind them."""
        done, key = _read_token(position)
        most = limit if self._checked.limit is None else min(limit, self._checked.limit - done)
        if self.is_count or most <= 0:
            return [], None
        taken: list[Sequence[Handle]] = []
        room = most
        for block in self._matches.blocks(done, key, min(most + 1, _SLICE)):
            if len(block) > room:
                taken += [block[:room]] if room else []
                more = done + most != self._checked.limit
                return taken, self._token(done + most, taken[-1][-1]) if more else None
            taken += [block] if len(block) else []
            room -= len(block)
        return taken, None

    def _token(self, done: int, last: Handle) -> str:
        return "{}.{}.{}".format(done, *self._table.key(last))

    def _rows(self, handles: Sequence[Handle]) -> list[Row]:
        names = self._checked.columns
        columns = self._table.columns(handles, names)
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _read_token(position: str | None) -> tuple[int, Key | None]:
    if position is None:
        return 0, None
    match = _TOKEN.fullmatch(position)
    if match is None:
        raise SoqlError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return int(match[1]), (int(match[2]), match[3])
