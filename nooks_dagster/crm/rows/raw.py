"""Raw rows: what a source sent, and beside it when the query began that saw it.

Belongs here: the columns of ours in each part. Does not: what they decide (`crm.rows.merge`, `crm.upkeep.folding`).

`_observed_at` belongs to the values of a row. `_present_at` is the last time that the row was seen at all, where that
is later: a query that began later may have seen older values. Compaction fills it; null is the same as `_observed_at`.
`_missing` marks a row that the source no longer had when it was asked for it by its id; key and stamp are then as they
were last known, all else is null. Null is no.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.crm.model import SourceObject

OBSERVED = "_observed_at"
PRESENT = "_present_at"
MISSING = "_missing"

MOMENT = pa.timestamp("us", tz="UTC")


def raw_schema(source: SourceObject) -> pa.Schema:
    """Return the schema of the raw rows of an object: its fields, then ours."""
    ours = [pa.field(OBSERVED, MOMENT), pa.field(PRESENT, MOMENT), pa.field(MISSING, pa.bool_())]
    return pa.schema([*source.schema, *ours])


def observed(batch: pa.RecordBatch, observed_at: datetime) -> pa.RecordBatch:
    """Return rows as they came, with the time their query began.

    Args:
        batch: Rows in the schema of the source.
        observed_at: By the source's clock.
    """
    when = pa.repeat(pa.scalar(observed_at, MOMENT), batch.num_rows)
    columns = [*batch.columns, when, pa.nulls(batch.num_rows, MOMENT), pa.nulls(batch.num_rows, pa.bool_())]
    return pa.RecordBatch.from_arrays(columns, names=[*batch.schema.names, OBSERVED, PRESENT, MISSING])


def missing(source: SourceObject, stamps: Mapping[str, datetime], observed_at: datetime) -> pa.RecordBatch:
    """Return raw rows that say of these ids that the source has no such row any more.

    Args:
        source: The object.
        stamps: The ids, each with the stamp under which it was last known.
        observed_at: When the query began that did not bring them.
    """
    known = {source.key: list(stamps), source.stamp: list(stamps.values()), MISSING: [True] * len(stamps)}
    known[OBSERVED] = [observed_at] * len(stamps)
    arrays = [
        pa.array(known[field.name], field.type) if field.name in known else pa.nulls(len(stamps), field.type)
        for field in raw_schema(source)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=raw_schema(source))


def read_raw(
    path: Path,
    rows: int,
    observed_at: datetime | None,
    columns: Sequence[str] | None = None,
    groups: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a part with our columns.

    Args:
        path: The local file.
        rows: In a batch.
        observed_at: When the query began, for a part of an older release, whose rows do not say it.
        columns: The columns to read, ours the last; all by default.
        groups: The row groups to read; all by default.
    """
    with pq.ParquetFile(path) as file:
        told = OBSERVED in file.schema_arrow.names
        stored = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=rows, columns=stored, row_groups=groups):
            yield _with_missing(batch) if told or observed_at is None else observed(batch, observed_at)


def _with_missing(batch: pa.RecordBatch) -> pa.RecordBatch:
    if MISSING in batch.schema.names:
        return batch
    return batch.append_column(MISSING, pa.nulls(batch.num_rows, pa.bool_()))
