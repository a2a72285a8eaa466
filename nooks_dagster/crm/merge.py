"""The merge: an extraction's rows into a canonical table, so that any order, overlap or replay ends the same.

Belongs here: what wins over what. Does not: who may merge (the ledger's fence, in the same transaction).

Two versions guard a row. Its values belong to (source stamp, time the query began). Its presence belongs to
the time the query began alone, because an undelete or a regained access may move no stamp: the query that began
last knows. A tombstone keeps id, version and reason but no values; a row that comes back brings its values.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
import pyarrow as pa
import pyarrow.compute
from psycopg import errors, sql

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.properties import properties
from nooks_dagster.crm.tables import partition_name
from nooks_dagster.database.copy import copy_batches, slices
from nooks_dagster.failures import Corrupt, Permanent

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

_STAGING = sql.Identifier("pg_temp", "merge_staging")


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What became of the rows of one merge; the last four add up to `read`.

    `unchanged` rows were known already, or older than what is known, or doubled in the chunk;
    `deleted` rows became tombstones.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int


def merge(
    conn: psycopg.Connection,
    source: SourceObject,
    columns: Mapping[str, str],
    connection_id: str,
    observed_at: datetime,
    batches: Iterable[pa.RecordBatch],
) -> MergeCounts:
    """Merge the rows of one extraction, in the caller's transaction and in constant memory.

    Fields that `columns` does not name go to `properties`, except key, stamp and mark of deletion.
    `synced_at` moves only with the values, not when a row is merely seen again.

    Args:
        conn: A connection in a transaction.
        source: What was extracted; its schema is the batches'.
        columns: The source field of each typed column that is filled.
        connection_id: Whose rows they are; its partitions exist (`crm.tables`).
        observed_at: The source's time when the query began.
        batches: The rows, in any order, an id once or more often.

    Raises:
        Corrupt: A row has no key or no stamp, the columns are others than described, or Postgres cannot hold
            a value.
        Permanent: The connection has no partitions.
    """
    subject = f"{connection_id}/{source.name}"
    try:
        return _Merge(conn, source, columns, connection_id, observed_at).run(batches)
    except psycopg.DataError as error:
        # No cause: the driver's message quotes the value.
        raise Corrupt(f"Postgres cannot hold one of its values ({type(error).__name__}).", subject=subject) from None
    except errors.UndefinedTable:
        raise Permanent(
            f"crm.{source.canonical} has no partition for this connection.",
            subject=subject,
            next_step="Run `nooks connect` again, which creates it.",
        ) from None


class _Merge:
    """One merge on its way: what is open in the statements, and the rows that cannot be merged."""

    def __init__(
        self,
        conn: psycopg.Connection,
        source: SourceObject,
        columns: Mapping[str, str],
        connection_id: str,
        observed_at: datetime,
    ) -> None:
        self._conn = conn
        self._source = source
        self._columns = columns
        self._subject = f"{connection_id}/{source.name}"
        self._parameters = {"connection": connection_id, "source": source.name, "observed": observed_at}
        self._words = _words(source, columns, connection_id)
        placed = {source.key, source.stamp, source.deleted, *columns.values()}
        self._rest = [f.name for f in source.fields if f.name not in placed]
        self._nameless = 0

    def run(self, batches: Iterable[pa.RecordBatch]) -> MergeCounts:
        names = ["id", "source_stamp", "deleted", *self._columns, "properties"]
        self._execute(_SORT_IN_MEMORY)
        self._execute(_STAGE)
        read = copy_batches(self._conn, _STAGING, names, self._staged(batches))
        if self._nameless:
            fields = f"{self._source.key} or {self._source.stamp}"
            raise Corrupt(f"{self._nameless} of {read} rows came without {fields}.", subject=self._subject)
        counts = self._upsert(read)
        if counts.unchanged:
            self._execute(_SEEN_AGAIN)
        self._execute("drop table {staging}")
        return counts

    def _staged(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in slices(batches):
            if batch.schema.names != self._source.schema.names:
                raise Corrupt("Its rows came with other columns than described.", subject=self._subject)
            yield self._stage(batch)

    def _stage(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        key, stamp = batch.column(self._source.key), batch.column(self._source.stamp)
        self._nameless += pc.sum(pc.or_(pc.is_null(key), pc.is_null(stamp))).as_py()
        values = [batch.column(field) for field in self._columns.values()]
        rest = properties(batch, self._rest)
        deleted = pa.repeat(False, batch.num_rows)
        if self._source.deleted is not None:
            deleted = pc.fill_null(batch.column(self._source.deleted), False)
            if pc.any(deleted).as_py():
                values = [pc.if_else(deleted, None, value) for value in values]
                rest = pc.if_else(deleted, "{}", rest)
        arrays = [key, stamp, deleted, *values, rest]
        return pa.RecordBatch.from_arrays(arrays, names=[str(i) for i in range(len(arrays))])

    def _upsert(self, read: int) -> MergeCounts:
        inserted, updated, deleted = self._execute(_UPSERT).fetchone() or (0, 0, 0)
        return MergeCounts(read, inserted, updated, read - inserted - updated - deleted, deleted)

    def _execute(self, template: LiteralString) -> psycopg.Cursor:
        return self._conn.execute(sql.SQL(template).format(**self._words), self._parameters)


def _words(source: SourceObject, columns: Mapping[str, str], connection_id: str) -> dict[str, sql.Composable]:
    """Return the names that the statements below leave open."""
    content = [*(c.name for c in OBJECTS[source.canonical].columns), "properties"]
    comma = sql.SQL(", ")
    return {
        # The partition itself: xmax, which tells an insert from an update, does not reach through the parent.
        "table": sql.Identifier("crm", partition_name(source.canonical, connection_id)),
        "staging": _STAGING,
        "filled": comma.join(sql.Identifier(c) for c in [*columns, "properties"]),
        "assignments": comma.join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in content),
        "current": comma.join(sql.Identifier("t", c) for c in content),
        "arriving": comma.join(sql.Identifier("excluded", c) for c in content),
    }


_SORT_IN_MEMORY = "set local work_mem = '64MB'"
"""Enough for a chunk of 100,000 rows; spilling to disk costs a third of the merge."""

_STAGE = """
    create temp table {staging} on commit drop as
    select id, source_stamp, false as deleted, {filled} from {table} with no data
