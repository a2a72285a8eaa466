"""Requests and answers, free of sockets, so that a batch can carry them too.

Belongs here: reading a body as a stream or as JSON, and what an answer is made of.
Does not: HTTP framing of answers (`server`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import JsonValue

from sandbox.gcs.blobs import CHUNK
from sandbox.gcs.refusals import Refusal, invalid

JSON_LIMIT = 1 << 20  # bytes of a metadata document


class Readable(Protocol):
    """The two reads that a body needs of a socket file."""

    def read(self, size: int, /) -> bytes: ...  # noqa: D102
    def readline(self, limit: int, /) -> bytes: ...  # noqa: D102


class Body:
    """A request's body, read once, front to back.

    Args:
        stream: Where the bytes come from.
        length: Their announced number; None for a chunked body.
    """

    def __init__(self, stream: Readable, length: int | None) -> None:
        self._stream = stream
        self.length = length
        self._left = length if length is not None else 0
        self._more_chunks = length is None

    def __iter__(self) -> Iterator[bytes]:
        """Yield the bytes not read yet; raises ConnectionResetError when the client leaves early."""
        while self._left or self._next_chunk():
            piece = self._stream.read(min(self._left, CHUNK))
            if not piece:
                raise ConnectionResetError("the client went away in mid-body")
            self._left -= len(piece)
            yield piece

    def _next_chunk(self) -> bool:
        """Read the frame before the next chunk of a chunked body; False at its end."""
        if not self._more_chunks:
            return False
        line = self._stream.readline(1024).strip() or self._stream.readline(1024).strip()
        size = line.split(b";")[0]
        if not re.fullmatch(rb"[0-9a-fA-F]{1,15}", size):
            self._more_chunks = False
            raise ConnectionResetError("the chunked body is malformed")
        self._left = int(size, 16)
        if self._left == 0:
            self._more_chunks = False
            while self._stream.readline(1024).strip():
                pass
        return self._more_chunks

    def drain(self) -> None:
        """Read what is left, so that the client hears an early refusal instead of a reset."""
        for _ in self:
            pass


@dataclass(frozen=True, slots=True)
class Request:
    """One request: header names are in lower case, the path is still percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body
    base_url: str

    def text(self, limit: int = JSON_LIMIT) -> bytes:
        """Return the whole body of a small request. Raises `Refusal` 413."""
        parts, size = [], 0
        for piece in self.body:
            parts.append(piece)
            size += len(piece)
            if size > limit:
                raise Refusal(413, "uploadTooLarge", f"This request takes at most {limit} bytes.")
        return b"".join(parts)

    def json(self) -> dict[str, JsonValue]:
        """Return the body as a JSON object, {} when it is empty. Raises `Refusal` 400."""
        return parse_json(self.text())


@dataclass(frozen=True, slots=True)
class FileRange:
    """A stretch of an open file, sent by the kernel."""

    handle: BinaryIO
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: a small body, or a stretch of a file."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    file: FileRange | None = None


def parse_json(text: bytes) -> dict[str, JsonValue]:
    """Return the JSON object in `text`, {} when it is empty. Raises `Refusal` 400."""
    try:
        value = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        raise invalid("Parse Error: the body is not JSON.") from None
    if not isinstance(value, dict):
        raise invalid("Parse Error: the body must be a JSON object.")
    return value


def json_response(payload: Mapping[str, JsonValue]) -> Response:
    """Answer with a JSON document."""
    return Response(200, json.dumps(payload).encode(), {"Content-Type": "application/json; charset=UTF-8"})


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """Split a request target into its path and its query. Raises `Refusal` 400."""
    try:
        parts = urlsplit(target)
        return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise invalid("The request target is no valid URL.") from None


def decoded(segment: str) -> str:
    """Undo the percent-encoding of a name. Raises `Refusal` 400 unless it is UTF-8."""
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise invalid("Names in a URL must be percent-encoded UTF-8.") from None


def refusal_response(refusal: Refusal) -> Response:
    """Answer with Google's JSON error body; 304 has none."""
    if refusal.status == 304:
        return Response(304, b"", refusal.headers)
    headers = {"Content-Type": "application/json; charset=UTF-8", **refusal.headers}
    return Response(refusal.status, refusal.body(), headers)
