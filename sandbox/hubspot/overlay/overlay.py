"""Everything that was written to a portal, as far as the log tells.

Belongs here: turning entries of the log into what they mean, for whoever reads or writes.
Does not: what may be written.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from time import time

from sandbox.hubspot.generated.table import GeneratedTable
from sandbox.hubspot.model import ObjectType, Owner, Property
from sandbox.hubspot.overlay.edges import Edges
from sandbox.hubspot.overlay.indexed import Indexed
from sandbox.hubspot.overlay.versions import Version, Versions, read_version
from sandbox.log import Entry, Log

DEFAULT_LAG = 4.0
"""Seconds that a change stays unseen by search, unless it is said otherwise."""


class Overlay:
    """The state behind the log.

    Args:
        path: Of the log.
        tables: The generated rows, by type.
        skew: How many seconds the portal's clock is behind the machine's.
    """

    def __init__(self, path: Path, tables: Mapping[str, GeneratedTable], skew: float) -> None:
        self._log = Log(path)
        self._tables = tables
        self.types: dict[str, ObjectType] = {name: table.kind for name, table in tables.items()}
        self.indexed = {name: Indexed(table.population) for name, table in tables.items()}
        self.versions = {name: Versions(_unique(kind), self.indexed[name].learn) for name, kind in self.types.items()}
        self.edges = Edges()
        self.owners: dict[int, Owner] = {}
        self.steps = 0
        self._offset = -skew
        self._lag = DEFAULT_LAG
        self._last = 0

    def reading(self) -> AbstractContextManager[None]:
        """Keep everything as it is while the block looks at it, up to date with what other processes wrote."""
        return self._log.reading(self._take_in)

    def glancing(self) -> AbstractContextManager[None]:
        """Be up to date for the block as in `reading`, but wait for nobody: while somebody writes, as of before."""
        return self._log.glancing(self._take_in)

    @contextmanager
    def writing(self) -> Iterator[int]:
        """Let nobody else write during the block, and say when it is: no earlier than the last write."""
        with self._log.writing(), self.reading():
            self._last = max(self.now(), self._last)
            yield self._last

    def commit(self, entry: Entry) -> None:
        """Make an entry durable with the end of the block that is writing."""
        self._log.append(entry)
        self._take_in(entry)

    def now(self) -> int:
        """The portal's clock in milliseconds."""
        return int((time() + self._offset) * 1_000)

    def horizon(self) -> int:
        """Up to which moment the index knows what was written."""
        return self.now() - int(self._lag * 1_000)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        with self.writing():
            self.commit({"offset": self._offset + seconds})

    def set_lag(self, seconds: float) -> None:
        """Say how far the index is behind."""
        with self.writing():
            self.commit({"lag": seconds})

    def _take_in(self, entry: Entry) -> None:
        self.steps = max(self.steps, entry.get("step", 0))
        self._offset = entry.get("offset", self._offset)
        self._lag = entry.get("lag", self._lag)
        for name, made in entry.get("made", ()):
            self._make(name, Property(**{**made, "options": tuple(made["options"])}))
        for name, property_name in entry.get("removed", ()):
            self._remove(name, property_name)
        for name, written in entry.get("versions", ()):
            version = read_version(written)
            self._last = max(self._last, version.at)
            self.versions[name].add(version)
        for written in entry.get("owners", ()):
            self.owners[written["id"]] = Owner(**{**written, "teams": tuple(map(tuple, written["teams"]))})
        for edge in entry.get("edges", ()):
            self.edges.add(edge)

    def _make(self, name: str, made: Property) -> None:
        kind = self.types[name]
        self.types[name] = replace(kind, properties=(*kind.properties, made))
        self.versions[name].unique = _unique(self.types[name])

    def _remove(self, name: str, property_name: str) -> None:
        kind = self.types[name]
        left = tuple(each for each in kind.properties if each.name != property_name)
        self.types[name] = replace(kind, properties=left)
        self.versions[name].forget(property_name)
        self._tables[name].hide(property_name)


def versions_entry(name: str, versions: Sequence[Version]) -> Entry:
    """Return the entry that adds versions of records of a type."""
    return {"versions": [[name, version.written()] for version in versions]}


def made_entry(name: str, made: Property) -> Entry:
    """Return the entry that gives a type a property."""
    return {"made": [[name, asdict(made)]]}


def _unique(kind: ObjectType) -> set[str]:
    return {made.name for made in kind.properties if made.unique}