"""

# One row for each id, in the order of the ids, so that two merges never wait for each other in a circle.
_UPSERT = """
    with written as (
        insert into {table} as t (connection_id, source_object, id, {filled},
            source_stamp, observed_at, present_at, deleted_reason, synced_at)
        select distinct on (id) %(connection)s, %(source)s, id, {filled},
            source_stamp, %(observed)s, %(observed)s,
            case when deleted then 'deleted' end, statement_timestamp()
        from {staging}
        order by id, source_stamp desc, deleted desc
        on conflict (connection_id, source_object, id) do update set
            {assignments},
            source_stamp = excluded.source_stamp,
            observed_at = excluded.observed_at,
            present_at = greatest(t.present_at, excluded.present_at),
            deleted_reason = excluded.deleted_reason,
            synced_at = case
                when (t.source_stamp, t.deleted_reason, {current})
                    is distinct from (excluded.source_stamp, excluded.deleted_reason, {arriving})
                then excluded.synced_at else t.synced_at end
        where case
            when t.deleted_reason is null and excluded.deleted_reason is null
            then (excluded.source_stamp, excluded.observed_at) >= (t.source_stamp, t.observed_at)
            else (excluded.present_at, excluded.source_stamp, excluded.deleted_reason is not null)
                >= (t.present_at, t.source_stamp, t.deleted_reason is not null) end
        and (t.observed_at, t.source_stamp, t.deleted_reason, {current}) is distinct from
            (excluded.observed_at, excluded.source_stamp, excluded.deleted_reason, {arriving})
        returning t.xmax = 0 as inserted, t.synced_at = statement_timestamp() as changed,
            t.deleted_reason is not null as deleted
    )
    select count(*) filter (where inserted and not deleted),
        count(*) filter (where changed and not inserted and not deleted),
        count(*) filter (where changed and deleted)
    from written
"""

# What the upsert left alone was older in its values, and may still be the latest sight of the row.
_SEEN_AGAIN = """
    update {table} as t set present_at = %(observed)s
    from {staging} as s
    where t.connection_id = %(connection)s and t.source_object = %(source)s and t.id = s.id
        and t.deleted_reason is null and t.present_at < %(observed)s
"""
