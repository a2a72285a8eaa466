"""Rows of a REST answer as Arrow: columns built at once, every value exactly as it came.

Belongs here: conversion by the described type. Does not: fetching (`cursor`).

A value that does not fit its type is never cut or turned into null: it stops the chunk, by object and field.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from nooks_dagster.crm.access.json_text import as_text
from nooks_dagster.crm.model import FieldType, SourceObject
from nooks_dagster.failures import Corrupt

Row = Mapping[str, Any]


def batch(source: SourceObject, rows: Sequence[Row]) -> pa.RecordBatch:
    """Return rows as one batch of the object's schema.

    Raises:
        Corrupt: A selected field is missing, or a value is not of its field's type.
    """
    names = [field.name for field in source.fields]
    try:
        columns = list(zip(*map(itemgetter(*names), rows), strict=True))
    except KeyError as missing:
        raise _misfit(source, str(missing.args[0]), "is missing from the answer") from None
    arrays = []
    for field, values in zip(source.fields, columns, strict=True):
        try:
            arrays.append(_CONVERT[field.type](values))
        except (ValueError, TypeError, OverflowError):  # pyarrow's errors are ValueError and TypeError
            raise _misfit(source, field.name, f"holds a value that is not {field.type}") from None
    return pa.RecordBatch.from_arrays(arrays, schema=source.schema)


def _misfit(source: SourceObject, field: str, what: str) -> Corrupt:
    return Corrupt(
        f"Field {field} {what}.",
        subject=source.name,
        next_step="Its type may just have been changed: the next sync describes the object again.",
    )


def _text(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (TypeError, UnicodeEncodeError):
        return pa.array([as_text(value) for value in values], pa.string())


def _integer(values: Sequence[Any]) -> pa.Array:
    """Return whole numbers; `5.0` is one, `5.5` and `true` are not, though pyarrow would take both."""
    return _inferred(values).cast(pa.int64())


def _number(values: Sequence[Any]) -> pa.Array:
    """Return floats, as the API has them; a whole number beyond 2**53 keeps its first 15 digits."""
    try:
        return _inferred(values).cast(pa.float64(), safe=False)
    except (OverflowError, pa.ArrowInvalid):
        if any(type(value) not in (int, float, type(None)) for value in values):
            raise
        return pa.array([None if value is None else float(value) for value in values], pa.float64())


def _inferred(values: Sequence[Any]) -> pa.Array:
    found = pa.array(values)
    if not (pa.types.is_integer(found.type) or pa.types.is_floating(found.type) or pa.types.is_null(found.type)):
        raise TypeError
    return found


def _boolean(values: Sequence[Any]) -> pa.Array:
    return pa.array(values, pa.bool_())


def _parsed(kind: FieldType) -> Callable[[Sequence[Any]], pa.Array]:
    def convert(values: Sequence[Any]) -> pa.Array:
        return pa.array(values, pa.string()).cast(kind.arrow)

    return convert


_CONVERT: Mapping[FieldType, Callable[[Sequence[Any]], pa.Array]] = {
    FieldType.TEXT: _text,
    FieldType.BOOLEAN: _boolean,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.DATE: _parsed(FieldType.DATE),
    FieldType.TIMESTAMP: _parsed(FieldType.TIMESTAMP),
}
