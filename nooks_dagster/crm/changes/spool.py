"""The spool: changes of one connection and day on the scratch disk, until it is known which observations count.

Belongs here: collecting them, and finding the latest observation of each version. Does not: where they come from.

Memory is bounded whatever a day brought: values are on the disk, versions are compared slice by slice of their stamps
(equal stamps stay together), and a row costs one byte beyond that.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from math import gcd
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from nooks_dagster.crm.changes.rows import SCHEMA
from nooks_dagster.lake.parts import PartWriter

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

SLICE_ROWS = 500_000  # versions compared at once: some 100 MB
READ_ROWS = 16_384
KEYS = ["source_object", "id", "changed_at", "observed_at"]


class ChangeSpool:
    """Changes in the order of their coming; leaving the context removes the file.

    Args:
        scratch: The scratch folder.
        slice_rows: Versions compared at once.
    """

    def __init__(self, scratch: Path, slice_rows: int = SLICE_ROWS) -> None:
        self._writer = PartWriter(scratch, SCHEMA)
        self._slice_rows = slice_rows
        self._open = ExitStack()
        self.rows = 0

    def __enter__(self) -> Self:
        self._open.enter_context(self._writer)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in changes."""
        if batch.num_rows:
            self._writer.write(batch)
            self.rows += batch.num_rows

    def latest(self) -> tuple[npt.NDArray[np.bool_], Path]:
        """Say of each row whether it is the latest observation of its version, of equal ones the first; and where."""
        path = self._writer.finish().path
        kept = np.zeros(self.rows, np.bool_)
        slices = _without_tens(self.rows // self._slice_rows + 1)
        for number in range(slices):
            keys, places = _slice(path, number, slices)
            kept[places[_last_of_each(keys, places)]] = True
        return kept, path


def chosen(path: Path, kept: npt.NDArray[np.bool_]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a spool that are kept."""
    start = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(READ_ROWS):
            mask = kept[start : start + batch.num_rows]
            start += batch.num_rows
            if mask.any():
                yield batch.filter(pa.array(mask))


def _without_tens(slices: int) -> int:
    """Return as many or a few more: stamps are whole seconds or milliseconds, which a factor of ten would not part."""
    return next(n for n in range(slices, slices + 10) if gcd(n, 10) == 1)


def _slice(path: Path, number: int, slices: int) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Return the keys of one slice, and their places in the spool."""
    found: list[pa.RecordBatch] = []
    places: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]
    start = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(READ_ROWS, columns=KEYS):
            mine = _micros(batch.column("changed_at")) % slices == number
            found.append(batch.filter(pa.array(mine)))
            places.append(start + np.flatnonzero(mine))
            start += batch.num_rows
    schema = pa.schema([SCHEMA.field(name) for name in KEYS])
    return pa.Table.from_batches(found, schema), np.concatenate(places)


def _last_of_each(keys: pa.Table, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return where the latest observation of each (object, id, stamp) is."""
    rows = pc.binary_join_element_wise(keys["source_object"], keys["id"], "/")
    codes = pc.dictionary_encode(rows).combine_chunks().indices.to_numpy()
    stamps, observed = _micros(keys["changed_at"]), _micros(keys["observed_at"])
    order = np.lexsort((-places, observed, stamps, codes))
    last = np.ones(len(order), np.bool_)
    last[:-1] = (np.diff(codes[order]) != 0) | (np.diff(stamps[order]) != 0)
    found: npt.NDArray[np.int64] = order[last]
    return found


def _micros(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return numbers
