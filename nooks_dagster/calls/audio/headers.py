"""Headers that were never finished: a WAV file whose writer died says that it is empty.

Belongs here: the one repair. Does not: reading (`calls.audio.reading`).
"""

import io
import struct
from typing import BinaryIO

LOOK = 4096  # bytes within which the samples of a WAV file begin
_EMPTY = (0, 0xFFFFFFFF)


def mended(file: BinaryIO) -> BinaryIO:
    """Return a file that says how long it is, where a WAV header says nothing or "endless"; else the file itself."""
    head = bytearray(file.read(LOOK))
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return file
    place = 12
    while place + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, place)
        if name == b"data":
            if size not in _EMPTY:
                return file
            struct.pack_into("<I", head, place + 4, max(0, length - place - 8) & 0xFFFFFFFE)
            struct.pack_into("<I", head, 4, length - 8)
            return _Headed(bytes(head), file)
        place += 8 + size + size % 2
    return file


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
