"""A generated type as a table: rows are indexes, everything else follows from them.

Belongs here: texts of many rows at once, records of some, counts and walks of rectangles of stamps and ids.
Does not: values (`sandbox.hubspot.generated.kinds`), what was written since (`sandbox.hubspot.overlay`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from sandbox.hubspot import texts
from sandbox.hubspot.defaults import created_name
from sandbox.hubspot.generated import activities, companies, people
from sandbox.hubspot.generated.common import common
from sandbox.hubspot.generated.kinds import kind
from sandbox.hubspot.generated.population import Population
from sandbox.hubspot.generated.world import World
from sandbox.hubspot.model import ObjectType, Record
from sandbox.world.batch import Batch, Column
from sandbox.world.hashing import Ints
from sandbox.world.population import DELETED_EVERY
from sandbox.world.shuffle import Span
from sandbox.world.timeline import DAY, exact_datetimes

_SPECIAL: Mapping[str, Callable[[World], Mapping[str, Column]]] = {
    "contacts": people.contacts,
    "leads": people.leads,
    "companies": companies.companies,
    "deals": companies.deals,
    "subscriptions": companies.subscriptions,
    "calls": activities.calls,
    "meetings": activities.meetings,
}

_BLOCK = 2_000
"""Rows whose texts are made at once: enough that Arrow's overhead is below a tenth."""

_BLOCKS = 12
"""Blocks that are kept: some for each of several readers, 2 MB each."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that follow each other, all archived or none of them."""

    ids: Sequence[int]
    texts: Sequence[bytes]


