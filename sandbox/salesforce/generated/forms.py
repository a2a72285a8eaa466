"""A made column in the two forms in which it leaves: values of REST's JSON, texts of the Bulk API's CSV.

Belongs here: one rule each way per Arrow type. Does not: how a column is made.
"""

import pyarrow as pa

from sandbox.salesforce.org import JsonValue
from sandbox.world.columns import joined, kept, pc
from sandbox.world.hashing import Ints
from sandbox.world.timeline import datetimes


def moments(seconds: Ints) -> pa.Array:
    """Return a column of moments, from seconds since 1970."""
    return pa.array(seconds).view(pa.timestamp("s"))


def to_json(column: pa.Array) -> list[JsonValue]:
    """Return the values as REST's JSON has them."""
    if pa.types.is_struct(column.type):
        return _objects(column)
    values: list[JsonValue] = (_written(column, "+0000") if _is_moment(column) else column).to_pylist()
    return values


def to_text(column: pa.Array) -> pa.Array:
    """Return the texts that the Bulk API prints; null stays null.

    Raises:
        ValueError: The column is compound, for which the Bulk API has no form.
    """
    if pa.types.is_struct(column.type):
        raise ValueError("a compound field has no text: select its parts")
    if _is_moment(column):
        return _written(column, "Z")
    texts = column.cast(pa.string())
    if not pa.types.is_floating(column.type):
        return texts
    whole = pc.equal(column, pc.floor(column))  # Arrow writes 10 where Salesforce writes 10.0
    return pc.replace_with_mask(texts, whole, joined(texts.filter(whole), ".0"))


def _is_moment(column: pa.Array) -> bool:
    return bool(pa.types.is_timestamp(column.type))


def _written(column: pa.Array, zone: str) -> pa.Array:
    seconds = column.view(pa.int64()).fill_null(0).to_numpy()
    texts = datetimes(seconds, zone)
    return kept(texts, column.is_valid().to_numpy(zero_copy_only=False)) if column.null_count else texts


def _objects(column: pa.Array) -> list[JsonValue]:
    keys = [field.name for field in column.type]
    rows = zip(*(part.to_pylist() for part in column.flatten()), strict=True)
    present = column.is_valid().to_pylist()
    return [dict(zip(keys, row, strict=True)) if there else None for there, row in zip(present, rows, strict=True)]
