"""Heads: the head of a request comes within a bound of bytes and of time, or its connection ends.

Belongs here: that bound, which uvicorn has not: a stranger could hold connections and memory with heads without an end.
Does not: bodies (`calls.ingest.bodies`), connections between two requests, which uvicorn ends by itself.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BYTES = 32 * 1024
"""Ours are 400 bytes; proxies add some KB."""
SECONDS = 10.0


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol with that bound."""

    _read = 0
    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless there is too much of a head; what comes in one piece is 256 KB at most."""
        super().data_received(data)
        self._read += len(data)
        if self._end is not None and self._read > BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Wait for the head that begins."""
        super().on_message_begin()
        if self._end is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._arrived()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._read = 0
        self._end = self.loop.call_later(SECONDS, self.transport.close)

    def _arrived(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
