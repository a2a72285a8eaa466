"""Comparing what a sweep was shown with what is here, part by part.

Belongs here: what "differs" means. Does not: what follows from it (`crm.sweeps.sweeping`).

A row differs that is not here, that is deleted on one side only, whose stamp is newer there, or one of whose volatile
fields has another value. It is then read by its id, and the merge decides; so one that changed meanwhile does no harm.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import psycopg
import pyarrow as pa
from psycopg import sql

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.staging import Staging
from nooks_dagster.crm.sweeps.roll import Roll

NOTE = """
    with noted as (
        insert into {roll} (id, mark)
        select s.id, case when {differs} then 'd' else 's' end::"char" from {staging} s
        left join {table} t on t.connection_id = %(connection)s and t.source_object = %(source)s and t.id = s.id
        returning mark
    )
    select count(*), count(*) filter (where mark = 'd') from noted
"""
# The properties without the compared ones, and then with these as they were shown, are the same if none has changed.
DIFFERS = """
    t.id is null or (t.deleted_reason is not null) <> s.deleted
    or (not s.deleted and s.source_stamp > t.source_stamp)
    or (not s.deleted and s.source_stamp = t.source_stamp and (
        ({theirs}) is distinct from ({ours})
        or t.properties is distinct from (t.properties - %(names)s::text[]) || s.properties))
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many rows a part showed, and how many of them differ."""

    shown: int
    differing: int


def compare(
    conn: psycopg.Connection, source: SourceObject, connection_id: str, roll: Roll, batches: Iterable[pa.RecordBatch]
) -> Compared:
    """Note each row of a part in the roll, marked if it differs; in the caller's transaction, in constant memory.

    Args:
        conn: A connection in a transaction.
        source: What was listed: an object with key, stamp, mark of deletion and the fields to compare.
        connection_id: Whose rows.
        roll: The sweep's.
        batches: Raw rows of that source (`crm.rows.raw`).

    Raises:
        Corrupt: A row has no key or no stamp.
    """
    staging = Staging(conn, source, source.columns, connection_id)
    staging.fill(batches)
    differs = sql.SQL(DIFFERS).format(theirs=_row("s", source), ours=_row("t", source))
    row = staging.execute(NOTE, roll=roll.table, differs=differs, names=staging.rest).fetchone()
    staging.drop()
    return Compared(*(row or (0, 0)))


def to_compare(source: SourceObject, depths: Collection[str]) -> SourceObject:
    """Return an object with no more than a sweep of these depths compares."""
    always = {source.key, source.stamp, source.deleted}
    return source.with_only({f.name for f in source.fields if f.name in always or f.volatile in depths})


def _row(table: str, source: SourceObject) -> sql.Composable:
    columns = [sql.Identifier(table, column) for column in source.columns]
    return sql.SQL("row({})").format(sql.SQL(", ").join([sql.SQL("true"), *columns]))  # Postgres compares no empty rows
