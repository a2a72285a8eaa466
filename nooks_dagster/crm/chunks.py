"""Chunks: the smallest part of a sync. Extract, land in the lake, merge into Postgres; what is reached is kept.

Belongs here: the life of one chunk. Does not: which chunks there are (`crm.windows`).

A chunk dies anywhere without harm: before `landed` it is fetched again, after it only merged again from
the lake, and a part that no ledger row names is never read. A part that was altered or removed meanwhile is
struck out and fetched again too.
"""

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.crash_points import crash_point
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.merge import merge
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.work import WindowTask, moment
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.catalog import add_part, forget_part
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.parts import LocalPart, PartWriter
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

log = logging.getLogger(__name__)

MERGE_ROWS = 10_000  # about 5 MB of Arrow for 40 columns, so that eight workers stay far below 700 MB


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

        Raises:
            Failure: What the source, the lake or Postgres answered.
            LostLease: Another worker has the chunk; nothing of ours was committed.
        """
        landed = claim.item.progress.get("landed")
        if landed is None or not self._merge_landed(claim, task, source, Handle.from_json(landed)):
            self._land_and_merge(claim, task, source, connector)

    def _merge_landed(self, claim: Claim, task: WindowTask, source: SourceObject, handle: Handle) -> bool:
        """Merge what a predecessor landed; say whether it could be read."""
        with ExitStack() as stack:
            try:
                path = stack.enter_context(self._lake.fetched(handle))
            except (Corrupt, Missing) as broken:
                log.warning("%s %s: its rows are fetched again. %s", claim.item.lane, claim.item.key, broken)
                self._strike_out(claim, handle)
                return False
            claim.tick()
            self._merge(claim, task, source, handle, moment(claim.item.progress["observed_at"]), path)
        return True

    def _strike_out(self, claim: Claim, handle: Handle) -> None:
        """Undo a landing under the fence; the new part's name carries a later fence, so that the two never meet."""
        with self._db.transaction() as conn:
            self._ledger.advance(conn, claim, {})
            forget_part(conn, handle.uri)

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
            handle = self._land(claim, task, extraction, part)
            self._merge(claim, task, source, handle, extraction.observed_at, part.path)

    def _land(self, claim: Claim, task: WindowTask, extraction: Extraction, part: LocalPart) -> Handle:
        name = f"{task.dataset}/{claim.item.parent}-{claim.item.payload['key']}-f{claim.fence}.parquet"
        handle = self._lake.upload(part.path, name, part.rows, part.sha256)
        crash_point("uploaded")
        with self._db.transaction() as conn:
            progress = {"landed": handle.to_json(), "observed_at": extraction.observed_at.isoformat()}
            self._ledger.advance(conn, claim, progress)
            add_part(conn, task.dataset, handle, claim.item.id)
        crash_point("landed")
        return handle

    def _merge(
        self,
        claim: Claim,
        task: WindowTask,
        source: SourceObject,
        handle: Handle,
        observed_at: datetime,
        path: Path,
    ) -> None:
        with self._db.transaction() as conn:
            batches = _ticking(claim, path)
            counts = merge(conn, source, source.columns, task.connection, observed_at, batches)
            outcome = {"rows": handle.rows, "bytes": handle.bytes, **asdict(counts)}
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
