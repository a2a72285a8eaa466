"""Some rows on their way from index to value: what all columns need is computed once, and only if needed.

Belongs here: hashes, draws and times of a batch; columns that other columns read.
Does not: which column is made how (`sandbox.salesforce.generated.kinds` and its neighbours).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from sandbox.salesforce.generated.population import Population, World
from sandbox.salesforce.org import JsonValue
from sandbox.world.hashing import draws, row_hashes, salt
from sandbox.world.timeline import BEGIN, END

Column = Callable[["Batch"], Sequence[JsonValue]]


class Batch:
    """Rows of one object, column by column."""

    def __init__(
        self, world: World, population: Population, makers: Mapping[str, Column], indexes: Sequence[int]
    ) -> None:
        self.world = world
        self.population = population
        self.indexes = indexes
        self._makers = makers
        self._columns: dict[str, Sequence[JsonValue]] = {}

    def column(self, name: str) -> Sequence[JsonValue]:
        """Return the values of a field."""
        values = self._columns.get(name)
        if values is None:
            values = self._columns[name] = self._makers[name](self)
        return values

    def draws(self, purpose: str) -> list[int]:
        """Return random bits per row that belong to a field or to a purpose that several fields share."""
        return draws(self._hashes, salt(purpose))

    @cached_property
    def stamps(self) -> list[int]:
        """When each row last changed, in seconds since 1970."""
        rank, second = self.population.shuffle.rank, self.population.timeline.second
        return [second(rank(index)) for index in self.indexes]

    @cached_property
    def created(self) -> list[int]:
        """When each row was created: in the order of ids, unless its last change is older than that."""
        span, count = END - BEGIN, self.population.count
        births = [BEGIN + index * span // count for index in self.indexes]
        return list(map(min, births, self.stamps))

    @cached_property
    def modified(self) -> list[int]:
        """When a person last changed each row; for two in five, automation came up to 30 days later."""
        times = zip(self.draws("LastModifiedDate"), self.created, self.stamps, strict=True)
        return [
            stamp if draw % 5 < 3 else max(created, stamp - (draw >> 3) % 2_592_000) for draw, created, stamp in times
        ]

    @cached_property
    def _hashes(self) -> list[int]:
        return row_hashes(self.population.key, self.indexes)
