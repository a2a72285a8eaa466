"""Changes by day: each row that was inserted, changed or deleted on a day, derived from the raw rows in the lake.

Belongs here: one day of one connection. Does not: which days are due (`crm.changes.days`), where they lie and for how
long (`crm.changes.folders`), what a raw row means there (`crm.changes.rows`).

What a day holds stays: compaction leaves only the newest version of a row, so deriving a day again adds to it. All
parts in the catalog count, also those that no manifest names any more: they are kept for a week, and hold the versions
that a compaction has folded away.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.changes.days import note_derived
from nooks_dagster.crm.changes.folders import change_folder, change_folders
from nooks_dagster.crm.changes.rows import SCHEMA, Day, changed_rows, moments
from nooks_dagster.crm.changes.spool import ChangeSpool, chosen
from nooks_dagster.crm.lifecycle.leaving_out import wanted_only
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.raw import MISSING, OBSERVED, read_raw
from nooks_dagster.crm.rows.raw_parts import RawParts
from nooks_dagster.crm.rows.schemas import known_objects
from nooks_dagster.crm.upkeep.rewriting import PartCutter
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.catalog import landed_since
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.footers import bounds, footer
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Manifest
from nooks_dagster.lake.parts import LocalPart
from nooks_dagster.lake.store import Lake
from nooks_dagster.workspaces.registry import Connection

log = logging.getLogger(__name__)

# A source's clock may run ahead of the database's: what is stamped at midnight may have landed before.
SKEW = timedelta(hours=1)
BATCH_ROWS = 10_000
SMALL_BYTES = 256 * 1024  # a part that is fetched sooner than its footer is looked at


@dataclass(frozen=True, slots=True)
class Derived:
    """A day of a connection: its changes by (canonical object, kind), and whether deriving brought new ones."""

    day: date
    connection: str
    counts: Mapping[tuple[str, str], int]
    news: bool

    @property
    def rows(self) -> int:
        """Return how many changes there are."""
        return sum(self.counts.values())


class Changes:
    """Derives days.

    Args:
        db: The platform's database.
        lake: Where raw rows and changes lie.
        writer: Who writes, for the names of the parts.
    """

    def __init__(self, db: Database, lake: Lake, writer: str) -> None:
        self._db = db
        self._lake = lake
        self._writer = writer

    def derive(self, day: Day, connection: Connection) -> Derived:
        """Add to the changes of a day what the raw rows of a connection tell of it now.

        Raises:
            Corrupt, Missing: A part that a manifest names is not what was written, or gone.
        """
        place = Dataset(self._lake, change_folder(day.date, connection.workspace, connection.id))
        with self._db.transaction() as conn:
            began = clock.now(conn)
            objects = known_objects(conn, connection.id)
        raw = [RawDataset(canonical, connection.workspace, connection.id, source) for source, canonical in objects]
        while (derived := self._derive(day, connection.id, place, raw)) is None:
            log.info("%s: another run derived it meanwhile; it is derived again", place.prefixes[0])
        crash_point("derived")
        with self._db.transaction() as conn:
            note_derived(conn, day.date, connection.id, began, derived.rows)
        return derived

    def take_out(self, workspace: str, connection: str, source: str) -> int:
        """Remove the changes of one object from every day of a connection; return how many those were."""
        gone = 0
        for folder in change_folders(self._lake, workspace, connection):
            while (some := self._take_out(Dataset(self._lake, folder), source)) is None:
                log.info("%s: another run derived it meanwhile; it is looked at again", folder)
            gone += some
        return gone

    def _take_out(self, place: Dataset, source: str) -> int | None:
        """Return how many changes went of a day; None if somebody else replaced it first."""
        seen = place.manifest()
        if not seen.parts:
            return 0
        gone = sum(map(len, place.batches(["id"], [("source_object", "=", source)])))
        if not gone:
            return 0
        handles: list[Handle] = []
        with PartCutter(self._lake.scratch, SCHEMA, lambda part: handles.append(self._land(place, part))) as cutter:
            for batch in place.batches(filters=[("source_object", "!=", source)]):
                if len(batch):
                    cutter.write(batch)
            cutter.finish()
        return gone if self._replace(place, seen, handles) else None

    def _derive(self, day: Day, connection: str, place: Dataset, raw: Sequence[RawDataset]) -> Derived | None:
        """Return what became of it; None if somebody else replaced it first."""
        seen = place.manifest()
        with ChangeSpool(self._lake.scratch) as spool:
            for batch in place.batches() if seen.parts else ():
                spool.add(batch)
            standing = spool.rows
            for dataset in raw:
                for batch in self._raw_changes(dataset, day):
                    spool.add(batch)
            kept, path = spool.latest()
            news = bool(kept[standing:].any()) or not seen.schemas
            counts: Counter[tuple[str, str]] = Counter()
            handles: list[Handle] = []
            with PartCutter(self._lake.scratch, SCHEMA, lambda part: handles.append(self._land(place, part))) as cutter:
                for batch in chosen(path, kept):
                    pairs = zip(batch.column("canonical").to_pylist(), batch.column("kind").to_pylist(), strict=True)
                    counts.update(pairs)
                    if news:
                        cutter.write(batch)
                cutter.finish()
        if news and not self._replace(place, seen, handles):
            return None
        return Derived(day.date, connection, counts, news)

    def _replace(self, place: Dataset, seen: Manifest, handles: Sequence[Handle]) -> bool:
        """Swap in the parts of a day, and remove those that they replace; say whether nobody was faster.

        They go at once: a day is small, and whoever reads it in this second reads it again.
        """
        if not place.fold(seen, len(seen.deltas), [(handles, SCHEMA)]):
            return False
        crash_point("replaced")
        old = {part.handle.uri for part in seen.parts} - {handle.uri for handle in handles}
        self._lake.remove([uri.removeprefix(self._lake.uri("")) for uri in sorted(old)])
        return True

    def _land(self, place: Dataset, part: LocalPart) -> Handle:
        name = f"{place.prefixes[0]}/{self._writer}-{part.sha256[:12]}.parquet"
        return self._lake.upload(part.path, name, part.rows, part.sha256)

    def _raw_changes(self, dataset: RawDataset, day: Day) -> Iterator[pa.RecordBatch]:
        """Yield the changes of a day that the parts of a dataset hold: those that landed on that day or later."""
        with self._db.transaction() as conn:
            landed = landed_since(conn, dataset.prefix, day.start - SKEW)
        if not landed:
            return
        parts = RawParts(self._db, self._lake, dataset)
        named = {part.handle.uri for part in Dataset(self._lake, dataset.prefix).manifest().parts}
        for handle in landed:
            # What no manifest names may be removed while we read, or was replaced because it is broken.
            with suppress(*(() if handle.uri in named else (Missing, Corrupt))):
                yield from self._part_changes(parts, handle, dataset, day)

    def _part_changes(self, parts: RawParts, handle: Handle, dataset: RawDataset, day: Day) -> Iterator[pa.RecordBatch]:
        shape = parts.shape_of(handle)
        groups = None
        if handle.bytes > SMALL_BYTES and (told := footer(self._lake, handle)):
            groups = _groups_of(told, shape.source, day)
            if not groups:
                return
        with parts.fetched(handle) as part:
            rows = read_raw(part.path, BATCH_ROWS, part.observed_at, groups=groups)
            with self._db.transaction() as conn:
                source, rows = wanted_only(conn, dataset.connection, part.shape.source, rows)
            for batch in rows:
                yield changed_rows(batch, source, dataset, day)


def _groups_of(told: pq.FileMetaData, source: SourceObject, day: Day) -> list[int]:
    """Return the row groups that may hold a change of a day."""
    stamps = zip(*(bounds(told, name) for name in moments(source)), strict=True)
    vanished = zip(bounds(told, MISSING), bounds(told, OBSERVED), strict=True)
    return [
        number
        for number, (known, (missing, observed)) in enumerate(zip(stamps, vanished, strict=True))
        if any(map(day.may_lie_in, known)) or (missing and day.may_lie_in(observed))
    ]
