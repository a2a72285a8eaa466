"""The batch endpoint: many JSON API requests in one body, answered in one body.

Belongs here: taking the parts out and putting the answers together. Does not: uploads and downloads, which
Google's batches do not carry either. https://cloud.google.com/storage/docs/batch
"""

import io
from collections.abc import Callable
from email.parser import Parser
from http import HTTPStatus

from sandbox.gcs.refusals import Refusal, invalid
from sandbox.gcs.related import boundary_of
from sandbox.gcs.wire import Body, Request, Response, refusal_response, split_target

_BOUNDARY = "batch_of_answers"
_LIMIT = 16 << 20  # bytes; the Python client sends up to 1,000 requests, Google's own limit is 100


def answer(request: Request, one: Callable[[Request], Response]) -> Response:
    """Answer each part by `one`, in order; a part's refusal is its own. Raises `Refusal` 400 and 413."""
    boundary = boundary_of(request.headers.get("content-type", "")).decode("latin-1")
    text = request.text(_LIMIT).decode("utf-8", "replace").replace("\r\n", "\n")
    parts = ("\n" + text).split(f"\n--{boundary}")[1:-1]
    if not parts:
        raise invalid("The batch holds no requests.")
    body = "".join(_answer_part(part, request, one) for part in parts) + f"--{_BOUNDARY}--\r\n"
    return Response(200, body.encode(), {"Content-Type": f"multipart/mixed; boundary={_BOUNDARY}"})


def _answer_part(part: str, outer: Request, one: Callable[[Request], Response]) -> str:
    envelope = Parser().parsestr(part.lstrip("\n"))
    try:
        response = one(_inner(str(envelope.get_payload()), outer))
    except Refusal as refusal:
        response = refusal_response(refusal)
    if response.file is not None:
        response.file.handle.close()
        response = refusal_response(invalid("A batch does not carry downloads."))
    identity = (envelope.get("Content-ID") or "<0>").strip("<>")
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    return "\r\n".join(
        [
            f"--{_BOUNDARY}",
            "Content-Type: application/http",
            f"Content-ID: <response-{identity}>",
            "",
            f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            response.body.decode(),
            "",
        ]
    )


def _inner(text: str, outer: Request) -> Request:
    """Read one request in the form of HTTP/1.1. Raises `Refusal` 400."""
    line, _, rest = text.lstrip("\n").partition("\n")
    words = line.split()
    if len(words) < 2:
        raise invalid("A part of the batch has no request line.")
    path, query = split_target(words[1])
    message = Parser().parsestr(rest)
    headers = {name.lower(): str(value) for name, value in message.items()}
    body = str(message.get_payload()).strip().encode()
    return Request(words[0], path, query, headers, Body(io.BytesIO(body), len(body)), outer.base_url)
