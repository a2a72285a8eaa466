"""Connections to the public internet only, each read and write of which ends in time.

Belongs here: the network below HTTP. Does not: HTTP (`research.web.browser`), judging addresses
(`research.web.addresses`).

The address that was judged is the one that is connected to, so a name that resolves differently a moment later
(DNS rebinding) leads nowhere. The certificate is still that of the name.
"""

import ssl
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.hosts import public_host
from nooks_dagster.research.web.addresses import Resolve, is_public
from nooks_dagster.research.web.clock import Clock
from nooks_dagster.research.web.outcomes import NoPage

Dial = Callable[[str, int, float], httpcore2.NetworkStream]
"""Connect to (address, port) within some seconds."""

TRIED_ADDRESSES = 2
PORTS = (80, 443)


def dial(address: str, port: int, seconds: float) -> httpcore2.NetworkStream:
    """Connect as everybody does."""
    return httpcore2.SyncBackend().connect_tcp(address, port, seconds)


class TimedStream(httpcore2.NetworkStream):
    """A stream whose every operation is bounded by the clock of the look."""

    def __init__(self, stream: httpcore2.NetworkStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at most so much."""
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all."""
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Return the same, encrypted; the handshake as a whole is bounded."""
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock)

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream below says."""
        return self._stream.get_extra_info(info)


class PublicInternet(httpcore2.NetworkBackend):
    """Connects to public addresses of public names, or to a proxy that an administrator named.

    Args:
        clock: Of the look.
        resolve: From names to addresses.
        dial: Connects to an address.
        proxy: Host and port that may be connected to as they are, if there is a proxy.
    """

    def __init__(self, clock: Clock, resolve: Resolve, dial: Dial, proxy: tuple[str, int] | None = None) -> None:
        self._clock = clock
        self._resolve = resolve
        self._dial = dial
        self._proxy = proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  the interface's
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002  the interface's
    ) -> httpcore2.NetworkStream:
        """Connect to a host.

        Raises:
            NoPage: It may not be called, or has no address.
        """
        if (host, port) == self._proxy:
            return TimedStream(self._dial(host, port, self._clock.left(timeout)), self._clock)
        return TimedStream(self._first(self._judged(host, port), port, timeout), self._clock)

    def _judged(self, host: str, port: int) -> list[str]:
        if port not in PORTS or public_host(host) != host:
            raise NoPage(Outcome.NOT_PUBLIC, "no public name")
        addresses = list(self._resolve(host, self._clock.left()))
        if not addresses:
            raise NoPage(Outcome.UNREACHABLE, "the name has no address")
        if not all(map(is_public, addresses)):
            raise NoPage(Outcome.NOT_PUBLIC, "an address is not public")
        return addresses[:TRIED_ADDRESSES]

    def _first(self, addresses: list[str], port: int, timeout: float | None) -> httpcore2.NetworkStream:
        *others, last = addresses
        for address in others:
            try:
                return self._dial(address, port, self._clock.left(timeout))
            except (httpcore2.NetworkError, httpcore2.TimeoutException):
                continue
        return self._dial(last, port, self._clock.left(timeout))
