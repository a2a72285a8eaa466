"""Reading one Parquet file as part of a larger table: column selection, filters, schemas that grew.

Belongs here: the rules by which parts of different age become one table. Does not: fetching them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.failures import Permanent

Filter = tuple[str, str, Any]
"""A condition as pyarrow writes it: `("stage", "in", ["won", "lost"])`. Several are joined by AND."""

# Rows per batch: large enough for vectorised work, small enough that wide rows stay below 100 MB.
_BATCH_ROWS = 16_384


def unified(schemas: Iterable[pa.Schema]) -> pa.Schema:
    """Return the schema that parts of several schemas are read as.

    Columns are the union. Where the types of one column differ, numbers widen and anything else becomes
    text: a CRM administrator may change a field's type, and the old parts must stay readable.
    """
    schemas = list(schemas)
    if len(schemas) == 1:
        return schemas[0]
    types: dict[str, pa.DataType] = {}
    for field in (field for schema in schemas for field in schema):
        types[field.name] = _common(types.get(field.name, field.type), field.type)
    return pa.schema(types.items())


def read(
    path: Path,
    schema: pa.Schema,
    constants: Mapping[str, str],
    columns: Sequence[str] | None = None,
    filters: Sequence[Filter] = (),
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a local Parquet file that pass the filters, in the schema's types.

    Args:
        path: The file.
        schema: Of the whole table. Columns that the file does not have are null.
        constants: Values of the columns that the file's place in the lake tells.
        columns: The columns to return, in this order; all by default.
        filters: Conditions, joined by AND.
    """
    columns = schema.names if columns is None else list(columns)
    needed = check_columns(schema, dict.fromkeys([*columns, *(name for name, _, _ in filters)]))
    expression = pq.filters_to_expression(list(filters)) if filters else None
    with pq.ParquetFile(path) as file:
        stored = [name for name in needed if name in file.schema_arrow.names]
        for batch in file.iter_batches(_BATCH_ROWS, columns=stored):
            whole = _conform(batch, schema, needed, constants)
            yield (whole if expression is None else whole.filter(expression)).select(columns)


def selected(schema: pa.Schema, columns: Sequence[str] | None, subject: str = "") -> pa.Schema:
    """Return the part of a schema that some columns are, in their order; all of it by default.

    Raises:
        Permanent: One of them is not in the schema; the message names the subject.
    """
    if columns is None:
        return schema
    names = check_columns(schema, columns, subject)
    return pa.schema([schema.field(name) for name in names], schema.metadata)


def check_columns(schema: pa.Schema, columns: Collection[str], subject: str = "") -> list[str]:
    """Return the columns as a list.

    Raises:
        Permanent: One of them is not in the schema; the message names the subject.
    """
    unknown = sorted(set(columns) - set(schema.names))
    if unknown:
        raise Permanent(
            f"There is no column {', '.join(unknown)}.",
            subject=subject,
            next_step=f"There are: {', '.join(schema.names)}.",
        )
    return list(columns)


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    try:
        fields = (pa.schema([("column", kind)]) for kind in (one, other))
        return pa.unify_schemas(list(fields), promote_options="permissive").field(0).type
    except pa.ArrowTypeError:
        return pa.string()


def _conform(
    batch: pa.RecordBatch, schema: pa.Schema, columns: Sequence[str], constants: Mapping[str, str]
) -> pa.RecordBatch:
    arrays = [_column(batch, schema.field(name), constants.get(name)) for name in columns]
    fields = [schema.field(name) for name in columns]
    if not fields:  # a batch without columns would forget how many rows it has
        return batch
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, schema.metadata))


def _column(batch: pa.RecordBatch, field: pa.Field, constant: str | None) -> pa.Array:
    if field.name in batch.schema.names:
        return batch.column(field.name).cast(field.type)
    return pa.repeat(pa.scalar(constant, field.type), batch.num_rows)
