"""All populations of a portal, its owners, and the links between rows.

Belongs here: what any column of any type may need. Does not: columns (`sandbox.hubspot.generated.table`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.hubspot.generated.edges import Relation, relations
from sandbox.hubspot.generated.owners import Owners
from sandbox.hubspot.generated.population import Population
from sandbox.hubspot.schema.catalog import catalog


@dataclass(frozen=True)
class World:
    """What a portal was made of."""

    populations: Mapping[str, Population]
    owners: Owners
    relations: tuple[Relation, ...]


def make_world(hub_id: int, seed: int, accounts: int, tied: int) -> World:
    """Return a world; everything but the name of its custom type follows from the seed."""
    populations = {kind.name: Population(kind, seed, accounts, tied) for kind in catalog(hub_id)}
    return World(populations, Owners(seed, accounts), relations(populations))
