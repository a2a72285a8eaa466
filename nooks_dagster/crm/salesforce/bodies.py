"""The body of an answer as it comes: unzipped, for Arrow to read, its first line to be looked at before.

Belongs here: bytes. Does not: what they mean (`pages`).
"""

import io

import requests
from isal import isal_zlib

BLOCK_BYTES = 2 * 1024 * 1024  # taken from the connection at a time
ZIPPED_BYTES = BLOCK_BYTES // 4  # CSV shrinks to a quarter
LONGEST_LINE = 256 * 1024  # 800 names of 40 characters are 34 KB
_GZIP = 31  # zlib's word for a gzip header and the largest window


class Body(io.RawIOBase):
    """A body that is read once.

    Args:
        response: An answer that is being streamed.
    """

    def __init__(self, response: requests.Response) -> None:
        super().__init__()
        self._raw = response.raw
        zipped = response.headers.get("Content-Encoding", "").lower() == "gzip"
        self._unzip = isal_zlib.decompressobj(_GZIP) if zipped else None
        self._raw.decode_content = not zipped
        self._ahead = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, as many as asked for if `size` is positive and there are so many; none at the end.

        Arrow gives up on a row that is longer than two blocks, so its blocks must be full.

        Raises:
            OSError, urllib3.exceptions.HTTPError: The connection broke.
        """
        wanted = size if size and size > 0 else 1
        while len(self._ahead) < wanted and (more := self._more()):
            self._ahead += more
        most = wanted if size and size > 0 else len(self._ahead)
        found, self._ahead = self._ahead[:most], self._ahead[most:]
        return found

    def first_line(self) -> bytes:
        """Return what comes before the first line break, and the break."""
        while b"\n" not in self._ahead and len(self._ahead) < LONGEST_LINE and (more := self._more()):
            self._ahead += more
        line, end, self._ahead = self._ahead.partition(b"\n")
        return line + end

    def unread(self, line: bytes) -> None:
        """Take back the first line."""
        self._ahead = line + self._ahead

    def at_end(self) -> bool:
        """Say whether nothing follows."""
        self._ahead = self._ahead or self._more()
        return not self._ahead

    def _more(self) -> bytes:
        if self._unzip is None:
            return bytes(self._raw.read(BLOCK_BYTES))
        while data := self._unzip.unused_data or self._raw.read(ZIPPED_BYTES):
            if self._unzip.eof:  # gzip may have several members, one after the other
                self._unzip = isal_zlib.decompressobj(_GZIP)
            try:
                found = self._unzip.decompress(data)
            except isal_zlib.error as error:  # type: ignore[misc]  # its stub declares it as no exception
                raise ConnectionError("the body cannot be unzipped") from error
            if found:
                return bytes(found)
        if not self._unzip.eof:
            raise ConnectionError("the zipped body ends before its end")
        return b""
