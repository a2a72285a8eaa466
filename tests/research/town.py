"""A town of company sites on one local port, and the names, addresses and failures that go with it.

Belongs here: a real HTTP server that answers by host and path, and a network that leads to it. Does not: any test.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpcore2

from nooks_dagster.research.web.pools import Network

PUBLIC = "93.184.215.14"


@dataclass(frozen=True)
class Answer:
    """What a path of a host answers; `stream` writes the body instead, and the end of the headers if it is `raw`."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Callable[[BaseHTTPRequestHandler], None] | None = None
    raw: bool = False


def html(body: str, title: str = "", lang: str = "en") -> Answer:
    """Return a page."""
    text = f'<!doctype html><html lang="{lang}"><head><title>{title}</title></head><body>{body}</body></html>'
    return Answer(text, headers={"Content-Type": "text/html; charset=utf-8"})


def moved(to: str, status: int = 302) -> Answer:
    """Return a redirect."""
    return Answer(b"", status, {"Location": to})


@dataclass
class Town:
    """Sites by host: path to answer. Everything is reached over http, on port 80 of a public address.

    Attributes:
        addresses: Of hosts that resolve otherwise; none for a host that does not resolve.
        asked: How often each URL was asked for, and `dialled` each (address, port).
    """

    port: int
    sites: dict[str, dict[str, Answer]] = field(default_factory=lambda: defaultdict(dict))
    addresses: dict[str, Sequence[str]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    seen_headers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    peak: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def network(self) -> Network:
        """Return a network whose names and addresses are this town's."""
        return Network(self.resolve, self.dial, "nooks-research/test")

    def resolve(self, host: str, seconds: float) -> Sequence[str]:
        known = host in self.sites
        return self.addresses.get(host, [PUBLIC] if known else [])

    def dial(self, address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
        self.dialled.append((address, port))
        if port != 80:
            raise httpcore2.ConnectError("nobody listens there")
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", self.port, seconds)

    def answer(self, host: str, path: str, headers: Mapping[str, str]) -> Answer:
        with self.lock:
            self.asked[f"{host}{path}"] += 1
            self.seen_headers[f"{host}{path}"] = headers
        found = self.sites.get(host, {}).get(path)
        if found is None:
            return Answer(b"nothing here", 404)
        tag = found.headers.get("ETag")
        return Answer(b"", 304, {"ETag": tag}) if tag and headers.get("if-none-match") == tag else found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    town: Town

    def do_GET(self) -> None:
        host = self.headers.get("Host", "")
        with self.town.lock:
            self.town.in_flight[host] += 1
            self.town.peak[host] = max(self.town.peak[host], self.town.in_flight[host])
        try:
            self._answer(self.town.answer(host, self.path, {k.lower(): v for k, v in self.headers.items()}))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with self.town.lock:
                self.town.in_flight[host] -= 1

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.stream:
            self.send_header("Connection", "close")
            self.flush_headers() if answer.raw else self.end_headers()
            self.close_connection = True
            answer.stream(self)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        return


@contextmanager
def town() -> Iterator[Town]:
    """Serve a town on a free port."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    built = Town(server.server_address[1])
    handler.town = built
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield built
    finally:
        server.shutdown()
        server.server_close()
