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
    unpack = zlib.decompressobj(_EITHER) if packed not in ("", "identity") else None
    body, wire = bytearray(), 0
    for chunk in chunks:
        wire += len(chunk)
        try:
            body += unpack.decompress(chunk, most + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise Garbled("broken content encoding") from None
        if len(body) > most or wire > most:
            if cut:
                return bytes(body[:most])
            raise NoPage(Outcome.TOO_LARGE)
    return bytes(body)
