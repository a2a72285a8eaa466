"""A small HTTP client: connections that are used again, little CPU a request (a fifth of a general client's).

Belongs here: HTTP/1.1 as the platform's ingest and the lake speak it. Does not: retries (`sending`).
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PATIENCE = 30.0
_LIMIT = 1 << 20
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_Address = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoReply(Exception):
    """The other side was not reached, was too slow, or broke off."""


@dataclass(slots=True)
class Http:
    """The client; of one event loop."""

    _idle: dict[_Address, list[_Connection]] = field(default_factory=dict)

    async def ask(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        """Send a request and return the reply.

        Raises:
            NoReply: There is none.
        """
        parts = urlsplit(url)
        address = (parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        told = {"Host": parts.netloc, "Content-Length": str(len(body)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        message = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
        try:
            return await asyncio.wait_for(self._asked(address, message), _PATIENCE)
        except (OSError, EOFError, ValueError, TimeoutError) as error:
            raise NoReply(f"{method} {parts.netloc}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close all connections."""
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()
        self._idle.clear()

    async def _asked(self, address: _Address, message: bytes) -> Reply:
        idle = self._idle.setdefault(address, [])
        while idle:
            connection = idle.pop()
            try:
                return await self._exchange(address, connection, message)
            except (OSError, EOFError):
                connection[1].close()  # It was closed while it was idle; another one may not be.
        return await self._exchange(address, await _connect(address), message)

    async def _exchange(self, address: _Address, connection: _Connection, message: bytes) -> Reply:
        reader, writer = connection
        try:
            writer.write(message)
            await writer.drain()
            reply = await _read(reader)
        except BaseException:
            writer.close()
            raise
        if reply.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle[address].append(connection)
        return reply


async def _connect(address: _Address) -> _Connection:
    scheme, host, port = address
    context = ssl.create_default_context() if scheme == "https" else None
    return await asyncio.open_connection(host, port, ssl=context, limit=_LIMIT)


async def _read(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(head[0].split(" ", 2)[1])
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    size = int(headers.get("content-length", "0"))
    return Reply(status, headers, await reader.readexactly(size) if size else b"")
