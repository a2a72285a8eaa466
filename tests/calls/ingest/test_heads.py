"""Heads: bounded in bytes and in time."""

import asyncio
import socket

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nooks_dagster.calls.ingest import heads
from nooks_dagster.calls.ingest.heads import BoundedHeads
from nooks_dagster.calls.ingest.serving import HEAD_BYTES
from tests.calls.ingest.things import Server

BEGUN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


def talk(port: int, *pieces: bytes) -> bytes:
    """Send, and return what comes until the other side ends the connection."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        for piece in pieces:
            line.sendall(piece)
        while data := line.recv(65536):
            heard += data
    return heard


def test_a_head_without_an_end_is_cut_off(server: Server) -> None:
    headers = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(HEAD_BYTES // 900))
    assert talk(server.port, BEGUN + headers).startswith(b"HTTP/1.1 400 ")
    assert talk(server.port, BEGUN + b"X: " + b"x" * HEAD_BYTES).startswith(b"HTTP/1.1 400 ")


def test_a_stranger_who_speaks_no_http_gets_no_line_in_the_log(server: Server) -> None:
    assert talk(server.port, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert "Invalid HTTP" not in server.log.read_text()


def test_a_large_head_that_proxies_made_is_read(server: Server) -> None:
    told = talk(server.port, BEGUN + b"X: " + b"x" * 8000, b"\r\nConnection: close\r\n\r\n")
    assert told.startswith(b"HTTP/1.1 200 ")


def test_requests_that_follow_each_other_are_bounded_each(server: Server) -> None:
    one = BEGUN + b"X: " + b"x" * (HEAD_BYTES // 2) + b"\r\n"
    told = talk(server.port, 3 * (one + b"\r\n"), one + b"Connection: close\r\n\r\n")
    assert told.count(b"HTTP/1.1 200 ") == 4


def test_a_head_that_does_not_come_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "SECONDS", 0.1)
    answered = BEGUN + b"\r\n"

    async def look() -> list[bytes]:
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(_answer, http=BoundedHeads, ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        port = listener.getsockname()[1]
        heard = [await asyncio.to_thread(talk, port, sent) for sent in (b"", BEGUN, answered + BEGUN)]
        server.should_exit = True
        await serving
        return heard

    first, second, third = asyncio.run(look())
    assert (first, second) == (b"", b"")
    assert third.startswith(b"HTTP/1.1 200 ")


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await Response("well")(scope, receive, send)
