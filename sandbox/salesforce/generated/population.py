"""How many rows each object has, and the arithmetic of their ids, stamps and deletions.

Belongs here: everything about a row that does not depend on its fields. Does not: values of fields.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from sandbox.salesforce.ids import DIGITS, IdSeries
from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.schema.catalog import CATALOG
from sandbox.world.hashing import mix, salt
from sandbox.world.shuffle import Shuffle, shuffled
from sandbox.world.timeline import Timeline

DELETED_EVERY = 97
"""One row in so many is deleted, about 1 %; a prime, so that pages and ties meet it everywhere."""

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


class Population:
    """The rows 0..count-1 of one object. Users are never deleted: Salesforce only deactivates them."""

    def __init__(self, sobject: SObjectType, seed: int, accounts: int) -> None:
        self.sobject = sobject
        self.count = _size(sobject.name, accounts)
        self.key = mix(mix(seed) ^ salt(sobject.name))
        self.ids = IdSeries(sobject.key_prefix + _instance(seed), self.key % 62**4 * 62, self.count)
        self.shuffle = shuffled(self.count, self.key)
        self.timeline = Timeline(self.count)
        self.residue = None if sobject.name == "User" else 1 + self.key % (DELETED_EVERY - 1)

    @cached_property
    def by_rank(self) -> Shuffle:
        """The shuffle seen from the ranks, to walk in the order of time."""
        return self.shuffle.inverse()

    def is_deleted(self, index: int) -> bool:
        """Return whether the row is in the recycle bin."""
        return index % DELETED_EVERY == self.residue

    def live_ids(self, numbers: Iterable[int]) -> list[str]:
        """Return ids of rows that are not deleted, one for each number, however large."""
        count, residue = self.count, self.residue
        indexes = [number % count for number in numbers]
        return self.ids.ids18([index - (index % DELETED_EVERY == residue) for index in indexes])


@dataclass(frozen=True, slots=True)
class World:
    """All populations of one org, by object name."""

    populations: Mapping[str, Population]


def populate(seed: int, accounts: int) -> World:
    """Return the populations of every object of the catalogue, in proportion to accounts."""
    return World({sobject.name: Population(sobject, seed, accounts) for sobject in CATALOG})


def _size(name: str, accounts: int) -> int:
    least = _FEWEST_USERS if name == "User" else 1
    return max(int(accounts * _PER_ACCOUNT[name]), least)


def _instance(seed: int) -> str:
    """Return two characters, so that the ids of two orgs differ as they do in Salesforce."""
    return DIGITS[10 + mix(seed) % 52] + DIGITS[mix(seed + 1) % 62]
