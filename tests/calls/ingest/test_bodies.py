"""Bodies: bounded in bytes and in time, whatever their headers say."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import Request
from starlette.types import Message

from nooks_dagster.calls.ingest import bodies
from nooks_dagster.calls.ingest.problems import Problem
from tests.calls.ingest.things import Server, signed, told
from tests.sql import rows

LIMIT = 16 * 1024


def test_a_body_that_is_too_long_is_refused_as_such(server: Server) -> None:
    for size in (LIMIT + 1, 300_000):
        reply = server.acme.send(b" " * size)
        assert (reply.status, reply.error["code"]) == (413, "too_large")
    assert server.acme.send(b" " * LIMIT).status == 400


def test_a_call_with_every_text_as_long_as_it_may_be_is_kept(server: Server) -> None:
    party = {"name": "\u0001" * 200, "phone": "\u0001" * 40, "email": "\u0001" * 254, "crm_user_id": "\u0001" * 200}
    reply = server.acme.send(told("x" * 128, rep=party, prospect=party, title="\u0001" * 200))
    assert reply.status == 202


def test_the_bound_holds_for_chunks_without_a_length(server: Server) -> None:
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    sent = _head(server, "Transfer-Encoding: chunked") + 6 * chunk + b"0\r\n\r\n"
    assert _answer(server, sent) == 413


def test_chunks_without_an_end_are_cut_off(server: Server) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert _answer(server, _head(server, "Transfer-Encoding: chunked") + 17 * chunk) == 413


def test_a_length_that_is_far_too_great_is_refused_before_a_byte_is_sent(server: Server) -> None:
    assert _answer(server, _head(server, f"Content-Length: {10**12}")) == 413


def test_a_length_that_is_too_small_cuts_the_body_and_so_the_signature(server: Server) -> None:
    assert _answer(server, _head(server, "Content-Length: 4", b"12345678") + b"1234") == 401


def test_a_body_that_comes_too_slowly_or_never_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS", 0.01)

    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    for receive in (never, gone):
        assert _problem(receive).status == 408


def test_chunks_make_one_body() -> None:
    pieces = iter([b"{", b"", b"}"])

    async def receive() -> Message:
        piece = next(pieces)
        return {"type": "http.request", "body": piece, "more_body": piece != b"}"}

    assert asyncio.run(bodies.read(_request(receive), 2)) == b"{}"


def test_what_was_cut_off_is_not_kept(server: Server) -> None:
    body = b'{"call_id": "cut-off"'
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(_head(server, "Content-Length: 4000", body) + body)
    assert server.acme.send(told("after")).status == 202
    assert rows(server.db, "select count(*) from calls.calls where call_id = 'cut-off'") == [(0,)]


def _request(receive: Callable[[], Awaitable[Message]]) -> Request:
    return Request({"type": "http", "headers": []}, receive)


def _problem(receive: Callable[[], Awaitable[Message]]) -> Problem:
    with pytest.raises(Problem) as caught:
        asyncio.run(bodies.read(_request(receive), LIMIT))
    return caught.value


def _head(server: Server, length: str, body: bytes = b"") -> bytes:
    headers = {"Host": "localhost", "Content-Type": "application/json", **signed(server.acme.key, body)}
    lines = ["POST /v1/calls HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), length]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _answer(server: Server, sent: bytes) -> int:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as line:
        line.sendall(sent)
        return int(line.recv(65536).split()[1])
