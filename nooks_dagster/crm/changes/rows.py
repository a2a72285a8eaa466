"""One change of one row, as `crm/changes` tells it, made from a raw row.

Belongs here: its columns, and what a raw row means there. Does not: which parts are read (`crm.changes.deriving`),
which of several observations of one version counts (`crm.changes.spool`).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.properties import properties
from nooks_dagster.crm.rows.raw import MISSING, MOMENT, OBSERVED
from nooks_dagster.crm.work import RawDataset

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

KINDS = INSERTED, CHANGED, DELETED = "inserted", "changed", "deleted"
CREATED = "source_created_at"

SCHEMA = pa.schema(
    {
        "workspace": pa.string(),
        "connection": pa.string(),
        "canonical": pa.string(),
        "source_object": pa.string(),
        "id": pa.string(),
        "kind": pa.string(),
        "changed_at": MOMENT,
        "observed_at": MOMENT,
        "values": pa.string(),
    }
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day in UTC."""

    date: date

    @property
    def start(self) -> datetime:
        """Return its first moment."""
        return datetime.combine(self.date, time(), UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment after it."""
        return self.start + timedelta(days=1)

    def has(self, moments: pa.Array) -> pa.Array:
        """Say of each moment whether it is of this day; null is not."""
        start, end = pa.scalar(self.start, MOMENT), pa.scalar(self.end, MOMENT)
        return pc.fill_null(pc.and_(pc.greater_equal(moments, start), pc.less(moments, end)), False)

    def may_lie_in(self, bounds: tuple[datetime, datetime] | None) -> bool:
        """Say whether a moment of this day may lie within bounds; None is unknown."""
        return bounds is None or (bounds[0] < self.end and bounds[1] >= self.start)


def moments(source: SourceObject) -> list[str]:
    """Return the fields of the source that may say when a row changed."""
    return [source.stamp, *([source.deleted_at] if source.deleted_at else [])]


def changed_rows(batch: pa.RecordBatch, source: SourceObject, dataset: RawDataset, day: Day) -> pa.RecordBatch:
    """Return those of a batch of raw rows that changed on a day, as changes.

    A deleted row has no values, as everywhere; one that vanished without a trace changed when that was noticed. One
    that was created that day is `inserted`, whatever happened to it later that day.
    """
    missing = pc.fill_null(batch.column(MISSING), False)
    deleted = pc.or_(_deleted(batch, source), missing)
    when = pc.if_else(missing, batch.column(OBSERVED), _changed_at(batch, source, deleted))
    mine = day.has(when)
    batch, deleted, when = batch.filter(mine), deleted.filter(mine), when.filter(mine)
    created = source.columns.get(CREATED)
    fresh = day.has(batch.column(created)) if created else pa.repeat(False, batch.num_rows)
    kept = [f.name for f in source.fields if f.name not in (source.key, source.deleted)]
    constants = (dataset.workspace, dataset.connection, dataset.canonical, dataset.source)
    columns = [
        *(pa.repeat(pa.scalar(text), batch.num_rows) for text in constants),
        batch.column(source.key),
        pc.if_else(deleted, DELETED, pc.if_else(fresh, INSERTED, CHANGED)),
        when,
        batch.column(OBSERVED),
        pc.if_else(deleted, "{}", properties(batch, kept)),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _deleted(batch: pa.RecordBatch, source: SourceObject) -> pa.Array:
    if source.deleted is None:
        return pa.repeat(False, batch.num_rows)
    return pc.fill_null(batch.column(source.deleted), False)


def _changed_at(batch: pa.RecordBatch, source: SourceObject, deleted: pa.Array) -> pa.Array:
    stamp = batch.column(source.stamp)
    if source.deleted_at is None:
        return stamp
    return pc.if_else(deleted, pc.coalesce(batch.column(source.deleted_at), stamp), stamp)
