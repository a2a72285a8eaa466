"""Columns that all types have: identity, audit, owner.

Belongs here: what depends on the row as such. Does not: what one type has.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from sandbox.hubspot.generated.links import NOWHERE
from sandbox.hubspot.generated.world import World
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import kept
from sandbox.world.timeline import exact_datetimes


def common(world: World) -> Mapping[str, Column]:
    """Return the columns of these names, on whichever type."""

    def owner(batch: Batch) -> pa.Array:
        draws = batch.draws("hubspot_owner_id")
        return kept(world.owners.texts(draws >> 4), draws & 15 > 1)

    def created(batch: Batch) -> pa.Array:
        return exact_datetimes(batch.created)

    def changed(batch: Batch) -> pa.Array:
        return exact_datetimes(batch.stamps)

    return {
        "hs_object_id": lambda batch: batch.population.texts_of(batch.indexes),
        "createdate": created,
        "hs_createdate": created,
        "lastmodifieddate": changed,
        "hs_lastmodifieddate": changed,
        "hubspot_owner_id": owner,
        "hs_created_by_user_id": lambda batch: world.owners.users(batch.draws("hs_created_by_user_id")),
    }


def linked_companies(world: World, source: str) -> Column:
    """Return the column of ids of the company that each record is linked to first; null where that one is archived."""
    link = next(each for each in world.relations if (each.source, each.target) == (source, "companies")).links[0]

    def make(batch: Batch) -> pa.Array:
        targets, population = link.targets(batch.indexes), batch.world["companies"]
        there = np.not_equal(targets, NOWHERE) & ~population.deleted(targets)
        return kept(population.texts_of(np.maximum(targets, 0)), there)

    return make
