"""The body of an answer, unzipped as a whole by isal in half of zlib's time.

Belongs here: bytes. Does not: what they mean (`bodies`, `answers`).
"""

from typing import Any

from isal import igzip, isal_zlib


def body_of(response: Any) -> bytes:
    """Return the body of an answer that has not been read.

    Args:
        response: Of urllib3.

    Raises:
        OSError, urllib3.exceptions.HTTPError: The connection broke, or the body cannot be unzipped.
    """
    if response.headers.get("Content-Encoding", "").lower() != "gzip":
        return bytes(response.data)
    zipped = response.read(decode_content=False)
    try:
        return bytes(igzip.decompress(zipped))  # type: ignore[no-untyped-call]  # it has no types
    except (igzip.BadGzipFile, EOFError, isal_zlib.error):  # type: ignore[misc]  # its stub declares it as no exception
        raise ConnectionError("the body cannot be unzipped") from None
