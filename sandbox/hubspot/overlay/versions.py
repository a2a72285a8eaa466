"""The versions of the records of one type that were written to.

Belongs here: what a version is, which are there, the newest of each, what the index knows of them.
Does not: edges (`sandbox.hubspot.overlay.edges`), the log.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

LIVE, ARCHIVED, GONE = "live", "archived", "gone"
"""A record that is gone was erased, or merged into another."""


@dataclass(frozen=True, slots=True)
class Version:
    """A record from one write to the next.

    `at` is when it was written, which is not always a change of the record (`updated`). `changed` are all properties
    that differ from the generated row below it; without one (not `based`), all that have values.
    """

    id: int
    at: int
    created: int
    updated: int
    state: str
    based: bool
    changed: dict[str, str | None]
    archived_at: int | None = None
    merged: tuple[int, ...] = ()
    into: int | None = None

    def written(self) -> dict[str, Any]:
        """Return it for the log."""
        return asdict(self)


def read_version(written: dict[str, Any]) -> Version:
    """Return a version from the log."""
    return Version(**{**written, "merged": tuple(written["merged"])})


class Versions:
    """Every version of a type's records, in the order in which they were written.

    Args:
        unique: The properties whose values lead to their records.
        learn: Called with each version that the index comes to know.
    """

    def __init__(self, unique: Iterable[str], learn: Callable[[Version], None]) -> None:
        self.unique = set(unique)
        self._learn = learn
        self.all: dict[int, list[Version]] = {}
        self.ids: list[int] = []
        self.into: dict[int, int] = {}
        self._values: dict[tuple[str, str], set[int]] = {}
        self._waiting: deque[Version] = deque()

    def add(self, version: Version) -> None:
        """Take in what was written."""
        if version.id not in self.all:
            self.all[version.id] = []
            insort(self.ids, version.id)
        self.all[version.id].append(version)
        self._waiting.append(version)
        if version.into is not None:
            self.into[version.id] = version.into
        for name, value in version.changed.items():
            if value is not None and name in self.unique:
                self._values.setdefault((name, value), set()).add(version.id)

    def newest(self, record_id: int) -> Version | None:
        """Return a record's last version, if it was ever written to."""
        versions = self.all.get(record_id)
        return versions[-1] if versions else None

    def around(self, share: float) -> Iterator[Version]:
        """Yield the newest version of each record, from a share on in the order of ids."""
        start = int(len(self.ids) * share)
        for place in range(len(self.ids)):
            yield self.all[self.ids[(start + place) % len(self.ids)]][-1]

    def from_id(self, after: int) -> Iterator[Version]:
        """Yield the newest version of each record from an id on, ascending."""
        for place in range(bisect_left(self.ids, after), len(self.ids)):
            yield self.all[self.ids[place]][-1]

    def holders(self, name: str, value: str) -> frozenset[int]:
        """Return the records that have, or had, a value."""
        return frozenset(self._values.get((name, value), ()))

    def index(self, horizon: int) -> None:
        """Let the index know what was written up to a moment."""
        while self._waiting and self._waiting[0].at <= horizon:
            self._learn(self._waiting.popleft())

    def forget(self, name: str) -> None:
        """Take a property's values out of all versions."""
        for versions in self.all.values():
            for version in versions:
                version.changed.pop(name, None)
        self._values = {key: ids for key, ids in self._values.items() if key[0] != name}
