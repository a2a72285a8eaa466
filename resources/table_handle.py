"""A Postgres table seen lazily: typed Arrow batches through COPY.

Belongs here: reading rows fast and in constant memory. Does not: deciding which rows an asset may see.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

import pandas as pd
import psycopg
import pyarrow as pa
from psycopg import errors, sql
from psycopg.types import TypeInfo
from pyarrow import csv

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake import scan
from nooks_dagster.lake.frames import to_frame

_BLOCK_BYTES = 8 * 1024 * 1024
_ARROW = {
    "bool": pa.bool_(),
    "int2": pa.int64(),
    "int4": pa.int64(),
    "int8": pa.int64(),
    "float4": pa.float64(),
    "float8": pa.float64(),
    "numeric": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


class TableHandle:
    """Rows of one Postgres table, of which none is read before it is asked for.

    Numbers of arbitrary precision are read as float64; jsonb and whatever has no Arrow type as text.

    Args:
        database: The platform's database.
        schema: The table's schema.
        table: The table.
        condition: A condition of SQL without parameters; by default all rows.
    """

    def __init__(self, database: Database, schema: str, table: str, condition: sql.Composable | None = None) -> None:
        self.name = f"{schema}.{table}"
        self._database = database
        self._source = sql.SQL("{} where {}").format(sql.Identifier(schema, table), condition or sql.SQL("true"))
        self._table = sql.Identifier(schema, table)

    @property
    def rows(self) -> int:
        """How many rows there are now, counted by Postgres."""
        with self._database.transaction() as conn:
            row = conn.execute(sql.SQL("select count(*) from {}").format(self._source)).fetchone()
        return int(row[0]) if row else 0

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns, as Arrow reads them.

        Raises:
            Permanent: There is no such table.
        """
        with self._database.transaction() as conn:
            try:
                cursor = conn.execute(sql.SQL("select * from {} limit 0").format(self._table))
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                raise Permanent(
                    f"There is no table {self.name}.",
                    subject="Postgres",
                    next_step="`nooks up` creates the platform's tables; an asset key names <schema>/<table>.",
                ) from None
            types = conn.adapters.types
            return pa.schema([(c.name, _arrow(c.type_code, types.get(c.type_code))) for c in cursor.description or []])

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in constant memory, as one snapshot, in no particular order.

        A connection is held until the last batch is drawn.

        Args:
            columns: The columns to read; all by default.

        Raises:
            Permanent: There is no such table or column.
        """
        schema = self._selected(columns)
        names = sql.SQL(", ").join(sql.Identifier(name) for name in schema.names)
        query = sql.SQL("copy (select {} from {}) to stdout (format csv)").format(names, self._source)
        with (
            self._database.transaction() as conn,
            conn.cursor() as cursor,
            cursor.copy(query) as rows,
        ):
            for block in _blocks(rows):
                yield from _parse(block, schema)

    def reader(self, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        """Return `batches` as an Arrow stream."""
        return pa.RecordBatchReader.from_batches(self._selected(columns), self.batches(columns))

    def to_arrow(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return all rows at once."""
        return pa.Table.from_batches(self.batches(columns), self._selected(columns))

    def to_pandas(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return all rows at once, in dtypes that hold nulls (`string`, `Int64`, `boolean`)."""
        return to_frame(self.to_arrow(columns))

    def _selected(self, columns: Sequence[str] | None) -> pa.Schema:
        return scan.selected(self.schema, columns, self.name)


def _arrow(oid: int, kind: TypeInfo | None) -> pa.DataType:
    if kind is None or kind.oid != oid:  # psycopg answers for an array with the type of its elements
        return pa.string()
    return _ARROW.get(kind.name, pa.string())


def _blocks(rows: psycopg.Copy) -> Iterator[bytes]:
    """Gather rows into blocks; COPY sends one message per row, so a block ends where a row does."""
    waiting: list[bytes | bytearray | memoryview] = []
    size = 0
    for row in rows:
        waiting.append(row)
        size += len(row)
        if size >= _BLOCK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _parse(block: bytes, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    # Postgres writes null as nothing and an empty text as "", so only an unquoted nothing is null.
    table = csv.read_csv(
        pa.py_buffer(block),
        read_options=csv.ReadOptions(column_names=schema.names, block_size=len(block) + 1),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    yield from table.to_batches()
