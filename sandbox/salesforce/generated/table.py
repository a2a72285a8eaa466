"""A generated object as a table: handles are indexes, everything else follows from them.

Belongs here: rectangles of stamps and ids turned into spans of ranks and indexes.
Does not: values (`sandbox.salesforce.generated.kinds`).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa

from sandbox.salesforce.generated import companies, people
from sandbox.salesforce.generated.common import COMMON
from sandbox.salesforce.generated.forms import to_json, to_text
from sandbox.salesforce.generated.kinds import kind
from sandbox.salesforce.generated.population import Population, World, populate
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle
from sandbox.salesforce.table import Table
from sandbox.world.batch import Batch, Column
from sandbox.world.population import DELETED_EVERY
from sandbox.world.shuffle import Span

_SPECIAL: Mapping[str, Mapping[str, Column]] = {
    "Account": companies.ACCOUNT,
    "Contact": people.CONTACT,
    "Lead": people.LEAD,
    "Opportunity": companies.OPPORTUNITY,
    "Task": people.TASK,
    "Territory_Plan__c": companies.TERRITORY_PLAN,
    "User": people.USER,
}

_DIGITS = 9
"""Of a made external id, such as `B-000000123`."""


class GeneratedTable(Table[int]):
    """A table whose handles are row numbers."""

    def __init__(self, world: World, population: Population) -> None:
        self._world = world
        self._population = population
        known = {**COMMON, **_SPECIAL[population.sobject.name]}
        self._makers = {field.name: known.get(field.name) or kind(field) for field in population.sobject.fields}

    @property
    def sobject(self) -> SObjectType:
        """What describe says of it."""
        return self._population.sobject

    def count(self, part: Rectangle, *, deleted: bool) -> int:
        """Count by arithmetic, whatever the size."""
        indexes, ranks = self._spans(part)
        shuffle, residue = self._population.shuffle, self._population.residue
        every = shuffle.count_within(indexes, ranks)
        if deleted or residue is None:
            return every
        return every - shuffle.count_within(indexes, ranks, DELETED_EVERY, residue)

    def scan(self, part: Rectangle, order: Order, *, deleted: bool) -> Iterator[int]:
        """Walk a part; a row costs O(log count) at most, however few of its neighbours belong to the part."""
        walk = self._by_stamp(part, order) if order.by_stamp else self._by_id(part, order)
        residue = self._population.residue
        if deleted or residue is None:
            return walk
        return (index for index in walk if index % DELETED_EVERY != residue)

    def blocks(self, part: Rectangle, order: Order, *, deleted: bool, size: int) -> Iterator[Sequence[int]]:
        """Walk a part by the thousands: in the order of ids, as numbers that numpy reads without a copy."""
        if order is not Order.ID:
            yield from super().blocks(part, order, deleted=deleted, size=size)
            return
        for indexes in self._population.shuffle.blocks(*self._spans(part), size):
            yield (indexes if deleted else indexes[~self._population.deleted(indexes)]).data

    def find(self, id15: str) -> int | None:
        """Return the row of an id."""
        return self._population.ids.index(id15)

    def holders(self, name: str, value: str) -> list[str]:
        """Return the row that a made external id names, which is the only one that can have it."""
        digits = value[2:]
        index = int(digits) if len(digits) == _DIGITS and digits.isdecimal() else self._population.count
        if index >= self._population.count:
            return []
        held = self.columns([index], [name])[0][0]
        return [self._population.ids.id15(index)] if str(held).casefold() == value.casefold() else []

    def key(self, handle: int) -> Key:
        """Return where a row stands."""
        rank = self._population.shuffle.rank(handle)
        return self._population.timeline.moment(rank) * 1_000, self._population.ids.id15(handle)

    def columns(self, handles: Sequence[int], names: Sequence[str]) -> list[list[JsonValue]]:
        """Make the values of some fields, and nothing else."""
        batch = self._batch(handles)
        return [to_json(batch.column(name)) for name in names]

    def texts(self, handles: Sequence[int], names: Sequence[str]) -> list[pa.Array]:
        """Make the texts of some fields, and nothing else; no made text is empty, so only null is null."""
        batch = self._batch(handles)
        return [to_text(batch.column(name)) for name in names]

    def _batch(self, handles: Sequence[int]) -> Batch:
        return Batch(self._world, self._population, self._makers, np.asarray(handles, np.int64))

    def _spans(self, part: Rectangle) -> tuple[Span, Span]:
        ids, timeline = self._population.ids, self._population.timeline
        indexes = (ids.lower_bound(part.first), ids.lower_bound(part.last))
        ranks = (timeline.lower_bound(-(-part.since // 1_000)), timeline.lower_bound(-(-part.until // 1_000)))
        return indexes, ranks

    def _by_id(self, part: Rectangle, order: Order) -> Iterator[int]:
        indexes, ranks = self._spans(part)
        shuffle = self._population.shuffle
        if not order.descending:
            return shuffle.walk(indexes, ranks)
        last = shuffle.count - 1
        return (last - mirrored for mirrored in shuffle.reversed().walk(_mirror(indexes, last), ranks))

    def _by_stamp(self, part: Rectangle, order: Order) -> Iterator[int]:
        """Walk the ranks; those that share a second are put in the order of their ids."""
        indexes, ranks = self._spans(part)
        last = self._population.count - 1
        by_rank = self._population.by_rank
        walk = (
            (last - mirrored for mirrored in by_rank.reversed().walk(_mirror(ranks, last), indexes))
            if order.descending
            else by_rank.walk(ranks, indexes)
        )
        for _, tied in groupby(walk, self._population.timeline.moment):
            yield from sorted(map(by_rank.rank, tied), reverse=order.descending)


def generated_tables(seed: int, accounts: int) -> list[GeneratedTable]:
    """Return every object of a generated org."""
    world = populate(seed, accounts)
    return [GeneratedTable(world, population) for population in world.values()]


def _mirror(span: Span, last: int) -> Span:
    return last + 1 - span[1], last + 1 - span[0]
