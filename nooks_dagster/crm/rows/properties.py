"""The source fields without a typed column: one JSON object for each row, written by Arrow column by column.

Belongs here: the JSON of numbers, booleans, dates, times and texts. Does not: which fields (`crm.rows.merge`).

Why not in Postgres: a row of 800 fields does not fit into a page of 8 KB, and a function takes 100 arguments.
Why not `json.dumps`: 20 fields cost it 15 µs a row and the GIL, Arrow 1.5 µs without.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.database.copy import without_zone
from nooks_dagster.database.escapes import escaped

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": ""}
_ESCAPES |= {chr(c): f"\\u{c:04x}" for c in range(1, 32) if chr(c) not in _ESCAPES}
"""What JSON wants escaped, the escape itself first; NUL goes, because no Postgres text can hold it."""


def properties(batch: pa.RecordBatch, fields: Sequence[str]) -> pa.Array:
    """Return a JSON object for each row: the fields that are not null, by their source names.

    Numbers keep every digit, times are ISO 8601 in UTC. The keys come as jsonb keeps them, the short ones first:
    Postgres, which sorts them for each row, then finds them sorted, and a merge with 30 of them takes a tenth less.

    Args:
        batch: Rows as the source gave them.
        fields: The names of the fields to keep.
    """
    members = [_members(name, batch.column(name)) for name in sorted(fields, key=_place)]
    present = [array for array in members if array is not None]
    if not present:
        return pa.repeat("{}", batch.num_rows)
    # Not null_handling="skip": in Arrow 26 that drops the row whose values are all null.
    joined = pc.binary_join_element_wise(*present, "", null_handling="replace", null_replacement="")
    opened = pc.binary_replace_slice(joined, start=0, stop=1, replacement="{")  # for the first comma
    return pc.binary_join_element_wise(opened, "}", "")


def _place(name: str) -> tuple[int, bytes]:
    key = name.encode()
    return len(key), key


def _members(name: str, column: pa.Array) -> pa.Array | None:
    """Return `,"name":value` for each row, null where the value is; None if all are."""
    if column.null_count == len(column):
        return None
    key = "," + json.dumps(name) + ":"
    kind = column.type
    if pa.types.is_string(kind):
        return _join(f'{key}"', escaped(column, _ESCAPES), '"')
    if pa.types.is_timestamp(kind):
        text = pc.replace_substring(without_zone(column).cast(pa.string()), " ", "T")
        return _join(f'{key}"', text, '+00:00"')
    if pa.types.is_date(kind):
        return _join(f'{key}"', column.cast(pa.string()), '"')
    text = column.cast(pa.string())
    if pa.types.is_floating(kind) and not pc.all(pc.is_finite(column)).as_py():
        text = pc.if_else(pc.is_finite(column), text, _join('"', text, '"'))
    return _join(key, text)


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")
