"""What a part's footer tells before its rows are fetched: the smallest and largest value of a column, by row group.

Belongs here: reading the end of a Parquet object. Does not: rows, which are fetched whole and verified (`lake.store`).

A footer is no verified read, so it may only say what need not be fetched; one that makes no sense says nothing.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

TAIL_BYTES = 64 * 1024  # holds the footer of a part of 40 columns and several row groups
_LENGTH_BYTES = 8  # four that tell the length of the footer, and the magic word

Bounds = tuple[Any, Any] | None
"""The smallest and the largest value of a row group; None when that is not known."""


def footer(lake: Lake, handle: Handle) -> pq.FileMetaData | None:
    """Return the footer of a part, by one or two small requests; None when it makes no sense.

    Raises:
        Missing: The part is gone.
        Transient: The lake does not answer.
    """
    tail = lake.tail(handle, TAIL_BYTES)
    length = int.from_bytes(tail[-_LENGTH_BYTES:-4], "little") + _LENGTH_BYTES
    if len(tail) < length <= handle.bytes:
        tail = lake.tail(handle, length)
    try:
        return pq.read_metadata(pa.BufferReader(tail))
    except (pa.ArrowException, OSError):
        return None


def bounds(footer: pq.FileMetaData, column: str) -> Sequence[Bounds]:
    """Return what each row group holds of a column."""
    names = [footer.schema.column(place).path for place in range(footer.num_columns)]
    if column not in names:
        return [None] * footer.num_row_groups
    place = names.index(column)
    found = [footer.row_group(number).column(place).statistics for number in range(footer.num_row_groups)]
    return [(one.min, one.max) if one is not None and one.has_min_max else None for one in found]
