"""Whole columns of texts at once: drawn from pools, cut to a mask, written in a fixed width.

Belongs here: the few ways in which a column of a generated world comes to be, a hundred times faster than row by row.
Does not: what is in a pool, what is drawn.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from sandbox.world.hashing import Ints

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

Flags = npt.NDArray[np.bool_]
"""One yes or no per row."""

Bytes = npt.NDArray[np.uint8]
"""ASCII texts of one width: rows of bytes."""


def choices(values: Sequence[str | None]) -> pa.Array:
    """Return texts to draw from; the empty text is null, as no CRM tells them apart."""
    return pa.array([value or None for value in values], pa.string())


def drawn(pool: pa.Array, draws: Ints) -> pa.Array:
    """Return one member of the pool per draw."""
    return pool.take(pa.array(draws % len(pool)))


def kept(column: pa.Array, keep: Flags) -> pa.Array:
    """Return the column, null where it is not kept: the same values under another bitmap, so nothing is copied."""
    flags = pa.array(keep)
    if column.null_count:
        flags = pc.and_(flags, column.is_valid())
    if column.offset or pa.types.is_nested(column.type):
        return pc.if_else(flags, column, pa.scalar(None, column.type))
    return pa.Array.from_buffers(column.type, len(column), [flags.buffers()[1], *column.buffers()[1:]])


def joined(*columns: Any) -> pa.Array:
    """Return columns and single texts written one behind the other; null where one of them is null."""
    return pc.binary_join_element_wise(*columns, "")


def byte_rows(values: Sequence[str]) -> Bytes:
    """Return ASCII texts of one width as bytes, to take rows of."""
    return np.frombuffer("".join(values).encode("ascii"), np.uint8).reshape(len(values), -1)


def fixed(*blocks: Bytes | str) -> pa.Array:
    """Return a column of texts of one width, made of blocks of bytes (and texts that all rows share) side by side."""
    rows = next(len(block) for block in blocks if not isinstance(block, str))
    parts = [byte_rows([block]) if isinstance(block, str) else block for block in blocks]
    ends = np.cumsum([part.shape[1] for part in parts])
    data = np.empty((rows, ends[-1]), np.uint8)
    for part, end in zip(parts, ends, strict=True):
        data[:, end - part.shape[1] : end] = part
    offsets = np.arange(rows + 1, dtype=np.int32) * np.int32(ends[-1])
    return pa.Array.from_buffers(pa.string(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def decimals(numbers: Ints, width: int) -> Bytes:
    """Return the last `width` decimal digits of each number, zeros in front."""
    groups: list[Bytes] = []
    for _ in range(-(-width // 3)):
        numbers, last = np.divmod(numbers, 1_000)
        groups.append(_THREE_DIGITS.take(last, axis=0))
    return np.concatenate(groups[::-1], axis=1)[:, -width:]


_THREE_DIGITS = byte_rows([f"{number:03}" for number in range(1_000)])
