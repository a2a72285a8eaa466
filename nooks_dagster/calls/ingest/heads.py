"""Heads: the head of a request comes within a bound of time, or its connection ends.

Belongs here: that bound, which uvicorn has not: a stranger could hold connections with heads without an end. Does not:
how large a head is (`calls.ingest.serving`), bodies (`calls.ingest.bodies`), the time between two requests, which
uvicorn bounds.

By h11: httptools drops what follows a head that offers to upgrade to HTTP/2, as that of Java's own client does with
its first request, and the call in it.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

SECONDS = 10.0


class BoundedHeads(H11Protocol):
    """uvicorn's protocol with that bound."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head, or go on."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next head, if it has begun."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        begun, _ = self.conn.trailing_data
        if self.conn.their_state is not h11.IDLE or not begun:
            self._wait_no_more()
        elif self._end is None:
            self._wait()

    def _wait(self) -> None:
        self._end = self.loop.call_later(SECONDS, self.transport.close)

    def _wait_no_more(self) -> None:
        if self._end is not None:
            self._end.cancel()
            self._end = None
