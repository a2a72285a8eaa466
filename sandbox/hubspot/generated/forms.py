"""Columns as HubSpot writes them: everything is a text, and no text is empty.

Belongs here: numbers and moments on their way to and from texts. Does not: how their values come to be.
"""

import pyarrow as pa

from sandbox.world.batch import Batch, Column
from sandbox.world.columns import Flags, kept, pc
from sandbox.world.hashing import Ints
from sandbox.world.timeline import exact_datetimes


def whole(numbers: Ints) -> pa.Array:
    """Write whole numbers."""
    return pa.array(numbers).cast(pa.string())


def moments(milliseconds: Ints, keep: Flags) -> pa.Array:
    """Write moments, null where they are not kept."""
    return kept(exact_datetimes(milliseconds), keep)


def numbers(column: pa.Array) -> pa.Array:
    """Read numbers from their texts."""
    return column.cast(pa.float64())


def rounded(column: pa.Array) -> pa.Array:
    """Write doubles with at most two decimals, as calculated properties have them."""
    return pc.round(column, 2).cast(pa.string())


def ratio(part: str, whole_of: str) -> Column:
    """Return the column of one property divided by another, null if either is missing or the latter is 0."""

    def make(batch: Batch) -> pa.Array:
        below = numbers(batch.column(whole_of))
        below = pc.if_else(pc.equal(below, 0.0), pa.scalar(None, pa.float64()), below)
        return rounded(pc.divide(numbers(batch.column(part)), below))

    return make
