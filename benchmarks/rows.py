"""The same rows as CSV, made beforehand: what the yardstick loads.

Belongs here: from the raw parts in the lake to files of typed columns and the JSON text of the rest.
Does not: loading them (`benchmarks.yardstick`). Run as `python -m benchmarks.rows KIND FOLDER`.
"""

import sys
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute
from pyarrow import csv

from benchmarks.crms import CRMS, Crm
from benchmarks.services import BUCKET
from benchmarks.work import measured
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.properties import properties
from nooks_dagster.crm.rows.schemas import recall
from nooks_dagster.database.copy import without_zone
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import settings

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

FILE_ROWS = 50_000
SHAPE = "SELECT hash FROM crm.schemas WHERE connection_id = %s AND source_object = %s"


def write_files(lake: Lake, source: SourceObject, folder: Path) -> int:
    """Write the rows of an object into files of 50,000 with a header each; return how many rows there are."""
    folder.mkdir()
    waiting: list[pa.RecordBatch] = []
    number = rows = 0
    for batch in Dataset.below(lake, "crm_raw/contacts").batches(columns=source.schema.names):
        waiting.append(_columns(source, batch))
        rows += batch.num_rows
        if sum(part.num_rows for part in waiting) >= FILE_ROWS:
            number += 1
            waiting = _write(waiting, folder / f"{number:05d}.csv")
    if waiting:
        _write(waiting, folder / f"{number + 1:05d}.csv")
    return rows


def _write(waiting: list[pa.RecordBatch], path: Path) -> list[pa.RecordBatch]:
    """Write one file of at most 50,000 rows; return what is left over."""
    table = pa.Table.from_batches(waiting)
    csv.write_csv(table.slice(0, FILE_ROWS), path)
    left: list[pa.RecordBatch] = table.slice(FILE_ROWS).to_batches()
    return left


def _columns(source: SourceObject, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return what goes into the table; a row in the recycle bin keeps no values."""
    placed = {source.key, source.stamp, source.deleted, source.merged_into, *source.columns.values()}
    deleted = batch.column(source.deleted or source.key)
    winner = batch.column(source.merged_into) if source.merged_into else pa.nulls(batch.num_rows, pa.string())
    rest = properties(batch, [name for name in source.schema.names if name not in placed])
    values = {name: without_zone(batch.column(field)) for name, field in source.columns.items()}
    columns = {
        "id": batch.column(source.key),
        "source_stamp": without_zone(batch.column(source.stamp)),
        **{name: pc.if_else(deleted, None, value) for name, value in values.items()},
        "properties": pc.if_else(deleted, "{}", rest),
        "deleted_reason": pc.if_else(deleted, pc.if_else(pc.is_valid(winner), "merged", "deleted"), None),
        "merged_into": winner,
    }
    return pa.RecordBatch.from_pydict(columns)


def _shape(conn: psycopg.Connection, crm: Crm) -> SourceObject:
    (found,) = conn.execute(SHAPE, (crm.connection, crm.source)).fetchall()
    return recall(conn, crm.connection, crm.source, found[0])


def main(kind: str, folder: Path) -> None:
    """Write the files, and tell how many rows they hold."""
    here = settings()
    db = Database(here.postgres_url, 1)
    with db.transaction() as conn:
        source = _shape(conn, CRMS[kind])
    db.close()
    lake = Lake(BUCKET, scratch=here.scratch)
    measured(lambda: {"rows": write_files(lake, source, folder)})


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
