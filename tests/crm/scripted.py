"""A server that answers whatever a test wants: for error bodies that the sandbox cannot be talked into.

Belongs here: a real HTTP server on loopback. Does not: what a vendor's answers look like (its fake).
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Protocol

DATE = "Fri, 20 Nov 2026 10:00:00 GMT"


@dataclass
class Answer:
    """What is said: JSON unless `raw` is given."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def bytes(self) -> bytes:
        return json.dumps(self.body).encode() if self.raw is None else self.raw


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Script(Protocol):
    """Who answers."""

    def answer(self, asked: Asked) -> Answer: ...


class Handler(BaseHTTPRequestHandler):
    """Lets a script answer."""

    script: Script
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # head and body in one packet: else each answer waits 40 ms for the other side's

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = self.script.answer(Asked(self.command, self.path, self.headers, body))
        self.send_response_only(answer.status)
        headers = {"Date": DATE, "Content-Type": "application/json", **answer.headers}
        for name, value in {"Content-Length": str(len(answer.bytes)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.bytes)

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(script: Script) -> Generator[ThreadingHTTPServer]:
    """Serve on a port of loopback while the block runs."""
    handler = type("ScriptHandler", (Handler,), {"script": script})
    with running(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield server


@contextmanager
def running(server: ThreadingHTTPServer) -> Generator[ThreadingHTTPServer]:
    """Let a server serve while the block runs."""
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
