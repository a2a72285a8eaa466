"""Headers that were never finished: who writes to a pipe, or dies, does not say how long a recording is.

Belongs here: the repairs. Does not: reading (`calls.audio.reading`).
"""

import io
import struct
from typing import BinaryIO

LOOK = 256 * 1024  # bytes within which the samples of a WAV file begin: what a broadcaster puts before them is 10 KB
ENDLESS = 2**63 - 1
"""Frames that libsndfile claims of a FLAC file that does not tell."""
_EMPTY = (0, 0xFFFFFFFF)
_UNTOLD = (0, 2**64 - 1)
_COUNT = 21  # where FLAC tells its length: the last 36 of 40 bits


def mended(file: BinaryIO) -> BinaryIO:
    """Return a file that says how long it is, where a WAV header says nothing or "endless"; else the file itself."""
    head = bytearray(file.read(LOOK))
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    data = _data(head)
    if not data or struct.unpack_from("<I", head, data + 4)[0] not in _EMPTY:
        return file
    struct.pack_into("<4sI", head, 0, b"RIFF", min(length - 8, 0xFFFFFFFF))
    struct.pack_into("<I", head, data + 4, min(max(0, length - data - 8), 0xFFFFFFFF) & 0xFFFFFFFE)
    return _Headed(bytes(head[: data + 8]), file)


def counted(file: BinaryIO, frames: int) -> BinaryIO:
    """Return a FLAC file that says that it has so many frames; the file itself if it begins with something else."""
    file.seek(0)
    head = bytearray(file.read(_COUNT + 5))
    file.seek(0)
    if head[:4] != b"fLaC":
        return file
    rest = int.from_bytes(head[_COUNT:]) >> 36
    head[_COUNT:] = (rest << 36 | frames).to_bytes(5)
    return _Headed(bytes(head), file)


def _data(head: bytes | bytearray) -> int:
    """Return where the samples of a WAV file are announced; 0 if they are not, or if an RF64 header counts them."""
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return 0
    place = 12
    while place + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, place)
        if name == b"data":
            return place
        if name == b"ds64" and int.from_bytes(head[place + 16 : place + 24], "little") not in _UNTOLD:
            return 0
        place += 8 + size + size % 2
    return 0


class _Headed(io.RawIOBase, BinaryIO):
    """A file with another beginning."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        super().__init__()
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # libsndfile's buffers are these
        place = self._file.tell()
        data = self._file.read(len(buffer))
        if place < len(self._head):
            fixed = self._head[place : place + len(data)]
            data = fixed + data[len(fixed) :]
        buffer[: len(data)] = data
        return len(data)
