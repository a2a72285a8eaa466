"""Writes to the records of one type.

Belongs here: which versions a write makes, and what refuses it. Does not: how versions are kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.hubspot.associations import Associations
from sandbox.hubspot.checks import checked
from sandbox.hubspot.generated.ids import FIRST_CREATED
from sandbox.hubspot.model import Change, Record, Refused
from sandbox.hubspot.overlay.overlay import Overlay, versions_entry
from sandbox.hubspot.overlay.versions import ARCHIVED, GONE, LIVE, Version
from sandbox.hubspot.shelf import Shelf
from sandbox.world.hashing import mix

_WIDEST_JUMP = 1_000
"""Ids of created records are up to so far apart."""


class Changes:
    """Everything that may happen to the records of one type."""

    def __init__(self, shelf: Shelf, associations: Associations, overlay: Overlay) -> None:
        self._shelf = shelf
        self._associations = associations
        self._overlay = overlay
        self._name = shelf.kind.name

    def write(self, changes: Sequence[Change]) -> list[int]:
        """Create and update records, all with one stamp; return their ids.

        Raises:
            Refused: One of the changes cannot be made; none is.
        """
        with self._overlay.writing() as now:
            wished = [checked(self._shelf.kind, change.properties) for change in changes]
            known = self._shelf.current(change.id for change in changes if change.id is not None)
            written: dict[int, Version] = {}
            targets: list[int] = []
            for change, values in zip(changes, wished, strict=True):
                version = self._before(change, known, now)
                written[version.id] = replace(version, at=now, updated=now, changed={**version.changed, **values})
                known[version.id] = written[version.id]
                targets.append(version.id)
                self._refuse_taken(version.id, values, written)
            self._commit(self._calculated(list(written.values())), self._edges(changes, targets))
        return targets

    def archive(self, ids: Sequence[int]) -> None:
        """Archive records; those that are not there are passed over. No stamp moves."""
        with self._overlay.writing() as now:
            self._commit([replace(v, at=now, state=ARCHIVED, archived_at=now) for v in self._in_state(LIVE, ids)])

    def restore(self, ids: Sequence[int]) -> None:
        """Take records out of the recycle bin. No stamp moves."""
        with self._overlay.writing() as now:
            self._commit([replace(v, at=now, state=LIVE, archived_at=None) for v in self._in_state(ARCHIVED, ids)])

    def merge(self, primary: int, other: int) -> Record:
        """Merge two records into a new one: values of the first, where it has none those of the other.

        Raises:
            Refused: One of them is not there, or they are one.
        """
        with self._overlay.writing() as now:
            if primary == other:
                raise Refused(400, "VALIDATION_ERROR", f"Cannot merge object {primary} with itself")
            known = self._shelf.current((primary, other))
            old = [_live(known, record_id) for record_id in (primary, other)]
            first, second = self._shelf.records_of(old)
            merged = Version(
                id=self._next_id({}),
                at=now,
                created=min(first.created, second.created),
                updated=now,
                state=LIVE,
                based=False,
                changed={**second.properties, **first.properties},
                merged=(*first.merged, *second.merged, primary, other),
            )
            gone = [replace(v, at=now, state=GONE, based=False, changed={}, into=merged.id) for v in old]
            edges = self._associations.moved(self._name, [primary, other], merged.id)
            versions = self._calculated([merged])
            self._commit([*gone, *versions], edges)
            return self._shelf.records_of(versions)[0]

    def erase(self, record_id: int) -> None:
        """Remove a record for good."""
        with self._overlay.writing() as now:
            there = self._shelf.current([record_id]).values()
            self._commit([replace(v, at=now, state=GONE, based=False, changed={}, archived_at=None) for v in there])

    def _before(self, change: Change, known: dict[int, Version], now: int) -> Version:
        """Return what a change starts from: the record as it is, or an empty one."""
        if change.id is None:
            return Version(self._next_id(known), now, now, now, LIVE, False, {})
        return _live(known, change.id)

    def _in_state(self, state: str, ids: Sequence[int]) -> list[Version]:
        return [version for version in self._shelf.current(ids).values() if version.state == state]

    def _next_id(self, written: dict[int, Version]) -> int:
        ids = self._shelf.versions.ids
        last = max(FIRST_CREATED, ids[-1] if ids else 0, *written)
        return last + 1 + mix(last) % _WIDEST_JUMP

    def _refuse_taken(self, record_id: int, values: dict[str, str | None], written: dict[int, Version]) -> None:
        for name in self._shelf.versions.unique & values.keys():
            value = values[name]
            if value is None:
                continue
            holder = next((v.id for v in written.values() if v.id != record_id and v.changed.get(name) == value), None)
            if holder is None:
                holder = self._shelf.find(name, value)
            if holder not in (None, record_id):
                label = self._shelf.kind.label
                raise Refused(409, "CONFLICT", f"{label} already exists. Existing ID: {holder}")

    def recalculate(self, record_id: int, values: Mapping[str, str | None]) -> None:
        """Let HubSpot work out other values, since something else that they look at has changed. No stamp moves."""
        with self._overlay.writing() as now:
            there = self._in_state(LIVE, [record_id])
            self._commit([replace(v, at=now, changed={**v.changed, **values}) for v in there])

    def _calculated(self, versions: Sequence[Version]) -> list[Version]:
        """Return versions with the properties that HubSpot works out of others, where one of those was written."""
        table, names = self._shelf.table, self._shelf.calculated
        inputs = table.inputs(names)
        again = [version for version in versions if not version.based or inputs & version.changed.keys()]
        records = self._shelf.records_of(again, inputs) if again else []
        rows = table.calculated(names, [record.properties for record in records]) if again else []
        values = {version.id: row for version, row in zip(again, rows, strict=True)}
        return [replace(v, changed={**v.changed, **values.get(v.id, {})}) for v in versions]

    def _edges(self, changes: Sequence[Change], targets: Sequence[int]) -> list[Any]:
        edges: list[Any] = []
        for change, target in zip(changes, targets, strict=True):
            for to, edge in change.associations:
                edges += self._associations.written(self._name, target, to, edge)
        return edges

    def _commit(self, versions: Sequence[Version], edges: Sequence[Any] = ()) -> None:
        if versions or edges:
            self._overlay.commit({**versions_entry(self._name, versions), "edges": list(edges)})


def _live(known: Mapping[int, Version], record_id: int) -> Version:
    version = known.get(record_id)
    if version is None or version.state != LIVE:
        message = "Object not found.  objectId are usually numeric."
        raise Refused(404, "OBJECT_NOT_FOUND", message, context={"ids": [str(record_id)]})
    return version
