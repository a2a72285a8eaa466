"""Chunks: the smallest part of a sync. Extract, land in the lake, merge into Postgres; what is reached is kept.

Belongs here: the life of one chunk. Does not: which chunks there are (`crm.windows`).

A chunk dies anywhere without harm: before `landed` it is fetched again, after it only merged again from
the lake, and a part that no ledger row names is never read. A part that was altered or removed meanwhile, or
that cannot be merged, is struck out and fetched again too: once, then the source itself is at fault.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.landed import Landed
from nooks_dagster.crm.merge import merge
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.schemas import fingerprint, recall
from nooks_dagster.crm.work import WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Failure, Permanent
from nooks_dagster.lake.catalog import add_part, forget_part
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.parts import LocalPart, PartWriter
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)

MERGE_ROWS = 10_000  # about 5 MB of Arrow for 40 columns, so that eight workers stay far below 700 MB
STRUCK_OUT = "struck_out"  # in the progress of a chunk one of whose parts was of no use


class ChunkRunner:
    """Runs the chunks of open windows.

    Args:
        db: The platform's database.
        lake: Where parts land.
        ledger: Where progress is recorded.
    """

    def __init__(self, db: Database, lake: Lake, ledger: Ledger) -> None:
        self._db = db
        self._lake = lake
        self._ledger = ledger

    def run(self, claim: Claim, task: WindowTask, source: SourceObject, connector: Connector) -> None:
        """Bring one chunk to its end: landed, merged, complete.

        Args:
            claim: The chunk.
            task: Its window.
            source: The object as it is now; what landed before is merged by the shape that it was read with.
            connector: Where it is read.

        Raises:
            Failure: What the source, the lake or Postgres answered.
            LostLease: Another worker has the chunk; nothing of ours was committed.
        """
        landed = Landed.of(claim.item.progress)
        if landed is None or not self._merge_landed(claim, task, landed):
            self._land_and_merge(claim, task, source, connector)

    def _merge_landed(self, claim: Claim, task: WindowTask, landed: Landed) -> bool:
        """Merge what a predecessor landed; say whether that was possible."""
        try:
            with self._lake.fetched(landed.handle) as path:
                claim.tick()
                with self._db.transaction() as conn:
                    source = recall(conn, task.connection, task.source, landed.shape)
                self._merge(claim, task, source, landed, path)
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
            forget_part(conn, landed.handle.uri)
        if again:
            what = f"{broken.what} It was fetched twice."
            raise Permanent(what, subject=broken.subject, next_step=broken.next_step) from broken
        log.warning("%s %s: its rows are fetched again. %s", claim.item.lane, claim.item.key, broken)

    def _land_and_merge(self, claim: Claim, task: WindowTask, source: SourceObject, connector: Connector) -> None:
        extraction = connector.extract(source, Chunk(claim.item.payload["key"], claim.item.payload["spec"]))
        with PartWriter(self._lake.scratch, source.schema) as writer:
            for batch in extraction.batches:
                writer.write(batch)
                claim.tick()
            part = writer.finish()
            _check_count(claim, task, extraction, part)
            crash_point("extracted")
            if part.rows == 0:
                self._finish_empty(claim)
                return
            landed = self._land(claim, task, source, extraction.observed_at, part)
            try:
                self._merge(claim, task, source, landed, part.path)
            except Corrupt as broken:
                self._strike_out(claim, landed, broken)
                raise

    def _land(
        self, claim: Claim, task: WindowTask, source: SourceObject, observed_at: datetime, part: LocalPart
    ) -> Landed:
        name = f"{task.dataset}/{claim.item.parent}-{claim.item.payload['key']}-f{claim.fence}.parquet"
        landed = Landed(self._lake.upload(part.path, name, part.rows, part.sha256), observed_at, fingerprint(source))
        crash_point("uploaded")
        with self._db.transaction() as conn:
            self._ledger.advance(conn, claim, {**claim.item.progress, **landed.to_json()})
            add_part(conn, task.dataset, landed.handle, claim.item.id)
        crash_point("landed")
        return landed

    def _merge(self, claim: Claim, task: WindowTask, source: SourceObject, landed: Landed, path: Path) -> None:
        with self._db.transaction() as conn:
            batches = _ticking(claim, path)
            counts = merge(conn, source, source.columns, task.connection, landed.observed_at, batches)
            outcome = {"rows": landed.handle.rows, "bytes": landed.handle.bytes, **asdict(counts)}
            self._ledger.complete(conn, claim, outcome)
            crash_point("merged")
        crash_point("committed")

    def _finish_empty(self, claim: Claim) -> None:
        with self._db.transaction() as conn:
            self._ledger.complete(conn, claim, {"rows": 0, "bytes": 0})


def _check_count(claim: Claim, task: WindowTask, extraction: Extraction, part: LocalPart) -> None:
    if extraction.expected_rows not in (None, part.rows):
        raise Corrupt(
            f"the source promised {extraction.expected_rows} rows and sent {part.rows}",
            subject=f"{task.connection}/{task.source} chunk {claim.item.payload['key']}",
        )


def _ticking(claim: Claim, path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=MERGE_ROWS):
            claim.tick()
            yield batch
