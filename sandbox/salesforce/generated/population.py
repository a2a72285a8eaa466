"""How many rows each object has, and their ids.

Belongs here: what only Salesforce's rows have (`sandbox.world.population` has the rest). Does not: values of fields.
"""

from collections.abc import Mapping

import pyarrow as pa

from sandbox.salesforce.ids import DIGITS, IdSeries
from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.schema.catalog import CATALOG
from sandbox.world import population
from sandbox.world.hashing import Ints, mix, salt
from sandbox.world.timeline import Timeline

_PER_ACCOUNT = {
    "Account": 1.0,
    "Contact": 5.0,
    "Lead": 1.5,
    "Opportunity": 2.0,
    "Task": 4.0,
    "Territory_Plan__c": 0.5,
    "User": 0.01,
}
_FEWEST_USERS = 5


class Population(population.Population):
    """The rows 0..count-1 of one object. Users are never deleted: Salesforce only deactivates them."""

    def __init__(self, sobject: SObjectType, seed: int, accounts: int) -> None:
        key = mix(mix(seed) ^ salt(sobject.name))
        super().__init__(key, Timeline(_size(sobject.name, accounts)), permanent=sobject.name == "User")
        self.sobject = sobject
        self.ids = IdSeries(sobject.key_prefix + _instance(seed), key % 62**4 * 62, self.count)

    def texts_of(self, indexes: Ints) -> pa.Array:
        """Return ids of 18 characters."""
        return self.ids.ids18(indexes)


World = Mapping[str, Population]
"""All populations of one org, by object name."""


def populate(seed: int, accounts: int) -> World:
    """Return the populations of every object of the catalogue, in proportion to accounts."""
    return {sobject.name: Population(sobject, seed, accounts) for sobject in CATALOG}


def _size(name: str, accounts: int) -> int:
    least = _FEWEST_USERS if name == "User" else 1
    return max(int(accounts * _PER_ACCOUNT[name]), least)


def _instance(seed: int) -> str:
    """Return two characters, so that the ids of two orgs differ as they do in Salesforce."""
    return DIGITS[10 + mix(seed) % 52] + DIGITS[mix(seed + 1) % 62]
