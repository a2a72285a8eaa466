"""The merge: an extraction's rows into a canonical table, so that any order, overlap or replay ends the same.

Belongs here: what wins over what. Does not: who may merge (the ledger's fence, in the same transaction).

Two versions guard a row. Its values belong to (source stamp, time the query began). Its presence belongs to
the time the query began alone, because an undelete or a regained access may move no stamp: the query that began
last knows. A tombstone keeps id, version and reason but no values; a row that comes back brings its values.
A row that was merged into another is a tombstone that names the winner; one that the source has lost without a word is
one whose reason is `missing`.
Each raw row says when its query began (`crm.rows.raw`), so that rows of many queries are merged at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg
import pyarrow as pa
from psycopg import errors, sql

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.staging import MERGED_INTO, Staging
from nooks_dagster.failures import Corrupt, Permanent


@dataclass(frozen=True, slots=True)
class MergeCounts:
    """What became of the rows of one merge: inserted, updated, unchanged and deleted ones add up to `read`.

    `unchanged` rows were known already, or older than what is known, or doubled in the chunk;
    `deleted` rows became tombstones, of which `missing` ones are gone without a trace.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    deleted: int
    missing: int = 0


def merge(
    conn: psycopg.Connection,
    source: SourceObject,
    columns: Mapping[str, str],
    connection_id: str,
    batches: Iterable[pa.RecordBatch],
) -> MergeCounts:
    """Merge the rows of one part, in the caller's transaction and in constant memory.

    `synced_at` moves only with the values, not when a row is merely seen again.

    Args:
        conn: A connection in a transaction.
        source: What was extracted.
        columns: The source field of each typed column that is filled.
        connection_id: Whose rows they are; its partitions exist (`crm.rows.tables`).
        batches: Raw rows of that source (`crm.rows.raw`), in any order. An id may come more
            often than once if it is the same query's.

    Raises:
        Corrupt: A row has no key, no stamp or no observation, the columns are others than described, or Postgres
            cannot hold a value.
        Permanent: The connection has no partitions.
    """
    subject = f"{connection_id}/{source.name}"
    try:
        return _merged(Staging(conn, source, columns, connection_id), source, batches)
    except psycopg.DataError as error:
        # No cause: the driver's message quotes the value.
        raise Corrupt(f"Postgres cannot hold one of its values ({type(error).__name__}).", subject=subject) from None
    except errors.UndefinedTable:
        raise Permanent(
            f"crm.{source.canonical} has no partition for this connection.",
            subject=subject,
            next_step="Run `nooks connect` again, which creates it.",
        ) from None


def _merged(staging: Staging, source: SourceObject, batches: Iterable[pa.RecordBatch]) -> MergeCounts:
    staging.execute(_SORT_IN_MEMORY)
    read = staging.fill(batches)
    order = _AS_IT_IS if staging.ascending else _ONCE_IN_ORDER
    row = staging.execute(_UPSERT, **_words(source), **order).fetchone()
    inserted, updated, deleted, missing = row or (0, 0, 0, 0)
    if read > inserted + updated + deleted:
        staging.execute(_SEEN_AGAIN)
    staging.drop()
    return MergeCounts(read, inserted, updated, read - inserted - updated - deleted, deleted, missing)


def _words(source: SourceObject) -> dict[str, sql.Composable]:
    """Return the names that the upsert leaves open."""
    content = [*(c.name for c in OBJECTS[source.canonical].columns), "properties", MERGED_INTO]
    comma = sql.SQL(", ")
    return {
        "merged": _MERGED if source.merged_into else sql.SQL(""),
        "assignments": comma.join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in content),
        "current": comma.join(sql.Identifier("t", c) for c in content),
        "arriving": comma.join(sql.Identifier("excluded", c) for c in content),
    }


_MERGED = sql.SQL("when merged_into is not null then 'merged'")

_SORT_IN_MEMORY = "set local work_mem = '64MB'"
"""Enough for a chunk of 100,000 rows; spilling to disk costs a third of the merge."""

# One row for each id, in the order of the ids, so that two merges never wait for each other in a circle.
_ONCE_IN_ORDER = {
    "once": sql.SQL("distinct on (id)"),
    "in_order": sql.SQL("order by id, source_stamp desc, observed_at desc, deleted desc"),
}
# COPY keeps the order of what came so already; to sort it again costs a fifth of the upsert.
_AS_IT_IS = {"once": sql.SQL(""), "in_order": sql.SQL("")}

_UPSERT = """
    with written as (
        insert into {table} as t (connection_id, source_object, id, {filled},
            source_stamp, observed_at, present_at, deleted_reason, synced_at)
        select {once} %(connection)s, %(source)s, id, {filled},
            source_stamp, observed_at, coalesce(present_at, observed_at),
            case when missing then 'missing' {merged} when deleted then 'deleted' end, statement_timestamp()
        from {staging} {in_order}
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
            t.deleted_reason is not null as deleted, t.deleted_reason is not distinct from 'missing' as missing
    )
    select count(*) filter (where inserted and not deleted),
        count(*) filter (where changed and not inserted and not deleted),
        count(*) filter (where changed and deleted), count(*) filter (where changed and missing)
    from written
"""

# What the upsert left alone was older in its values, and may still be the latest sight of the row.
_SEEN_AGAIN = """
    update {table} as t set present_at = coalesce(s.present_at, s.observed_at)
    from {staging} as s
    where t.connection_id = %(connection)s and t.source_object = %(source)s and t.id = s.id
        and t.deleted_reason is null and t.present_at < coalesce(s.present_at, s.observed_at)
"""
