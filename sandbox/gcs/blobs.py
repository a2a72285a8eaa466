"""The bytes of objects: immutable files, named by chance and found through the metadata only.

Belongs here: writing with checksums, fsync, linking, removal, and the sweep of files that nothing names.
Does not: which file is whose; that is `metadata`. A file without a row is invisible, so it needs no rename.
"""

import base64
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from uuid import uuid4

import google_crc32c

from sandbox.gcs.refusals import no_room

CHUNK = 256 * 1024  # bytes; stays in the processor's cache between write, MD5 and CRC32C
RESERVE = 64 * 1024 * 1024  # bytes kept free, so that deletions can still be recorded on a full disk


@dataclass(frozen=True, slots=True)
class Blob:
    """A finished file: its name, size in bytes, and checksums in base64 (MD5 is None when composed)."""

    file: str
    size: int
    md5: str | None
    crc32c: str


def chunks_of(handle: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of an open file in chunks."""
    while chunk := handle.read(CHUNK):
        yield chunk


class Digest:
    """Running size, MD5 and CRC32C of a stream of bytes."""

    def __init__(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0

    def update(self, chunk: bytes) -> None:
        """Take the next bytes in."""
        self.size += len(chunk)
        self._md5.update(chunk)
        self._crc32c = google_crc32c.extend(self._crc32c, chunk)

    def blob(self, file: str) -> Blob:
        """Return what `file` is now known to be."""
        md5, crc32c = self._md5.digest(), self._crc32c.to_bytes(4, "big")
        return Blob(file, self.size, base64.b64encode(md5).decode(), base64.b64encode(crc32c).decode())


class BlobWriter:
    """A file being appended to; an exception inside its `with` block removes it, unless it was `resumed`."""

    def __init__(self, path: Path, digest: Digest, *, resumed: bool) -> None:
        self._path = path
        self._resumed = resumed
        self._handle = path.open("ab", buffering=0)
        self.digest = digest

    def write(self, chunk: bytes) -> None:
        """Append `chunk`; raises OSError when the disk is full."""
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._handle.write(rest) :]
        self.digest.update(chunk)

    def write_all(self, chunks: Iterable[bytes]) -> None:
        """Append every chunk."""
        for chunk in chunks:
            self.write(chunk)

    def finish(self) -> Blob:
        """Force the bytes to the disk and return the finished blob."""
        os.fsync(self._handle.fileno())
        return self.digest.blob(self._path.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.close()
        if kind is not None and not self._resumed:
            self._path.unlink(missing_ok=True)


class Blobs:
    """All files of the lake, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for number in range(256):  # so that no folder holds millions of entries
            (folder / f"{number:02x}").mkdir(parents=True, exist_ok=True)

    def _path(self, file: str) -> Path:
        return self._folder / file[:2] / file

    def writer(self, announced: int | None = None) -> BlobWriter:
        """Start a new file; raises `Refusal` 507 when `announced` bytes would not fit on the disk."""
        self.check_room(announced or 0)
        return BlobWriter(self._path(uuid4().hex), Digest(), resumed=False)

    def resume(self, file: str, digest: Digest) -> BlobWriter:
        """Go on with a file whose bytes so far are in `digest`."""
        return BlobWriter(self._path(file), digest, resumed=True)

    def check_room(self, size: int) -> None:
        """Refuse with 507 when `size` more bytes would eat into the reserve."""
        if shutil.disk_usage(self._folder).free < size + RESERVE:
            raise no_room(str(self._folder))

    def open(self, file: str) -> BinaryIO:
        """Open for reading; the bytes stay readable when the file is removed meanwhile."""
        return self._path(file).open("rb")

    def read(self, file: str) -> Iterator[bytes]:
        """Yield the whole file in chunks."""
        with self.open(file) as handle:
            yield from chunks_of(handle)

    def size(self, file: str) -> int:
        """Return how many bytes of `file` are there; 0 when it does not exist yet."""
        path = self._path(file)
        return path.stat().st_size if path.exists() else 0

    def link(self, file: str) -> str:
        """Give the same bytes a second name, which lives and dies by itself, and return it."""
        name = uuid4().hex
        self._path(name).hardlink_to(self._path(file))
        return name

    def remove(self, file: str) -> None:
        """Remove a file that no row names any more."""
        self._path(file).unlink(missing_ok=True)

    def sweep(self, kept: set[str]) -> int:
        """Remove the files that a killed process left without a row, and return how many there were."""
        orphans = [path for path in self._folder.glob("*/*") if path.name not in kept]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)
