"""Chunks: the smallest part of a sync. Extract, land in the lake, merge into Postgres; what is reached is kept.

Belongs here: the life of one chunk. Does not: which chunks there are (`crm.sync.cutting`).

A chunk dies anywhere without harm: before `landed` it is fetched again, after it only merged again from
the lake, and a part that no ledger row names is never read. A part that was altered or removed meanwhile, or
that cannot be merged, is struck out and fetched again too: once, then the source itself is at fault.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from threading import BoundedSemaphore

import pyarrow as pa

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.access.meter import spent
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.lifecycle.leaving_out import wanted_only
from nooks_dagster.crm.model import Chunk, SourceObject
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.rows.merge import merge
from nooks_dagster.crm.rows.raw import missing, raw_schema, read_raw
from nooks_dagster.crm.rows.raw_parts import RawParts
from nooks_dagster.crm.rows.schemas import fingerprint, recall, remember
from nooks_dagster.crm.sweeps.roll import Roll, Stretch
from nooks_dagster.crm.sync.landed import OBSERVED_AT, Landed
from nooks_dagster.crm.sync.packed_ids import unpack
from nooks_dagster.crm.sync.spooling import spool
from nooks_dagster.crm.work import WindowTask
from nooks_dagster.database.copy import SLICE_ROWS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Failure, Permanent
from nooks_dagster.lake.catalog import add_part, forget_parts
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.parts import LocalPart, PartWriter
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)

MERGE_ROWS = 2 * SLICE_ROWS  # about 10 MB of Arrow for 40 columns, and no slice that is half empty
STRUCK_OUT = "struck_out"  # in the progress of a chunk one of whose parts was of no use


class ChunkRunner:
    """Runs the chunks of open windows.

    Args:
        db: The platform's database.
        lake: Where parts land.
        ledger: Where progress is recorded.
        merges: Chunks that are merged at once; the others wait, or are being fetched.
    """

    def __init__(self, db: Database, lake: Lake, ledger: Ledger, merges: int) -> None:
        self._merges = BoundedSemaphore(merges)
        self._db = db
        self._lake = lake
        self._ledger = ledger

    def run(self, claim: Claim, task: WindowTask, source: SourceObject, connector: Connector | None) -> None:
        """Bring one chunk to its end: landed, merged, complete.

        Args:
            claim: The chunk.
            task: Its window.
            source: The object as it is now; what landed before is merged by the shape that it was read with.
            connector: Where it is read; None to merge a part that is published.

        Raises:
            Failure: What the source, the lake or Postgres answered.
            LostLease: Another worker has the chunk; nothing of ours was committed.
        """
        try:
            self._run(claim, task, source, connector)
        finally:
            # The thread ends with its chunk, and what Arrow keeps for its next one would be nobody's.
            pa.default_memory_pool().release_unused()

    def _run(self, claim: Claim, task: WindowTask, source: SourceObject, connector: Connector | None) -> None:
        if connector is None:
            self._merge_published(claim, task)
            return
        landed = Landed.of(claim.item.progress)
        if landed is None or not self._merge_landed(claim, task, landed):
            self._land_and_merge(claim, task, source, connector)

    def _merge_published(self, claim: Claim, task: WindowTask) -> None:
        """Merge a part that a manifest names.

        Raises:
            Corrupt, Missing: It is not what was written, or gone; only the source can help.
        """
        handle = Handle.from_json(claim.item.payload["spec"])
        with RawParts(self._db, self._lake, task.raw).fetched(handle) as part:
            rows = read_raw(part.path, MERGE_ROWS, part.observed_at)
            self._merge(claim, task, part.shape.source, handle, rows)

    def _merge_landed(self, claim: Claim, task: WindowTask, landed: Landed) -> bool:
        """Merge what a predecessor landed; say whether that was possible."""
        try:
            with self._lake.fetched(landed.handle) as path:
                claim.tick()
                with self._db.transaction() as conn:
                    source = recall(conn, task.connection, task.source, landed.shape)
                rows = read_raw(path, MERGE_ROWS, landed.observed_at)
                self._merge(claim, task, source, landed.handle, rows)
        except (Corrupt, Missing) as broken:
            self._strike_out(claim, landed, broken)
            return False
        return True

    def _strike_out(self, claim: Claim, landed: Landed, broken: Failure) -> None:
        """Undo a landing under the fence; the new part's name carries a later fence, so that the two never meet.

        Raises:
            Permanent: It is the second time. The next try begins anew.
        """
        again = STRUCK_OUT in claim.item.progress
        with self._db.transaction() as conn:
            self._ledger.advance(conn, claim, {} if again else {STRUCK_OUT: True})
            forget_parts(conn, [landed.handle.uri])
        if again:
            what = f"{broken.what} It was fetched twice."
            raise Permanent(what, subject=broken.subject, next_step=broken.next_step) from broken
        log.warning("%s %s: its rows are fetched again. %s", claim.item.lane, claim.item.key, broken)

    def _land_and_merge(self, claim: Claim, task: WindowTask, source: SourceObject, connector: Connector) -> None:
        chunk = self._chunk(claim, task)
        extraction = connector.extract(source, chunk)
        source = extraction.source or source
        with PartWriter(self._lake.scratch, raw_schema(source)) as writer:
            came = spool(writer, extraction, claim, source.key if chunk.ids else None)
            if gone := self._gone(task, source, set(chunk.ids) - came):
                writer.write(missing(source, gone, extraction.observed_at))
            part = writer.finish()
            crash_point("extracted")
            if part.rows == 0:
                self._finish_empty(claim, extraction.observed_at)
                return
            landed = self._land(claim, task, source, extraction.observed_at, part)
            try:
                rows = read_raw(part.path, MERGE_ROWS, landed.observed_at)
                self._merge(claim, task, source, landed.handle, rows)
            except Corrupt as broken:
                self._strike_out(claim, landed, broken)
                raise

    def _chunk(self, claim: Claim, task: WindowTask) -> Chunk:
        payload = claim.item.payload
        spec = dict(payload["spec"])
        ids = unpack(payload.get("ids") or spec.pop("ids", ""))  # an older release kept them in the spec
        if "roll" in payload:
            with self._db.transaction() as conn:
                ids = Roll(conn, claim.item.parent or 0, task).ids(Stretch(**payload["roll"]))
        return Chunk(payload["key"], spec, ids=ids)

    def _gone(self, task: WindowTask, source: SourceObject, absent: Collection[str]) -> Mapping[str, datetime]:
        """Return the rows here that the source did not have when it was asked for them, with their stamps."""
        return HeldRows(self._db, task.connection).stamps(source, sorted(absent)) if absent else {}

    def _land(
        self, claim: Claim, task: WindowTask, source: SourceObject, observed_at: datetime, part: LocalPart
    ) -> Landed:
        name = f"{task.dataset}/{claim.item.key.replace('/', '-')}-f{claim.fence}.parquet"
        landed = Landed(self._lake.upload(part.path, name, part.rows, part.sha256), observed_at, fingerprint(source))
        crash_point("uploaded")
        with self._db.transaction() as conn:
            remember(conn, task.connection, source)
            self._ledger.advance(conn, claim, {**claim.item.progress, **landed.to_json()})
            add_part(conn, task.dataset, landed.handle, claim.item.id, landed.shape)
        crash_point("landed")
        return landed

    def _merge(
        self, claim: Claim, task: WindowTask, source: SourceObject, part: Handle, rows: Iterator[pa.RecordBatch]
    ) -> None:
        with self._merges, self._db.transaction() as conn:
            source, rows = wanted_only(conn, task.connection, source, rows)
            counts = merge(conn, source, source.columns, task.connection, _ticking(claim, rows))
            outcome = {"rows": part.rows, "bytes": part.bytes, **asdict(counts), **spent()}
            if observed_at := claim.item.progress.get(OBSERVED_AT):
                outcome[OBSERVED_AT] = observed_at
            self._ledger.complete(conn, claim, outcome)
            crash_point("merged")
        crash_point("committed")

    def _finish_empty(self, claim: Claim, observed_at: datetime) -> None:
        with self._db.transaction() as conn:
            outcome = {"rows": 0, "bytes": 0, OBSERVED_AT: observed_at.isoformat(), **spent()}
            self._ledger.complete(conn, claim, outcome)


def _ticking(claim: Claim, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        claim.tick()
        yield batch
