"""The body of an answer, unpacked as it comes, up to a bound: a gzip bomb of 10 MB would be 10 GB.

Belongs here: content encodings and sizes. Does not: asking (`research.web.browser`).
"""

import zlib
from collections.abc import Iterable

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.web.outcomes import Garbled, NoPage

ENCODINGS = "gzip, deflate"
_EITHER = zlib.MAX_WBITS | 32  # gzip or zlib, told by its header


def unpacked(chunks: Iterable[bytes], encoding: str, most: int, *, cut: bool = False) -> bytes:
    """Return the body of an answer.

    Args:
        chunks: As they come.
        encoding: The header of that name.
        most: Bytes, on the wire and unpacked.
        cut: Return the first so many of a larger one.

    Raises:
        NoPage: It is larger; `Garbled` if it is not what its header says.
    """
    packed = encoding.strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Garbled("unknown content encoding")
    unpack = _Inflating(raw=packed == "deflate") if packed not in ("", "identity") else None
    body, wire = bytearray(), 0
    for chunk in chunks:
        wire += len(chunk)
        body += unpack.feed(chunk, most + 1 - len(body)) if unpack else chunk
        if len(body) > most or wire > most:
            if cut:
                return bytes(body[:most])
            raise NoPage(Outcome.TOO_LARGE)
    return bytes(body)


class _Inflating:
    """A stream of gzip or zlib, told by its header; or of neither, as some servers understand "deflate"."""

    def __init__(self, *, raw: bool) -> None:
        self._unpack = zlib.decompressobj(_EITHER)
        self._maybe_raw = raw

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Return what a chunk unpacks to, at most so many bytes.

        Raises:
            Garbled: It is none of them.
        """
        try:
            unpacked = self._unpack.decompress(chunk, room)
        except zlib.error:
            if not self._maybe_raw:
                raise Garbled("broken content encoding") from None
            self._unpack, self._maybe_raw = zlib.decompressobj(-zlib.MAX_WBITS), False
            return self.feed(chunk, room)
        self._maybe_raw = False
        return unpacked
