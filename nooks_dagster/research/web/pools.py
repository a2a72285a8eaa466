"""Connections to public hosts, kept for the next request: directly, or by the proxy of this machine.

Belongs here: which pool leads to a URL. Does not: HTTP (`research.web.browser`, `research.web.posting`), the network
below it (`research.web.streams`).
"""

from contextlib import ExitStack
from dataclasses import dataclass

import httpcore2

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.web.addresses import Resolve, is_public
from nooks_dagster.research.web.clock import Clock
from nooks_dagster.research.web.outcomes import NoPage
from nooks_dagster.research.web.streams import Dial, PublicInternet
from nooks_dagster.research.web.surroundings import proxy_for, tls
from nooks_dagster.research.web.urls import host_of

WORTH_DRAINING = 64 * 1024  # bytes, about the price of a handshake
RESOLVE_SECONDS = 1.0  # behind a proxy our own resolver is a second pair of eyes, not worth waiting for


@dataclass(frozen=True, slots=True)
class Network:
    """How to reach the world: from names to addresses, and to connections."""

    resolve: Resolve
    dial: Dial
    agent: str


class Pools:
    """The connections of one thread, each operation on which ends by its clock.

    Args:
        network: How to reach the world.
        clock: The deadlines.
    """

    def __init__(self, network: Network, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._pools: dict[tuple[str, int] | None, httpcore2.ConnectionPool] = {}
        self._judged: set[str] = set()
        self._open = ExitStack()

    def to(self, url: str) -> httpcore2.ConnectionPool:
        """Return the pool that leads to a URL.

        Raises:
            NoPage: The host is known at a private address.
        """
        proxy = proxy_for(url)
        place = (proxy.url.host.decode(), proxy.url.port or 80) if proxy else None
        if proxy:
            self._judge(host_of(url))
        if place not in self._pools:
            backend = PublicInternet(self._clock, self._network.resolve, self._network.dial, place)
            pool = httpcore2.ConnectionPool(tls(), proxy, max_connections=2, network_backend=backend)
            self._pools[place] = self._open.enter_context(pool)
        return self._pools[place]

    def close(self) -> None:
        """Close all connections."""
        self._open.close()

    def _judge(self, host: str) -> None:
        """Refuse a host behind the proxy that this machine knows at a private address; the proxy decides on others."""
        if host not in self._judged:
            if not all(map(is_public, self._network.resolve(host, self._clock.left(RESOLVE_SECONDS)))):
                raise NoPage(Outcome.NOT_PUBLIC, "an address is not public")
            self._judged.add(host)


def drain(answer: httpcore2.Response) -> None:
    """Read a short body that nobody wants, so that the connection serves the next request too."""
    size = 0
    for chunk in answer.iter_stream():
        size += len(chunk)
        if size > WORTH_DRAINING:
            return
