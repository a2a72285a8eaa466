"""The HTTP server: one thread for each connection; disk and checksums release the GIL.

Belongs here: sockets, framing, and the last net under every request. Does not: what any path means.
Threads and sendfile rather than an event loop, which would write and hash on the loop itself.
"""

import errno
import logging
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from sandbox.gcs import batch, json_api, upload_api, xml_api
from sandbox.gcs.lake import Lake
from sandbox.gcs.refusals import Refusal, invalid, no_room
from sandbox.gcs.wire import Body, Request, Response, refusal_response, split_target

logger = logging.getLogger(__name__)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BODYLESS = {204, 304}


class LakeServer(ThreadingHTTPServer):
    """Serves one lake on 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, lake: Lake, port: int) -> None:
        self.lake = lake
        super().__init__(("127.0.0.1", port), _Handler)


def answer(lake: Lake, request: Request) -> Response:
    """Answer a request by the API that its path belongs to; every error becomes an answer."""
    try:
        return _dispatch(lake, request)
    except Refusal as refusal:
        return refusal_response(refusal)
    except (OSError, sqlite3.OperationalError) as error:
        if not _is_full(error):
            raise
        return refusal_response(no_room(str(lake.folder)))


def _dispatch(lake: Lake, request: Request) -> Response:
    if request.path == "/":
        return Response(200, b"The lake is up.\n", {"Content-Type": "text/plain"})
    if request.path in ("/batch", "/batch/storage/v1"):
        return batch.answer(request, lambda inner: _json_only(lake, inner))
    found = upload_api.answer(lake, request) or json_api.answer(lake, request)
    return found or xml_api.answer(lake, request)


def _json_only(lake: Lake, request: Request) -> Response:
    found = json_api.answer(lake, request)
    if found is None:
        raise invalid("A batch carries JSON API requests only.")
    return found


def _is_full(error: OSError | sqlite3.OperationalError) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    return error.sqlite_errorcode in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


class _Handler(BaseHTTPRequestHandler):
    """Turns HTTP/1.1 into `Request`, and `Response` into HTTP/1.1."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120  # seconds a connection may stall, so that a stopped client does not hold its upload for ever
    rbufsize = 1 << 18
    wbufsize = 1 << 16  # headers and a small body leave in one packet
    error_content_type = "application/json"
    error_message_format = '{"error": {"code": %(code)d, "message": "%(message)s"}}'

    def _handle(self) -> None:
        try:
            response = self._answer()
            self._send(response)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            logger.exception("A request failed in a way that the lake does not know: %s", self.command)
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _answer(self) -> Response:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = Body(self.rfile, _length(headers))
            path, query = split_target(self.path)
        except Refusal as refusal:
            self.close_connection = True  # where the next request would begin is not known
            return refusal_response(refusal)
        base_url = f"http://{headers.get('host', '')}"
        request = Request(self.command, path, query, headers, body, base_url)
        response = answer(cast(LakeServer, self.server).lake, request)
        body.drain()
        return response

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        size = response.file.length if response.file else len(response.body)
        if response.status not in _BODYLESS:
            self.send_header("Content-Length", str(size))
        self.end_headers()
        if response.file is not None:
            self._send_file(response)
        elif self.command != "HEAD":
            self.wfile.write(response.body)

    def _send_file(self, response: Response) -> None:
        assert response.file is not None  # noqa: S101
        with response.file.handle as handle:
            self.wfile.flush()
            if self.command != "HEAD" and response.file.length:
                self.connection.sendfile(handle, response.file.start, response.file.length)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing of ordinary requests: names of objects may be personal."""


def _length(headers: dict[str, str]) -> int | None:
    """Return Content-Length, None for a chunked body. Raises `Refusal` 400."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return None
    text = headers.get("content-length", "0").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid(f"Content-Length is no number of bytes: {text[:40]!r}.")
    return int(text)
