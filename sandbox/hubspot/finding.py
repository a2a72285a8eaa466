"""Searches: by arithmetic where ids and stamps are all that matters, by looking at records where not.

Belongs here: which of the two, the order of the result, the page at an offset.
Does not: what the index knows (`sandbox.hubspot.index`), what conditions mean (`sandbox.hubspot.groups`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa

from sandbox.hubspot.defaults import shown
from sandbox.hubspot.groups import Group
from sandbox.hubspot.index import Index
from sandbox.hubspot.model import Found, Refused, Search
from sandbox.hubspot.shelf import Shelf

_BATCH = 2_000

_Key = tuple[float | str | None, int]
"""By what a result is ordered: the value, then the id."""


class Finding:
    """The searches of one type."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._index = Index(shelf.table, shelf.indexed)

    def search(self, search: Search, offset: int, limit: int, asked: Sequence[str]) -> Found:
        """Return the records from an offset on, as the index knows them.

        Raises:
            Refused: A condition that cannot be one.
        """
        groups = [Group(self._shelf, group, search.query) for group in search.groups or ((),)]
        parts = [group.part for group in groups]
        if search.sort == "hs_object_id" and all(group.exact for group in groups):
            total = self._index.count(parts)
            ids = list(islice(self._index.walk(parts, descending=search.descending), offset, offset + limit))
        else:
            if all(made.name != search.sort for made in self._shelf.kind.properties):
                raise Refused(400, "VALIDATION_ERROR", f"There was a problem: no property {search.sort}")
            found = _ordered((key for group in groups for key in self._keys(group, search.sort)), search.descending)
            total, ids = len(found), found[offset : offset + limit]
        known = {record_id: self._index.written.get(record_id) for record_id in ids}
        versions = [version for version in known.values() if version is not None]
        generated = [record_id for record_id, version in known.items() if version is None]
        return Found(total, self._shelf.as_page(ids, generated, versions, shown(self._shelf.kind, asked)))

    def _keys(self, group: "Group", sort: str) -> Iterator[_Key]:
        """Yield the value by which they are ordered, and the ids, of the records of a group."""
        names, wanted = {sort, *group.looks_at}, group.candidates
        rows = self._index.rows(group.part) if wanted is None else self._index.rows_of(wanted, group.part)
        while len(indexes := np.fromiter(islice(rows, _BATCH), np.int64)):
            batch = self._shelf.table.batch(indexes)
            columns = {name: self._shelf.table.column(batch, name) for name in names}
            yield from self._met(group, columns, self._shelf.table.population.ids.ids(indexes).tolist(), sort)
        written = map(self._index.written.get, self._index.written.live(group.part.ids, group.part.stamps))
        versions = [each for each in written if each is not None and (wanted is None or each.id in wanted)]
        records = self._shelf.records_of(versions, names)
        columns = {name: pa.array([each.properties.get(name) for each in records], pa.string()) for name in names}
        yield from self._met(group, columns, [version.id for version in versions], sort)

    def _met(self, group: "Group", columns: dict[str, pa.Array], ids: list[int], sort: str) -> Iterator[_Key]:
        met = pa.array(group.met(columns, len(ids)))
        column = columns[sort]
        if any(made.name == sort and made.type == "number" for made in self._shelf.kind.properties):
            column = column.cast(pa.float64())
        return zip(column.filter(met).to_pylist(), pa.array(ids, pa.int64()).filter(met).to_pylist(), strict=True)


def _ordered(keys: Iterable[_Key], descending: bool) -> list[int]:
    """Return each id once, those without a value last."""
    found = set(keys)
    present = sorted((key for key in found if key[0] is not None), reverse=descending)
    return [record_id for _, record_id in present] + sorted(
        (record_id for value, record_id in found if value is None), reverse=descending
    )
