"""Staging: raw rows in a temporary table in the shape of their canonical one, to be merged or compared there.

Belongs here: which column holds what of a row. Does not: what wins over what (`crm.rows.merge`), what differs
(`crm.sweeps.comparing`).
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, LiteralString

import psycopg
import pyarrow as pa
import pyarrow.compute
from psycopg import sql

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.properties import properties
from nooks_dagster.crm.rows.raw import MISSING, OBSERVED, PRESENT, raw_schema
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.database.copy import copy_batches, slices
from nooks_dagster.failures import Corrupt

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

MERGED_INTO = "merged_into"
_STAGING = sql.Identifier("pg_temp", "merge_staging")
_STAGE = """
    create temp table {staging} on commit drop as
    select id, source_stamp, observed_at, present_at, false as deleted, false as missing, {filled} from {table}
    with no data
"""


class Staging:
    """The rows of one object on their way into a table, in the caller's transaction.

    Fields that `columns` does not name are in `properties`, except key, stamp, mark of deletion and merge.

    Args:
        conn: A connection in a transaction.
        source: What was extracted.
        columns: The source field of each typed column that is filled.
        connection_id: Whose rows they are; its partitions exist (`crm.rows.tables`).
    """

    def __init__(
        self, conn: psycopg.Connection, source: SourceObject, columns: Mapping[str, str], connection_id: str
    ) -> None:
        self._conn = conn
        self._source = source
        self._columns = columns
        self._subject = f"{connection_id}/{source.name}"
        self._parameters = {"connection": connection_id, "source": source.name}
        placed = {source.key, source.stamp, source.deleted, source.merged_into, *columns.values()}
        self.rest = [f.name for f in source.fields if f.name not in placed]
        """The fields that are in `properties`."""
        self._told = [MERGED_INTO] if source.merged_into else []
        self._filled = [*columns, "properties", *self._told]
        self._words = {
            # The partition itself: xmax, which tells an insert from an update, does not reach through the parent.
            "table": sql.Identifier("crm", partition_name(source.canonical, connection_id)),
            "staging": _STAGING,
            "filled": sql.SQL(", ").join(map(sql.Identifier, self._filled)),
        }
        self._nameless = 0
        self._last_id: pa.Scalar | None = None
        self.ascending = True
        """Whether each id came once, in the order of the ids."""

    def fill(self, batches: Iterable[pa.RecordBatch]) -> int:
        """Copy raw rows there; return how many.

        Raises:
            Corrupt: A row has no key, no stamp or no observation, or the columns are others than described.
        """
        self.execute(_STAGE)
        names = ["id", "source_stamp", "observed_at", "present_at", "deleted", "missing", *self._filled]
        read = copy_batches(self._conn, _STAGING, names, self._staged(batches))
        if self._nameless:
            fields = f"{self._source.key}, {self._source.stamp} or {OBSERVED}"
            raise Corrupt(f"{self._nameless} of {read} rows came without {fields}.", subject=self._subject)
        return read

    def execute(self, template: LiteralString, **words: Any) -> psycopg.Cursor:
        """Execute a statement; `{table}`, `{staging}` and `{filled}` are known, further words may be SQL or values."""
        open_words = {name: word for name, word in words.items() if isinstance(word, sql.Composable)}
        values = {name: word for name, word in words.items() if name not in open_words}
        return self._conn.execute(sql.SQL(template).format(**self._words, **open_words), self._parameters | values)

    def drop(self) -> None:
        """Drop the table before the transaction ends."""
        self.execute("drop table {staging}")

    def _staged(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in slices(batches):
            if batch.schema.names != raw_schema(self._source).names:
                raise Corrupt("Its rows came with other columns than described.", subject=self._subject)
            yield self._stage(batch)

    def _stage(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        version = [batch.column(name) for name in (self._source.key, self._source.stamp, OBSERVED)]
        self._nameless += pc.sum(reduce(pc.or_, map(pc.is_null, version))).as_py()
        self.ascending = self.ascending and self._goes_on(version[0])
        values = [batch.column(field) for field in self._columns.values()]
        rest = properties(batch, self.rest)
        missing = pc.fill_null(batch.column(MISSING), False)
        deleted = missing
        if self._source.deleted is not None:
            deleted = pc.or_(missing, pc.fill_null(batch.column(self._source.deleted), False))
        if pc.any(deleted).as_py():
            values = [pc.if_else(deleted, None, value) for value in values]
            rest = pc.if_else(deleted, "{}", rest)
        arrays = [*version, batch.column(PRESENT), deleted, missing, *values, rest]
        if self._source.merged_into:
            arrays.append(pc.if_else(deleted, batch.column(self._source.merged_into), None))
        return pa.RecordBatch.from_arrays(arrays, names=[str(i) for i in range(len(arrays))])

    def _goes_on(self, key: pa.Array) -> bool:
        """Say whether ids ascend from slice to slice, compared as bytes, and still do without their NULs."""
        before = pa.concat_arrays([pa.array([self._last_id], key.type), key[:-1]])
        self._last_id = key[-1]
        ascend = pc.all(pc.greater(key, before), min_count=0).as_py()
        return bool(ascend and not pc.any(pc.match_substring(key, "\0")).as_py())
