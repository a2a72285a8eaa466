"""Some rows on their way from index to value: what all columns need is computed once, and only if needed.

Belongs here: hashes, draws and times of a batch; columns that other columns read.
Does not: which column is made how (`sandbox.world.inhabitants`, and what each vendor adds).
"""

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
import pyarrow as pa

from sandbox.world.hashing import Hashes, Ints, draws, row_hashes, salt
from sandbox.world.population import Population
from sandbox.world.timeline import DAY

Column = Callable[["Batch"], pa.Array]
"""Makes the values of a field: texts, booleans, whole numbers, doubles, moments in seconds, structs (compounds)."""


class Batch:
    """Rows of one population, column by column.

    Args:
        world: All populations, by name.
        population: The one that the rows are of.
        makers: How each column is made, by its name.
        indexes: Which rows.
    """

    def __init__(
        self, world: Mapping[str, Population], population: Population, makers: Mapping[str, Column], indexes: Ints
    ) -> None:
        self.world = world
        self.population = population
        self.indexes = indexes
        self._makers = makers
        self._columns: dict[str, pa.Array] = {}
        self._draws: dict[str, Ints] = {}

    def column(self, name: str) -> pa.Array:
        """Return the values of a field."""
        values = self._columns.get(name)
        if values is None:
            values = self._columns[name] = self._makers[name](self)
        return values

    @property
    def made(self) -> frozenset[str]:
        """The columns that were made so far, asked for or read by others."""
        return frozenset(self._columns)

    def draws(self, purpose: str) -> Ints:
        """Return 50 random bits per row that belong to a field or to a purpose that several fields share."""
        found = self._draws.get(purpose)
        if found is None:
            found = self._draws[purpose] = draws(self._hashes, salt(purpose))
        return found

    @cached_property
    def stamps(self) -> Ints:
        """When each row last changed, in the unit of the population's timeline."""
        return self.population.timeline.moments(self.population.shuffle.ranks(self.indexes))

    @cached_property
    def created(self) -> Ints:
        """When each row was created: in the order of ids, unless its last change is older than that."""
        return np.minimum(self.population.timeline.births(self.indexes), self.stamps)

    @cached_property
    def modified(self) -> Ints:
        """When a person last changed each row; for two in five, automation came up to 30 days later."""
        draws = self.draws("LastModifiedDate")
        earlier = np.maximum(self.created, self.stamps - (draws >> 3) % (30 * DAY * self.population.timeline.unit))
        return np.where(draws % 5 < 3, self.stamps, earlier)

    @cached_property
    def _hashes(self) -> Hashes:
        return row_hashes(self.population.key, self.indexes)
