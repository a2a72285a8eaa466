"""Rewriting: the rows of local parts that stay, as new parts, in constant memory.

Belongs here: reading by mask, and cutting what is written into parts of one shape and a bounded size.
Does not: which rows stay (`crm.upkeep.folding`), what a part is called and who registers it (`crm.upkeep.compaction`).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import pyarrow as pa

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.raw import MOMENT, OBSERVED, PRESENT, read_raw
from nooks_dagster.crm.upkeep.folding import Flags, Numbers, Versions, versions
from nooks_dagster.lake.parts import LocalPart, PartWriter

PART_ROWS = 100_000  # what one merge sorts in memory, should it be built again from here
BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape and the hash that it is known by."""

    name: str
    source: SourceObject


@dataclass(frozen=True, slots=True)
class LocalInput:
    """A part on the scratch disk: its rows, their shape, and when their query began if they do not say it."""

    path: Path
    rows: int
    shape: Shape
    observed_at: datetime | None

    def versions(self, number: int) -> Versions:
        """Return the versions of its rows, under a number of the caller's."""
        return versions(self.path, self.shape.source, self.observed_at, number)

    def staying(self, stay: Flags, present: Numbers) -> Iterator[pa.RecordBatch]:
        """Yield the rows that stay.

        Args:
            stay: For each row of the part, whether it stays.
            present: For each, the last time it was seen, in microseconds.
        """
        start = 0
        for batch in read_raw(self.path, BATCH_ROWS, self.observed_at):
            place = slice(start, start + batch.num_rows)
            start += batch.num_rows
            if stay[place].any():
                yield _seen(batch, present[place]).filter(pa.array(stay[place]))


def _seen(batch: pa.RecordBatch, present: Numbers) -> pa.RecordBatch:
    """Return rows with the time of their last sight, where that is not the time of their values."""
    observed = batch.column(OBSERVED).cast(pa.int64()).to_numpy()
    when = pa.array(present, mask=present <= observed).cast(MOMENT)
    return batch.set_column(batch.schema.get_field_index(PRESENT), PRESENT, when)


class PartCutter:
    """Cuts rows into parts; leaving the context removes what is on the disk.

    Args:
        scratch: The scratch folder.
        schema: Of the rows.
        landed: Told of each part when it is full; it is gone afterwards.
    """

    def __init__(self, scratch: Path, schema: pa.Schema, landed: Callable[[LocalPart], None]) -> None:
        self._scratch = scratch
        self._schema = schema
        self._landed = landed
        self._open = ExitStack()
        self._writer: PartWriter | None = None
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows."""
        if self._writer is None:
            self._writer = self._open.enter_context(PartWriter(self._scratch, self._schema))
        self._writer.write(batch)
        self._rows += batch.num_rows
        if self._rows >= PART_ROWS:
            self.finish()

    def finish(self) -> None:
        """End the part that is open, if one is."""
        if self._writer is not None:
            self._landed(self._writer.finish())
            self._open.close()
            self._writer, self._rows = None, 0
