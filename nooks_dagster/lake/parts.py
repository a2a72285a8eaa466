"""One local Parquet file at a time: from Arrow batches of any number to a part that can be uploaded.

Belongs here: the Parquet settings of the lake and the file's short life on the scratch disk.
Does not: names in the lake, or when a part may be written.
"""

import hashlib
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from nooks_dagster.lake.errors import disk_errors

# A row group is what writer and reader hold in memory: 16,384 rows of a CRM are some 15 MB (50,000 took 56 MB to read),
# and 16 MiB bounds the wide ones (a Salesforce long text field may hold 131,072 characters).
_GROUP_ROWS = 16_384
_GROUP_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LocalPart:
    """A finished Parquet file on the scratch disk; it is gone when its writer is left."""

    path: Path
    rows: int
    bytes: int
    sha256: str


class PartWriter:
    """Writes batches to one Parquet file (zstd) in constant memory; leaving the context removes the file.

    Example:
        with PartWriter(lake.scratch, schema) as writer:
            for batch in batches:
                writer.write(batch)
            part = writer.finish()
            handle = lake.upload(part.path, name, part.rows, part.sha256)

    Args:
        folder: The scratch folder, created if it is missing.
        schema: Of every batch.

    Raises:
        Transient: The disk is full.
    """

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self._folder = folder
        self._schema = schema
        self._path = folder / f"{uuid4().hex}.parquet"
        self._rows = 0
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._waiting_bytes = 0

    def __enter__(self) -> Self:
        with disk_errors(self._folder), ExitStack() as undo:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = _HashingFile(self._path)
            undo.callback(self._remove)
            self._parquet = pq.ParquetWriter(self._file, self._schema, compression="zstd")
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch.

        Raises:
            pyarrow.ArrowInvalid: Its schema is not the writer's.
            Transient: The disk is full.
        """
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        self._waiting_bytes += batch.nbytes
        if self._waiting_rows >= _GROUP_ROWS or self._waiting_bytes >= _GROUP_BYTES:
            self._flush()

    def finish(self) -> LocalPart:
        """Complete the file and return what is in it."""
        self._flush()
        with disk_errors(self._folder):
            self._parquet.close()
            self._file.close()
        return LocalPart(self._path, self._rows, self._path.stat().st_size, self._file.sha256.hexdigest())

    def _remove(self) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.Table.from_batches(self._waiting, self._schema)
        with disk_errors(self._folder):
            self._parquet.write_table(table, row_group_size=2 * _GROUP_ROWS)  # one group, unless a batch is huge
        self._rows += table.num_rows
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0


def sweep(folder: Path, older_than: timedelta = timedelta(days=1)) -> int:
    """Remove what killed processes left in a scratch folder; return how many files that were.

    Args:
        folder: The scratch folder; it may be missing.
        older_than: A part in work is written to more often than that, a copy is done with sooner.
    """
    oldest = time.time() - older_than.total_seconds()
    left = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < oldest]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


class _HashingFile:
    """A file that knows the sha256 of what was written; Parquet is written front to back."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb", buffering=0)  # a buffer would meet a full disk only when it is closed
        self.sha256 = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes) -> int:
        if self.closed:  # an abandoned ParquetWriter still writes its footer when it is collected
            return len(data)
        self.sha256.update(data)
        view = memoryview(data)
        while view:  # one write(2) may take less than all of it
            view = view[self._file.write(view) :]
        return len(data)

    def flush(self) -> None:
        if not self.closed:
            self._file.flush()

    def close(self) -> None:
        self.closed = True
        self._file.close()