class GeneratedTable:
    """The rows of one type."""

    def __init__(self, world: World, population: Population) -> None:
        self._world = world
        self.population = population
        known = {**common(world), **_SPECIAL[population.kind.name](world)}
        self._makers = {made.name: known.get(made.name) or kind(made) for made in population.kind.properties}
        self._hidden: set[str] = set()
        self._block = lru_cache(_BLOCKS)(self._make_block)
        self.inputs = lru_cache(self._inputs_of)
        """Returns the properties that some others, a tuple of names, follow from."""

    @property
    def kind(self) -> ObjectType:
        """The type as it was made."""
        return self.population.kind

    def hide(self, name: str) -> None:
        """Show no values of a property any more, also not when another gets its name."""
        self._hidden.add(name)
        self._block.cache_clear()

    @property
    def count(self) -> int:
        """Rows, archived ones too."""
        return self.population.count

    def blocks(self, after: int, names: tuple[str, ...], *, archived: bool) -> Iterator[Block]:
        """Yield rows from an id on, those of the first block that are before it included."""
        start = self.population.ids.lower_bound(after)
        residue = self.population.residue
        if archived and residue is not None:
            start = max(-(-(start - residue) // DELETED_EVERY), 0)
        for number in range(start // _BLOCK, -(-self._rows(archived=archived) // _BLOCK)):
            yield self._block(number, names, archived)

    def texts(self, indexes: Ints, names: Sequence[str], *, archived: bool) -> list[bytes]:
        """Return the texts of rows that are all archived, or all not."""
        batch = self.batch(indexes)
        stamps = [batch.column(created_name(self.kind)), batch.column(self.kind.stamp)]
        stamps += [exact_datetimes(_archived_at(batch))] if archived else []
        ids = batch.column("hs_object_id")
        return texts.of_columns({name: self.column(batch, name) for name in names}, ids, *stamps)

    def records(self, indexes: Ints, names: Iterable[str]) -> list[Record]:
        """Return rows with those of their properties that have values."""
        batch = self.batch(indexes)
        names = [name for name in names if self.shows(name)]
        rows = zip(*(batch.column(name).to_pylist() for name in names), strict=True) if names else [()] * len(indexes)
        properties = [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows]
        gone = self.population.deleted(indexes).tolist()
        archived = [at if yes else None for at, yes in zip(_archived_at(batch).tolist(), gone, strict=True)]
        ids, created, updated = self.population.ids.ids(indexes), batch.created, batch.stamps
        return list(map(Record, ids.tolist(), created.tolist(), updated.tolist(), properties, archived))

    def batch(self, indexes: Ints) -> Batch:
        """Return rows on their way to columns."""
        return Batch(self._world.populations, self.population, self._makers, indexes)

    def calculated(self, names: Sequence[str], rows: Sequence[Mapping[str, str | None]]) -> list[dict[str, str | None]]:
        """Return properties that follow from others, for rows of other values than were generated."""
        batch = self._following(names, rows)
        columns = {name: batch.column(name).to_pylist() for name in names}
        return [{name: columns[name][place] for name in names} for place in range(len(rows))]

    def _inputs_of(self, names: tuple[str, ...]) -> frozenset[str]:
        batch = self._following(names, [{}])
        for name in names:
            batch.column(name)
        return frozenset(batch.made.difference(names))

    def _following(self, names: Sequence[str], rows: Sequence[Mapping[str, str | None]]) -> Batch:
        def given(name: str) -> Column:
            return lambda _: pa.array([row.get(name) for row in rows], pa.string())

        makers = {name: maker if name in names else given(name) for name, maker in self._makers.items()}
        return Batch(self._world.populations, self.population, makers, np.zeros(len(rows), np.int64))

    def spans(self, ids: Span, stamps: Span) -> tuple[Span, Span]:
        """Return the rows of a span of ids, and the ranks of a span of stamps."""
        lower_id, lower_rank = self.population.ids.lower_bound, self.population.timeline.lower_bound
        return (lower_id(ids[0]), lower_id(ids[1])), (lower_rank(stamps[0]), lower_rank(stamps[1]))

    def count_live(self, indexes: Span, ranks: Span) -> int:
        """Count the rows of a rectangle that are not archived, by arithmetic."""
        shuffle, residue = self.population.shuffle, self.population.residue
        archived = 0 if residue is None else shuffle.count_within(indexes, ranks, DELETED_EVERY, residue)
        return shuffle.count_within(indexes, ranks) - archived

    def walk_live(self, indexes: Span, ranks: Span, *, descending: bool) -> Iterator[int]:
        """Yield the rows of a rectangle that are not archived, in the order of ids."""
        shuffle, residue, last = self.population.shuffle, self.population.residue, self.count - 1
        walk = shuffle.walk(indexes, ranks)
        if descending:
            mirrored = shuffle.reversed().walk((last + 1 - indexes[1], last + 1 - indexes[0]), ranks)
            walk = (last - index for index in mirrored)
        return (index for index in walk if index % DELETED_EVERY != residue)

    def _make_block(self, number: int, names: tuple[str, ...], archived: bool) -> Block:  # a key
        indexes = np.arange(number * _BLOCK, min((number + 1) * _BLOCK, self._rows(archived=archived)))
        if archived:
            indexes = indexes * DELETED_EVERY + (self.population.residue or 0)
        else:
            indexes = indexes[~self.population.deleted(indexes)]
        return Block(self.population.ids.ids(indexes).tolist(), self.texts(indexes, names, archived=archived))

    def _rows(self, *, archived: bool) -> int:
        residue = self.population.residue
        if not archived:
            return self.count
        return 0 if residue is None else max(-(-(self.count - residue) // DELETED_EVERY), 0)

    def shows(self, name: str) -> bool:
        """Tell whether a property has values here."""
        return name in self._makers and name not in self._hidden

    def column(self, batch: Batch, name: str) -> pa.Array:
        """Return the values of a property, if it has any here."""
        return batch.column(name) if self.shows(name) else pa.nulls(len(batch.indexes), pa.string())


def _archived_at(batch: Batch) -> Ints:
    """Return when rows were archived if they were: up to 30 days after their last change."""
    return batch.stamps + batch.draws("archivedAt") % (30 * DAY * 1_000)
