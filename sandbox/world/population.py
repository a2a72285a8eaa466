"""How many rows one kind of record has, and the arithmetic of their stamps and deletions.

Belongs here: everything about a row that depends neither on its fields nor on what a vendor's ids look like.
Does not: values of fields (`sandbox.world.batch` and who uses it).
"""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
import pyarrow as pa

from sandbox.world.columns import Flags
from sandbox.world.hashing import Ints
from sandbox.world.shuffle import Shuffle, shuffled
from sandbox.world.timeline import Timeline

DELETED_EVERY = 97
"""One row in so many is deleted, about 1 %; a prime, so that pages and ties meet it everywhere."""


class Population(ABC):
    """The rows 0..count-1, ascending by id; their shuffle tells the order in which they changed last.

    Args:
        key: The 64 random bits from which all that looks random about them follows.
        timeline: When the row of a rank last changed.
        permanent: Whether no row is ever deleted.
    """

    def __init__(self, key: int, timeline: Timeline, *, permanent: bool = False) -> None:
        self.count = timeline.count
        self.key = key
        self.timeline = timeline
        self.shuffle = shuffled(self.count, key)
        self.residue = None if permanent else 1 + key % (DELETED_EVERY - 1)

    @abstractmethod
    def texts_of(self, indexes: Ints) -> pa.Array:
        """Return the ids of rows as the wire has them."""

    @cached_property
    def by_rank(self) -> Shuffle:
        """The shuffle seen from the ranks, to walk in the order of time."""
        return self.shuffle.inverse()

    def deleted(self, indexes: Ints) -> Flags:
        """Tell which rows are in the recycle bin."""
        if self.residue is None:
            return np.zeros(len(indexes), np.bool_)
        return np.equal(indexes % DELETED_EVERY, self.residue)

    def is_deleted(self, index: int) -> bool:
        """Tell whether a row is in the recycle bin."""
        return index % DELETED_EVERY == self.residue

    def live_ids(self, numbers: Ints) -> pa.Array:
        """Return ids of rows that are not deleted, one for each number, however large."""
        indexes = numbers % self.count
        return self.texts_of(indexes - self.deleted(indexes))
