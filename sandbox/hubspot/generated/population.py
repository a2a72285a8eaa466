"""How many rows each type has, and their ids and stamps.

Belongs here: what only HubSpot's rows have (`sandbox.world.population` has the rest). Does not: values of properties.
"""

from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from sandbox.hubspot.generated.ids import IdSeries
from sandbox.hubspot.model import ObjectType
from sandbox.world import population
from sandbox.world.hashing import Ints, mix, salt
from sandbox.world.timeline import Timeline, ties

PER_ACCOUNT: Mapping[str, float] = {
    "contacts": 5.0,
    "companies": 1.0,
    "deals": 2.0,
    "leads": 1.5,
    "calls": 3.0,
    "meetings": 1.0,
    "subscriptions": 0.5,
}

_shared_ties = cache(ties)


class Population(population.Population):
    """The rows 0..count-1 of one type, stamped in milliseconds.

    Args:
        kind: The type.
        seed: What everything follows from.
        accounts: The size of the world; 1 account is 14 records.
        tied: How many rows share one millisecond, once a type has more than twice as many.
    """

    def __init__(self, kind: ObjectType, seed: int, accounts: int, tied: int) -> None:
        key = mix(mix(seed) ^ salt(kind.name))
        count = max(int(accounts * PER_ACCOUNT[kind.name]), 1)
        super().__init__(key, Timeline(count, 1_000, _shared_ties(tied, 2 * tied)))
        self.kind = kind
        self.ids = IdSeries(key, count)

    def texts_of(self, indexes: Ints) -> pa.Array:
        """Return ids as texts."""
        return pa.array(self.ids.ids(indexes)).cast(pa.string())
