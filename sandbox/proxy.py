"""The HTTP proxy that makes unmodified clients reach the sandbox under the real host names.

Belongs here: CONNECT to the host names that are played, refusal of all others, plain requests to the port and, for
hosts of the web, to elsewhere.
Does not: TLS and answers, which are the listeners' behind it (`sandbox.server`).
"""

import asyncio
import socket
from collections.abc import Coroutine, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

Address = tuple[str, int]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_HEAD_SECONDS = 30
_CHUNK = 256 * 1024  # A gzipped page of 2,000 rows is about this large: few wake-ups, little memory.


class HostNames:
    """The host names that are played; `*.` stands for exactly one label, as in a certificate."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def __contains__(self, host: str) -> bool:
        host = host.lower().rstrip(".")
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


class Web(Protocol):
    """Hosts beyond those of the vendors, as the proxy sees them: reached with TLS or without, or not at all."""

    def __contains__(self, host: str) -> bool:
        """Tell whether there is such a host."""
        ...

    def failure(self, host: str) -> str | None:
        """Return why no connection to it comes about, an empty text if it breaks off; None if it does."""
        ...

    def refused(self, target: str) -> None:
        """Take note of a call to what is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where those listen to whom connections are handed on.

    Args:
        tls: Answers inside the tunnels.
        plain: Answers plain requests to hosts of the web.
        control: Answers plain requests to the port itself.
    """

    tls: Address
    plain: Address
    control: Address


class Tunnels:
    """The open tunnels, by the address from which the listener behind sees a tunnel come."""

    def __init__(self) -> None:
        self._clients: dict[Address, asyncio.StreamWriter] = {}

    @contextmanager
    def open(self, address: Address, client: asyncio.StreamWriter) -> Generator[None]:
        """Know a tunnel while the block runs."""
        self._clients[address] = client
        try:
            yield
        finally:
            del self._clients[address]

    def cut(self, address: Address) -> None:
        """Break the client's connection off, without a word."""
        if client := self._clients.get(address):
            client.transport.abort()


class Proxy:
    """One listening port: tunnels to known hosts, hands plain requests on to whom they are for, refuses the rest."""

    def __init__(self, hosts: HostNames, web: Web, tunnels: Tunnels, listeners: Listeners) -> None:
        self._hosts = hosts
        self._web = web
        self._tunnels = tunnels
        self._listeners = listeners
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, front: socket.socket) -> asyncio.Server:
        """Accept connections on a listening socket."""
        return await asyncio.start_server(self._accept, sock=front, limit=_CHUNK)

    def close(self) -> None:
        """Drop every open connection."""
        for task in tuple(self._open):
            task.cancel()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._keep(self._serve(reader, writer))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        # asyncio.start_server holds its own tasks weakly and out of reach, so they could not be cancelled.
        task = asyncio.create_task(work)
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
            await self._route(head, (reader, writer))
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # The client left, or never was an HTTP client: nobody is there to be told.
        finally:
            writer.close()

    async def _route(self, head: bytes, client: Streams) -> None:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        target = rest.rpartition(" ")[0]
        if method == "CONNECT":
            await self._connect(target, client)
        elif target.startswith("/"):
            await _relay(client, await _open(self._listeners.control), head)
        elif (host := _plain_host(target)) in self._web:
            if not await self._fails(host, client[1]):
                await _relay(client, await _open(self._listeners.plain), head)
        else:
            await self._refuse(target, client[1])

    async def _connect(self, target: str, client: Streams) -> None:
        host, _, port = target.rpartition(":")
        if port != "443" or not (host in self._hosts or host in self._web):
            await self._refuse(target, client[1])
            return
        if await self._fails(host, client[1]):
            return
        upstream = await _open(self._listeners.tls)
        client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self._tunnels.open(upstream[1].get_extra_info("sockname"), client[1]):
            await _relay(client, upstream)

    async def _refuse(self, target: str, writer: asyncio.StreamWriter) -> None:
        self._web.refused(target)
        await _say(writer, 403, f"the sandbox does not forward to {_shown(target)}; unset HTTPS_PROXY")

    async def _fails(self, host: str, writer: asyncio.StreamWriter) -> bool:
        """Tell whether no connection to a host of the web comes about, and let the client feel it."""
        failure = self._web.failure(host)
        if failure:
            await _say(writer, 502, failure)
        return failure is not None


def _plain_host(target: str) -> str:
    """Return the host of a plain request that a proxy is asked to hand on; an empty text if it may not."""
    try:
        address = urlsplit(target)
        allowed = address.scheme == "http" and address.port in (None, 80)
    except ValueError:
        return ""
    return address.hostname or "" if allowed else ""


async def _open(address: Address) -> Streams:
    return await asyncio.open_connection(*address, limit=_CHUNK)


async def _relay(client: Streams, upstream: Streams, head: bytes = b"") -> None:
    upstream[1].write(head)
    try:  # a side that breaks off has said all that it will, and its pump lets the other end
        pumps = (_pump(client[0], upstream[1]), _pump(upstream[0], client[1]))
        await asyncio.gather(*pumps, return_exceptions=True)
    finally:
        upstream[1].close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_CHUNK):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()


def _shown(target: str) -> str:
    return "".join(c for c in target if c.isprintable() and c not in "<>")[:200]


async def _say(writer: asyncio.StreamWriter, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    # The sentence is also the reason phrase, which is all that most clients show of a refused CONNECT.
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("ascii", "replace") + body)
    await writer.drain()
