"""A portal over generated rows and what was written since.

Belongs here: who answers what. Does not: the answers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sandbox.hubspot.associations import Associations
from sandbox.hubspot.changes import Changes
from sandbox.hubspot.finding import Finding
from sandbox.hubspot.generated.table import GeneratedTable
from sandbox.hubspot.generated.world import World
from sandbox.hubspot.model import (
    Change,
    Edge,
    Found,
    Label,
    ObjectType,
    Owner,
    Page,
    Pipeline,
    Properties,
    Property,
    Record,
    Refused,
    Search,
)
from sandbox.hubspot.overlay.overlay import Overlay, made_entry
from sandbox.hubspot.overlay.versions import LIVE, Version
from sandbox.hubspot.schema.pipelines import PIPELINES
from sandbox.hubspot.shelf import Shelf


class Records:
    """A `sandbox.hubspot.portal.Portal`.

    Args:
        name: The account's name.
        hub_id: Its number.
        world: The rows that it was made of.
        log: The file of what is written to it.
        skew: How many seconds its clock is behind the machine's.
    """

    def __init__(self, name: str, hub_id: int, world: World, log: Path, skew: float) -> None:
        self._name = name
        self._hub_id = hub_id
        self._world = world
        tables = {kind: GeneratedTable(world, population) for kind, population in world.populations.items()}
        self._overlay = Overlay(log, tables, skew)
        self._shelves = {kind: Shelf(table, self._overlay) for kind, table in tables.items()}
        self._associations = Associations(self._shelves, world.relations, self._overlay)
        self._changes = {
            kind: Changes(shelf, self._associations, self._overlay) for kind, shelf in self._shelves.items()
        }
        self._findings = {kind: Finding(shelf) for kind, shelf in self._shelves.items()}

    @property
    def name(self) -> str:
        """The account's name."""
        return self._name

    @property
    def hub_id(self) -> int:
        """The number of the account."""
        return self._hub_id

    def now(self) -> int:
        """The portal's clock; whoever asks is not kept waiting by writes."""
        with self._overlay.glancing():
            return self._overlay.now()

    def advance(self, seconds: float) -> None:
        """Let time pass on the portal's clock."""
        self._overlay.advance(seconds)

    def set_index_lag(self, seconds: float) -> None:
        """Say how long a change stays unseen by search."""
        self._overlay.set_lag(seconds)

    def types(self) -> Sequence[ObjectType]:
        """Every type of object, HubSpot's own first."""
        with self._overlay.reading():
            return list(self._overlay.types.values())

    def type(self, name: str) -> ObjectType:
        """Return a type by name, singular, id or fully qualified name.

        Raises:
            Refused: There is none.
        """
        wanted = name.lower()
        for kind in self.types():
            if wanted in {kind.name, kind.singular, kind.type_id, kind.qualified_name}:
                return kind
        raise Refused(400, "VALIDATION_ERROR", f"Unable to infer object type from: {name}")

    def page(self, kind: ObjectType, after: int, limit: int, names: Sequence[str], *, archived: bool) -> Page:
        """Return records from an id on, ascending."""
        self._shelves[kind.name].warm(after, names, archived=archived)
        with self._overlay.reading():
            return self._shelves[kind.name].page(after, limit, names, archived=archived)

    def read(self, kind: ObjectType, ids: Sequence[int], names: Sequence[str], *, archived: bool) -> Page:
        """Return those of the named records that are there."""
        with self._overlay.reading():
            return self._shelves[kind.name].read(ids, names, archived=archived)

    def get(self, kind: ObjectType, record_id: int) -> Record | None:
        """Return a record, or the one that it was merged into."""
        with self._overlay.reading():
            return self._shelves[kind.name].get(record_id)

    def find(self, kind: ObjectType, name: str, value: str) -> int | None:
        """Return the id of the record that has a value in a unique property."""
        with self._overlay.reading():
            return self._shelves[kind.name].find(name, value.lower() if name == "email" else value)

    def history(self, kind: ObjectType, record_id: int, name: str) -> Sequence[tuple[int, str]]:
        """Return moments and values of a property, the newest first."""
        with self._overlay.reading():
            return self._shelves[kind.name].history(record_id, name)

    def search(self, kind: ObjectType, search: Search, offset: int, limit: int, names: Sequence[str]) -> Found:
        """Return what the index knows of a search.

        Raises:
            Refused: A condition that cannot be one.
        """
        finding = self._findings[kind.name]
        with self._overlay.reading():
            self._shelves[kind.name].versions.index(self._overlay.horizon())
            return finding.search(search, offset, limit, names)

    def live(self, kind: ObjectType, record_id: int) -> bool:
        """Return whether a record is there, and not archived."""
        with self._overlay.reading():
            return self._shelves[kind.name].state(record_id) == LIVE

    def write(self, kind: ObjectType, changes: Sequence[Change]) -> Sequence[int]:
        """Create and update records; return their ids.

        Raises:
            Refused: One of the changes cannot be made; none is.
        """
        return self._changes[kind.name].write(changes)

    def recalculate(self, kind: ObjectType, record_id: int, values: Properties) -> None:
        """Let calculated properties of a record have other values; no stamp moves."""
        self._changes[kind.name].recalculate(record_id, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let all that the block does be there as a whole, or not at all."""
        with self._overlay.writing():
            yield

    def steps(self) -> int:
        """Return how many steps the world has made here."""
        with self._overlay.reading():
            return self._overlay.steps

    @contextmanager
    def step(self) -> Iterator[int]:
        """Let all that the block does be one step of the world's, there as a whole or not at all; yield its number."""
        with self._overlay.writing():
            number = self._overlay.steps + 1
            yield number
            self._overlay.commit({"step": number})

    def made(self, kind: ObjectType, share: float) -> int:
        """Return the record at a share of those that the type was made with, whatever became of it."""
        population = self._shelves[kind.name].table.population
        return population.ids.id(int(population.count * share))

    def changed(self, kind: ObjectType, share: float, wanted: Callable[[Version], bool]) -> int | None:
        """Return a record that was written to and that is as wanted: the first from a share of all of them on."""
        with self._overlay.reading():
            versions = self._shelves[kind.name].versions.around(share)
            return next((version.id for version in versions if wanted(version)), None)

    def written_to(self, kind: ObjectType) -> Sequence[int]:
        """Return the ids of the records that something happened to, ascending."""
        with self._overlay.reading():
            return list(self._shelves[kind.name].versions.ids)

    def versions(self, kind: ObjectType) -> Sequence[Sequence[Version]]:
        """Return all versions of each record that something happened to, ascending by id, the oldest first."""
        with self._overlay.reading():
            versions = self._shelves[kind.name].versions
            return [list(versions.all[record_id]) for record_id in versions.ids]

    def states(self, kind: ObjectType, ids: Sequence[int]) -> Mapping[int, Sequence[Record | None]]:
        """Return every state that records ever had, the oldest first; None where one was not live."""
        with self._overlay.reading():
            return self._shelves[kind.name].states(ids)

    def archive(self, kind: ObjectType, ids: Sequence[int]) -> None:
        """Archive records."""
        self._changes[kind.name].archive(ids)

    def restore(self, kind: ObjectType, ids: Sequence[int]) -> None:
        """Take records out of the recycle bin."""
        self._changes[kind.name].restore(ids)

    def merge(self, kind: ObjectType, primary: int, other: int) -> Record:
        """Merge two records into a new one.

        Raises:
            Refused: One of them is not there.
        """
        return self._changes[kind.name].merge(primary, other)

    def erase(self, kind: ObjectType, record_id: int) -> None:
        """Remove a record for good."""
        self._changes[kind.name].erase(record_id)

    def associated(self, kind: ObjectType, ids: Sequence[int], to: ObjectType) -> Mapping[int, Sequence[Edge]]:
        """Return the edges of records towards a type."""
        with self._overlay.reading():
            return self._associations.of(kind.name, ids, to.name)

    def associate(self, kind: ObjectType, record_id: int, to: ObjectType, edge: Edge) -> None:
        """Make an edge, or set its labels anew.

        Raises:
            Refused: A label that such edges do not have, or a record that is not there.
        """
        with self._overlay.writing():
            self._associations.need(kind.name, record_id)
            labels = edge.labels or self._associations.labels(kind.name, to.name)[:1]
            edges = self._associations.written(kind.name, record_id, to.name, Edge(edge.to, labels))
            self._overlay.commit({"edges": edges})

    def dissociate(self, kind: ObjectType, record_id: int, to: ObjectType, to_id: int) -> None:
        """Remove an edge."""
        with self._overlay.writing():
            edges = self._associations.written(kind.name, record_id, to.name, Edge(to_id, ()))
            self._overlay.commit({"edges": edges})

    def labels(self, kind: ObjectType, to: ObjectType) -> Sequence[Label]:
        """Return the types that an edge between two types may have."""
        return self._associations.labels(kind.name, to.name)

    def owners(self) -> Sequence[Owner]:
        """Every owner, ascending by id."""
        with self._overlay.reading():
            known = {owner.id: owner for owner in self._world.owners.all} | self._overlay.owners
        return [known[owner_id] for owner_id in sorted(known)]

    def set_owner(self, owner: Owner) -> None:
        """Let an owner be another, or there be one more."""
        with self._overlay.writing():
            self._overlay.commit({"owners": [asdict(owner)]})

    def pipelines(self, kind: ObjectType) -> Sequence[Pipeline]:
        """The pipelines of a type."""
        return PIPELINES.get(kind.name, ())

    def add_property(self, kind: ObjectType, made: Property) -> None:
        """Give a type a property.

        Raises:
            Refused: It exists.
        """
        with self._overlay.writing():
            if any(each.name == made.name for each in self._shelves[kind.name].kind.properties):
                raise Refused(409, "CONFLICT", f"A property named '{made.name}' already exists.")
            self._overlay.commit(made_entry(kind.name, made))

    def remove_property(self, kind: ObjectType, name: str) -> None:
        """Take a property away, with its values."""
        with self._overlay.writing():
            self._overlay.commit({"removed": [[kind.name, name]]})

    def truth(self, kind: ObjectType) -> Iterator[Record]:
        """Every record, archived ones too, ascending by id."""
        return self._shelves[kind.name].truth()

    def merged(self, kind: ObjectType) -> Mapping[int, int]:
        """Which ids were merged away, and where each leads now."""
        with self._overlay.reading():
            return self._shelves[kind.name].merged()
