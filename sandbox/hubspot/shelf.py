"""The records of one type as they are now: generated rows, and over them what was written since.

Belongs here: pages, single records, values of unique properties, histories, the truth.
Does not: what the index knows (`sandbox.hubspot.index`), writing (`sandbox.hubspot.changes`).
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice, takewhile

import numpy as np

from sandbox.hubspot import texts
from sandbox.hubspot.defaults import shown
from sandbox.hubspot.generated.table import GeneratedTable
from sandbox.hubspot.model import ObjectType, Page, Record
from sandbox.hubspot.moments import written
from sandbox.hubspot.overlay.indexed import Indexed
from sandbox.hubspot.overlay.overlay import Overlay
from sandbox.hubspot.overlay.versions import ARCHIVED, GONE, LIVE, Version, Versions
from sandbox.world.columns import Flags
from sandbox.world.hashing import Ints

_BATCH = 1_000
_ENDLESS = 1 << 62


class Shelf:
    """The records of one type."""

    def __init__(self, table: GeneratedTable, overlay: Overlay) -> None:
        self.table = table
        self._overlay = overlay

    @property
    def kind(self) -> ObjectType:
        """The type with the properties that it has now."""
        return self._overlay.types[self.table.kind.name]

    @property
    def calculated(self) -> tuple[str, ...]:
        """The properties that HubSpot works out of others."""
        shows = self.table.shows
        return tuple(made.name for made in self.kind.properties if made.calculated and shows(made.name))

    @property
    def versions(self) -> Versions:
        """What was written to records of this type."""
        return self._overlay.versions[self.table.kind.name]

    @property
    def indexed(self) -> Indexed:
        """What the index knows to have been written to records of this type."""
        return self._overlay.indexed[self.table.kind.name]

    def page(self, after: int, limit: int, asked: Sequence[str], *, archived: bool) -> Page:
        """Return records from an id on, ascending; archived ones only, or none of them."""
        names, state = shown(self.kind, asked), ARCHIVED if archived else LIVE
        hidden: dict[int, bytes] = {}
        untouched = list(islice(self._untouched(after, names, hidden, archived=archived), limit + 1))
        last = untouched[-1][0] if len(untouched) > limit else _ENDLESS
        written_to = takewhile(lambda version: version.id <= last, self.versions.from_id(after))
        found = list(islice((version for version in written_to if version.state == state), limit + 1))
        rows = sorted(untouched + self.texts_of(found, names, hidden)) if found else untouched
        following = rows[limit][0] if len(rows) > limit else None
        return Page([row[0] for row in rows[:limit]], [row[1] for row in rows[:limit]], following)

    def warm(self, after: int, asked: Sequence[str], *, archived: bool) -> None:
        """Make the texts of a page, which takes long, before others are kept waiting for it."""
        next(self.table.blocks(after, shown(self.kind, asked), archived=archived), None)

    def read(self, ids: Iterable[int], asked: Sequence[str], *, archived: bool) -> Page:
        """Return those of the named records that are there, each once, in the order of their naming."""
        state, versions = ARCHIVED if archived else LIVE, self.versions
        wanted = list(dict.fromkeys(ids))
        written_to = [version for version in map(versions.newest, wanted) if version is not None]
        found = [version for version in written_to if version.state == state]
        rest = [record_id for record_id in wanted if record_id not in versions.all]
        return self.as_page(wanted, rest, found, shown(self.kind, asked), archived=archived)

    def as_page(
        self,
        order: Sequence[int],
        untouched: Iterable[int],
        versions: Sequence[Version],
        names: tuple[str, ...],
        *,
        archived: bool = False,
    ) -> Page:
        """Return generated rows and versions in an order, without those that are not there."""
        rows = dict(self._generated(untouched, names, archived=archived))
        rows.update(self.texts_of(versions, names))
        ids = [record_id for record_id in order if record_id in rows]
        return Page(ids, [rows[record_id] for record_id in ids], None)

    def current(self, ids: Iterable[int]) -> dict[int, Version]:
        """Return how records are now, whether or not they were ever written to, without those that are not there."""
        wanted = dict.fromkeys(ids)
        found = {record_id: self.versions.newest(record_id) for record_id in wanted}
        generated = self._generated_versions(record_id for record_id in wanted if found[record_id] is None)
        merged = {**found, **generated}
        return {record_id: each for record_id, each in merged.items() if each is not None and each.state != GONE}

    def state(self, record_id: int) -> str:
        """Return whether a record is live, archived or gone, without looking at its values."""
        version = self.versions.newest(record_id)
        if version is not None:
            return version.state
        population = self.table.population
        index = population.ids.index(record_id)
        if index is None:
            return GONE
        return ARCHIVED if population.is_deleted(index) else LIVE

    def live(self, ids: Ints) -> Flags:
        """Return which records are live, of many at once."""
        population, written_to = self.table.population, self.versions.all
        rows = population.ids.rows(ids)
        live = (rows >= 0) & ~population.deleted(rows)
        for place in (place for place, each in enumerate(ids.tolist()) if each in written_to):
            live[place] = written_to[int(ids[place])][-1].state == LIVE
        return live

    def get(self, record_id: int) -> Record | None:
        """Return a record; an id that was merged away leads on."""
        versions = list(self.current([self.final(record_id)]).values())
        return self.records_of(versions)[0] if versions else None

    def final(self, record_id: int) -> int:
        """Return the id that an id leads to by merges."""
        while record_id in self.versions.into:
            record_id = self.versions.into[record_id]
        return record_id

    def records_of(
        self, versions: Sequence[Version], names: Iterable[str] | None = None, hidden: Mapping[int, bytes] | None = None
    ) -> list[Record]:
        """Return versions as records, with all their properties or some.

        `hidden` are texts, with these properties, of generated rows below; with them, a row costs a third.
        """
        names, hidden = {made.name for made in self.kind.properties} if names is None else set(names), hidden or {}
        below = self._below([version for version in versions if version.id not in hidden], names)
        read = {each.id: hidden[each.id] for each in versions if each.based and each.id in hidden}
        below |= {record_id: json.loads(text)["properties"] for record_id, text in read.items()}
        return [self._record(version, below.get(version.id, {}), names) for version in versions]

    def texts_of(
        self, versions: Sequence[Version], names: Sequence[str], hidden: Mapping[int, bytes] | None = None
    ) -> list[tuple[int, bytes]]:
        """Return ids and texts of versions; `hidden` as of `records_of`."""
        return [(record.id, texts.of_record(record, names)) for record in self.records_of(versions, names, hidden)]

    def find(self, name: str, value: str) -> int | None:
        """Return the live record that has a value in a unique property."""
        there = self.current(sorted(self.candidates(name, value))).values()
        live = [version for version in there if version.state == LIVE]
        return next((each.id for each in self.records_of(live, [name]) if each.properties.get(name) == value), None)

    def candidates(self, name: str, value: str) -> set[int]:
        """Return the records that may have, or have had, a unique value: a generated one names its row."""
        numbers = re.findall(r"\d+", value)
        index = int(numbers[-1]) if numbers and len(numbers[-1]) < 12 else self.table.count
        generated = {self.table.population.ids.id(index)} if index < self.table.count else set()
        return generated | self.versions.holders(name, value)

    def history(self, record_id: int, name: str) -> list[tuple[int, str]]:
        """Return moments and values of a property, the newest first; a value that was cleared is empty."""
        versions = self.versions.all.get(record_id, [])
        versions = [*self._generated_versions([record_id]).values(), *versions]
        told: list[tuple[int, str]] = []
        for record, version in zip(self.records_of(versions, [name]), versions, strict=True):
            value = record.properties.get(name) or ""
            if value != (told[-1][1] if told else ""):
                told.append((version.at or record.updated, value))
        return told[::-1]

    def truth(self) -> Iterator[Record]:
        """Yield every record, archived ones too, ascending by id."""
        with self._overlay.reading():
            newest = {record_id: self.versions.all[record_id][-1] for record_id in self.versions.ids}
        generated = (record for record in self._all_generated() if record.id not in newest)
        there = [version for version in newest.values() if version.state != GONE]
        chunks = (there[start : start + _BATCH] for start in range(0, len(there), _BATCH))
        changed = (record for chunk in chunks for record in self.records_of(chunk))
        return merge(generated, changed, key=lambda record: record.id)

    def states(self, ids: Iterable[int]) -> dict[int, list[Record | None]]:
        """Return every state that records ever had, the oldest first; None where one was not live."""
        known = {each: [*self._generated_versions([each]).values(), *self.versions.all.get(each, ())] for each in ids}
        return {
            record_id: [
                record if version.state == LIVE else None for version, record in zip(versions, records, strict=True)
            ]
            for record_id, versions in known.items()
            for records in [self.records_of(versions)]
        }

    def merged(self) -> dict[int, int]:
        """Return which ids were merged away, and where each leads now if that is still there."""
        leads = {record_id: self.final(record_id) for record_id in self.versions.into}
        return {record_id: final for record_id, final in leads.items() if self.state(final) != GONE}

    def _untouched(
        self, after: int, names: tuple[str, ...], hidden: dict[int, bytes], *, archived: bool
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the rows that nobody wrote to; those on the way that somebody did become `hidden`."""
        touched = self.versions.all
        for block in self.table.blocks(after, names, archived=archived):
            for place in range(bisect_left(block.ids, after), len(block.ids)):
                if block.ids[place] in touched:
                    hidden[block.ids[place]] = block.texts[place]
                else:
                    yield block.ids[place], block.texts[place]

    def _generated(self, ids: Iterable[int], names: Sequence[str], *, archived: bool) -> Iterator[tuple[int, bytes]]:
        population, indexes = self.table.population, self._indexes(ids)
        indexes = indexes[population.deleted(indexes) == archived]
        made = self.table.texts(indexes, names, archived=archived) if len(indexes) else []
        return zip(population.ids.ids(indexes).tolist(), made, strict=True)

    def _generated_versions(self, ids: Iterable[int]) -> dict[int, Version]:
        """Return generated rows as the versions that lie below all others."""
        indexes = self._indexes(ids)
        return {
            record.id: Version(
                id=record.id,
                at=0,
                created=record.created,
                updated=record.updated,
                state=LIVE if record.archived_at is None else ARCHIVED,
                based=True,
                changed={},
                archived_at=record.archived_at,
            )
            for record in (self.table.records(indexes, ()) if len(indexes) else ())
        }

    def _indexes(self, ids: Iterable[int]) -> Ints:
        """Return the generated rows of ids, without those that have none."""
        found = map(self.table.population.ids.index, ids)
        return np.fromiter((index for index in found if index is not None), np.int64)

    def _all_generated(self) -> Iterator[Record]:
        names = [made.name for made in self.kind.properties]
        for start in range(0, self.table.count, _BATCH):
            yield from self.table.records(np.arange(start, min(start + _BATCH, self.table.count)), names)

    def _below(self, versions: Sequence[Version], names: Iterable[str]) -> dict[int, Mapping[str, str | None]]:
        """Return the properties of the generated rows on which versions lie."""
        indexes = self._indexes(version.id for version in versions if version.based)
        return {record.id: record.properties for record in self.table.records(indexes, names)} if len(indexes) else {}

    def _record(self, version: Version, below: Mapping[str, str | None], names: Iterable[str]) -> Record:
        identity = {
            "hs_object_id": str(version.id),
            "createdate": written(version.created),
            "hs_createdate": written(version.created),
            self.kind.stamp: written(version.updated),
            "hs_merged_object_ids": ";".join(map(str, version.merged)) or None,
        }
        merged = {**below, **version.changed, **identity}
        properties = {name: merged[name] for name in merged if merged[name] is not None and name in names}
        return Record(version.id, version.created, version.updated, properties, version.archived_at, version.merged)
