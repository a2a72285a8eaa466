"""The archive: a transcript by its handle, wherever it lies by now.

Belongs here: reading one. Does not: folding the objects of an hour into one (`calls.closing.folding`).

An object that is gone was folded into the Parquet object of its folder when the hour was closed. That is fetched once
and kept for the next transcripts of the hour, which is what a backfill asks for. Only who wants the same folder waits
for it, for live calls are read beside.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from nooks_dagster.calls.closing.utterances import OBJECT, transcript_of
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.footers import bounds
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

FOLDERS = 64  # each holds a file open for each of its parts
ROOM = 512 * 2**20  # of the scratch disk; an hour of the largest workspace is some 50 MB
GROUPS = 16  # of 16,384 utterances, 5 MB each
LATELY = 128  # of calls in hand, twice over: some 10 KB each


class Archive:
    """The transcripts of a lake; one object of a process, used by many threads at once."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._folders: OrderedDict[str, _Folder] = OrderedDict()
        self._lately: OrderedDict[Handle, Transcript] = OrderedDict()
        self._lock = threading.Lock()  # of the two dictionaries; nobody waits for the lake while holding it
        self._read = lru_cache(GROUPS)(_Part.group)

    def transcript(self, call: int, handle: Handle) -> Transcript:
        """Return what was said in a call.

        Args:
            call: Our id.
            handle: Of the object that `transcribe` or `translate` made.

        Raises:
            Missing: It is neither where it was nor in the Parquet object of its hour.
            Corrupt: The bytes are not those that were written.
        """
        place, _, name = handle.uri.split("/", 3)[3].rpartition("/")
        with self._lock:
            known, folder = self._lately.get(handle), self._folders.get(place)
        if found := known or (folder and self._found(folder.parts, call, name)):
            return found
        try:
            return Transcript.model_validate_json(self._lake.get(handle))
        except Missing:
            if found := self._folded(place, call, name):
                return found
            raise

    def keep(self, handle: Handle, transcript: Transcript) -> None:
        """Remember what this process has just written, for the later stages of the same call to read."""
        with self._lock:
            self._lately[handle] = transcript
            while len(self._lately) > LATELY:
                self._lately.popitem(last=False)

    def _folded(self, place: str, call: int, name: str) -> Transcript | None:
        """Return a transcript of a folder as it is now; folders asked for long ago make room."""
        with self._lock:
            folder = self._folders.setdefault(place, _Folder(self._lake, place))
            self._folders.move_to_end(place)
        with folder.lock:
            # Who waited here may find that another has fetched what it wants.
            if found := self._found(folder.parts, call, name):
                return found
            folder.fetch()
        with self._lock:
            while len(self._folders) > 1 and (len(self._folders) > FOLDERS or self._bytes() > ROOM):
                self._folders.popitem(last=False)
        return self._found(folder.parts, call, name)

    def _bytes(self) -> int:
        return sum(part.handle.bytes for folder in self._folders.values() for part in folder.parts)

    def _found(self, parts: Sequence["_Part"], call: int, name: str) -> Transcript | None:
        for part in parts:
            if rows := part.rows(call, name, self._read):
                return transcript_of(rows)
        return None


class _Folder:
    """A folder's parts, as they were when last fetched; one at a time fetches, under the lock."""

    def __init__(self, lake: Lake, place: str) -> None:
        self.parts: Sequence[_Part] = ()
        self.lock = threading.Lock()
        self._lake = lake
        self._place = place

    def fetch(self) -> None:
        """Take over what the manifest names now; what is here already is not fetched again."""
        old = {part.handle: part for part in self.parts}
        handles = [part.handle for part in Dataset(self._lake, self._place).manifest().parts]
        self.parts = [old.get(handle) or _Part(self._lake, handle) for handle in handles]


class _Part:
    """A Parquet object of utterances on the scratch disk; unlinked as soon as it is open, so that nobody must tidy."""

    def __init__(self, lake: Lake, handle: Handle) -> None:
        self.handle = handle
        path: Path = lake.scratch / uuid4().hex
        try:
            lake.download(handle, path)
            self._file = pq.ParquetFile(pa.memory_map(str(path)))
        finally:
            path.unlink(missing_ok=True)
        self._calls = bounds(self._file.metadata, "call")
        self._lock = threading.Lock()

    def group(self, number: int) -> pa.Table:
        """Return a row group."""
        return self._file.read_row_group(number)

    def rows(self, call: int, name: str, read: Callable[["_Part", int], pa.Table]) -> Sequence[dict[str, object]]:
        """Return the rows that came from an object; `read` is `group`, remembering."""
        found: list[dict[str, object]] = []
        for number, known in enumerate(self._calls):
            if known is None or known[0] <= call <= known[1]:
                with self._lock:
                    group = read(self, number)
                found += group.filter(pc.equal(group[OBJECT], name)).to_pylist()
        return found
