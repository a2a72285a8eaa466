"""Buckets: ranges of ids whose rows are counted here and at the source, and what came of it (`crm.counts`).

Belongs here: cutting the rows of an object into buckets, counting those here, remembering. Does not: asking the source
(`crm.counts.counting`), what a difference means (`crm.counts.differing`).

A bucket is [low, high) in the order of (length, id), in which numbers stand as they count and Salesforce's ids as they
are. It keeps its borders, so that it can differ twice; only the last one grows, and is cut when it is large.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.crm.work import RawDataset

BUCKET_ROWS = 50_000  # ids to list when a bucket differs: 25 calls of Salesforce's, 500 of HubSpot's

BEGIN = """
    INSERT INTO crm.counts (connection_id, source_object, canonical, low) VALUES (%s, %s, %s, '')
    ON CONFLICT DO NOTHING
"""
LAST = "SELECT low FROM crm.counts WHERE connection_id = %s AND source_object = %s AND high IS NULL FOR UPDATE"
BORDERS = """
    SELECT id FROM (
        SELECT id, row_number() OVER (ORDER BY length(id), id) - 1 AS n, count(*) OVER () AS rows
        FROM {table} WHERE source_object = {source} AND {within}
    ) AS ordered
    WHERE n > 0 AND n % {size} = 0 AND n + {size} <= rows ORDER BY n
"""
CLOSE = "UPDATE crm.counts SET high = %s WHERE connection_id = %s AND source_object = %s AND high IS NULL"
OPEN = "INSERT INTO crm.counts (connection_id, source_object, canonical, low) VALUES (%s, %s, %s, %s)"
# Those that differed are looked at again first, then whatever was not for the longest time.
NEXT = """
    SELECT low, high, mismatches FROM crm.counts WHERE connection_id = %s AND source_object = %s
    ORDER BY mismatches > 0 DESC, counted_at NULLS FIRST, length(low), low LIMIT %s
"""
TOP = "SELECT id FROM {table} WHERE source_object = {source} ORDER BY length(id) DESC, id DESC LIMIT 1"
HERE = "SELECT {what} FROM {table} WHERE source_object = {source} AND deleted_reason IS NULL AND {within}"
NOTE = """
    UPDATE crm.counts SET here = %(here)s, there = %(there)s, counted_at = now(), mismatches = %(mismatches)s,
        missing = %(missing)s, surplus = %(surplus)s, listed_uri = %(uri)s,
        listed_at = CASE WHEN %(uri)s::text IS NOT NULL THEN now() END
    WHERE connection_id = %(connection)s AND source_object = %(source)s AND low = %(low)s
"""
FORGET = "DELETE FROM crm.counts WHERE connection_id = %s AND source_object = %s"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A range of ids; `mismatches` is how often in a row it differed."""

    low: str
    high: str | None
    mismatches: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one look at a bucket found; `uri` is where the ids that differ lie, of which the first are here."""

    here: int
    there: int
    mismatches: int = 0
    missing: Sequence[str] = ()
    surplus: Sequence[str] = ()
    uri: str | None = None


class Buckets:
    """The buckets of one source object.

    Args:
        conn: In a transaction.
        dataset: The object.
    """

    def __init__(self, conn: psycopg.Connection[Any], dataset: RawDataset) -> None:
        self._conn = conn
        self._object = (dataset.connection, dataset.source)
        self._canonical = dataset.canonical
        self._words = {
            "table": sql.Identifier("crm", partition_name(dataset.canonical, dataset.connection)),
            "source": sql.Literal(dataset.source),
        }

    def cut(self) -> None:
        """See to it that every row has a bucket, and that none has many more rows than it should."""
        self._conn.execute(BEGIN, (*self._object, self._canonical))
        ((low,),) = self._conn.execute(LAST, self._object).fetchall()
        for (border,) in self._ask(BORDERS, within=_within(low, None), size=sql.Literal(BUCKET_ROWS)).fetchall():
            self._conn.execute(CLOSE, (border, *self._object))
            self._conn.execute(OPEN, (*self._object, self._canonical, border))

    def next(self, most: int) -> Sequence[Bucket]:
        """Return the buckets whose turn it is."""
        cursor = self._conn.cursor(row_factory=class_row(Bucket))
        return cursor.execute(NEXT, (*self._object, most)).fetchall()

    def top(self) -> str | None:
        """Return the last id here: what the source has beyond it is not read yet; None without any row."""
        row = self._ask(TOP).fetchone()
        return row[0] if row else None

    def count(self, low: str, high: str | None) -> int:
        """Return how many rows of a range exist here."""
        ((rows,),) = self._ask(HERE, what=sql.SQL("count(*)"), within=_within(low, high)).fetchall()
        return int(rows)

    def ids(self, low: str, high: str | None) -> set[str]:
        """Return their ids."""
        return {id_ for (id_,) in self._ask(HERE, what=sql.SQL("id"), within=_within(low, high))}

    def note(self, bucket: Bucket, outcome: Outcome) -> None:
        """Remember what a look at a bucket found."""
        connection, source = self._object
        values = {"connection": connection, "source": source, "low": bucket.low}
        found = {name: getattr(outcome, name) for name in ("here", "there", "mismatches", "uri")}
        ids = {"missing": list(outcome.missing), "surplus": list(outcome.surplus)}
        self._conn.execute(NOTE, values | found | ids)

    def forget(self) -> None:
        """Forget the buckets of an object that its source does not count."""
        self._conn.execute(FORGET, self._object)

    def _ask(self, template: LiteralString, **words: sql.Composable) -> psycopg.Cursor[Any]:
        return self._conn.execute(sql.SQL(template).format(**self._words, **words))


def _within(low: str, high: str | None) -> sql.Composable:
    """Return the condition of a range; where ids have one length, also in a form that the primary key answers."""
    found = [sql.SQL("(length(id), id) >= (length({0}), {0})").format(sql.Literal(low))] if low else []
    found += [sql.SQL("(length(id), id) < (length({0}), {0})").format(sql.Literal(high))] if high else []
    if low and high and len(low) == len(high):
        found.append(sql.SQL("id >= {} AND id < {}").format(sql.Literal(low), sql.Literal(high)))
    return sql.SQL(" AND ").join(found) if found else sql.SQL("true")
