"""Makers of columns that fit any CRM: drawn from a list, ids of other rows, telephone numbers.

Belongs here: one maker each. A draw is cut into a part that decides about null and a part that decides about the value.
Does not: what a vendor's types hold (`generated.kinds` of each).
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sandbox.world.batch import Batch, Column
from sandbox.world.columns import choices, drawn, joined, kept
from sandbox.world.names import PHONE_ENDS, PHONE_STARTS

_PHONE_STARTS, _PHONE_ENDS = choices(PHONE_STARTS), choices(PHONE_ENDS)


def drawn_from(name: str, members: Sequence[str | None]) -> Column:
    """Return a maker that draws from a list."""
    chosen = choices(members)
    return lambda batch: drawn(chosen, batch.draws(name))


def references(name: str, target: str, nulls: int) -> Column:
    """Return a maker of ids of live rows of another object, `nulls` of 16 null."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        ids = batch.world[target].live_ids(draws >> 4)
        return kept(ids, draws & 15 >= nulls) if nulls else ids

    return make


def earlier_rows(name: str, nulls: int) -> Column:
    """Return a maker of ids of live rows of the same object that come before: trees without cycles."""

    def make(batch: Batch) -> pa.Array:
        draws, indexes = batch.draws(name), batch.indexes
        ids = batch.population.live_ids((draws >> 4) % np.maximum(indexes, 1))
        return kept(ids, (draws & 15 >= nulls) & (indexes > 0))

    return make


def phones(name: str) -> Column:
    """Return a maker of telephone numbers in the formats in which people type them, 2 of 16 null."""

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        return kept(joined(drawn(_PHONE_STARTS, draws >> 4), drawn(_PHONE_ENDS, draws >> 20)), draws & 15 > 1)

    return make
