"""Bodies of the form multipart/related: metadata first, then the media, read as a stream.

Belongs here: finding the boundary without holding the media in memory.
Does not: multipart/mixed of the batch endpoint (`batch`), which is small.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from sandbox.gcs.refusals import Refusal, invalid
from sandbox.gcs.wire import JSON_LIMIT, parse_json


@dataclass(frozen=True, slots=True)
class Related:
    """The two parts: the object's resource, the media's own content type if any, and its bytes."""

    resource: dict[str, JsonValue]
    content_type: str | None
    media: Iterator[bytes]


class _LookAhead:
    """Chunks with the ability to look for a mark before handing them out."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = bytearray()

    def until(self, mark: bytes) -> Iterator[bytes]:
        """Yield what comes before `mark`, and swallow the mark."""
        while (at := self._buffer.find(mark)) < 0:
            safe = len(self._buffer) - len(mark) + 1
            if safe > 0:
                yield bytes(self._buffer[:safe])
                del self._buffer[:safe]
            self._buffer += self._next()
        if at:
            yield bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]

    def text(self, mark: bytes) -> bytes:
        """Return what comes before `mark`, which must come within a megabyte."""
        text = bytearray()
        for piece in self.until(mark):
            text += piece
            if len(text) > JSON_LIMIT:
                raise Refusal(413, "uploadTooLarge", "The metadata part takes at most 1 MB.")
        return bytes(text)

    def headers(self) -> dict[str, str]:
        """Return the headers of a part, up to and with the empty line."""
        found = {}
        while line := self.text(b"\n").strip():
            name, _, value = line.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return found

    def _next(self) -> bytes:
        piece = next(self._chunks, b"")
        if not piece:
            raise invalid("The multipart body ends before its closing boundary.")
        return piece


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a multipart Content-Type names. Raises `Refusal` 400."""
    match = re.search(r'boundary=(?:"([^"]+)"|([^;\s]+))', content_type, re.IGNORECASE)
    if match is None:
        raise invalid("A multipart request names its boundary in Content-Type.")
    return (match[1] or match[2]).encode("latin-1", "replace")


def parse_related(content_type: str, chunks: Iterable[bytes]) -> Related:
    """Read the first part and stop at the first byte of the media. Raises `Refusal` 400 and 413."""
    source, boundary = _LookAhead(chunks), boundary_of(content_type)
    source.text(b"--" + boundary)
    # gcsfs ends its lines with LF, others with CRLF: the media ends before the same one.
    delimiter = (b"\r\n--" if source.text(b"\n").endswith(b"\r") else b"\n--") + boundary
    source.headers()
    resource = parse_json(source.text(delimiter).strip())
    source.text(b"\n")
    media_type = source.headers().get("content-type")
    return Related(resource, media_type, source.until(delimiter))
