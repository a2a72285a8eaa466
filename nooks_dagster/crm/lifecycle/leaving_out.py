"""What becomes of values that the customer leaves out later: they go from Postgres at once, and stay out.

Belongs here: rows that were read before the choice.
Does not: reading (`crm.lifecycle.chosen`), deciding (`crm.lifecycle.choosing`).

In the lake they lie in parts that were read with them. A refresh begins those anew without them, and the janitor
removes the old ones a week later. Until then no merge takes them up again: not one that was under way, nor a rebuild.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from nooks_dagster.crm.lifecycle.chosen import narrowed
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.raw import raw_schema
from nooks_dagster.crm.rows.tables import partition_name

# A choice waits for the merges that began before it, and then empties what they brought.
OPTIONS = "select options from workspaces.connections where id = %s for share"


def wanted_only(
    conn: psycopg.Connection[Any], connection: str, source: SourceObject, rows: Iterator[pa.RecordBatch]
) -> tuple[SourceObject, Iterator[pa.RecordBatch]]:
    """Return raw rows, and what they are, without the fields that are left out until the transaction ends."""
    row = conn.execute(OPTIONS, (connection,)).fetchone()
    narrow = narrowed(source, SyncOptions.of(row[0] if row else {}))
    if narrow is source:
        return source, rows
    names = raw_schema(narrow).names
    return narrow, (batch.select(names) for batch in rows)


def forget_values(
    conn: psycopg.Connection[Any], connection: str, shapes: Sequence[SourceObject], fields: Collection[str]
) -> int:
    """Empty fields in all rows of an object, in the caller's transaction; return how many rows that changed.

    Args:
        conn: In a transaction.
        connection: Whose rows.
        shapes: As the object was ever read.
        fields: Their names at the source.
    """
    columns = {column for shape in shapes for column, field in shape.columns.items() if field in fields}
    empty = [sql.SQL("{} = null").format(sql.Identifier(column)) for column in sorted(columns)]
    filled = [sql.SQL("{} is not null").format(sql.Identifier(column)) for column in sorted(columns)]
    statement = sql.SQL(_FORGET).format(
        table=sql.Identifier("crm", partition_name(shapes[0].canonical, connection)),
        assignments=sql.SQL("").join(sql.SQL("{}, ").format(one) for one in empty),
        conditions=sql.SQL("").join(sql.SQL(" or {}").format(one) for one in filled),
    )
    return conn.execute(statement, {"source": shapes[0].name, "fields": sorted(fields)}).rowcount


_FORGET = """
    update {table} set {assignments} properties = properties - %(fields)s::text[], synced_at = now()
    where source_object = %(source)s and (properties ?| %(fields)s::text[]{conditions})
"""
