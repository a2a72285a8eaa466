"""Telling a public host something: POST over https, within bounds, redirects not followed.

Belongs here: one message and the status of its answer. Does not: what is told (`calls.delivery.webhooks`).

A redirect is not followed: what was signed for one place is not for another to read.
"""

import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.researcher import Stopped
from nooks_dagster.research.web.clock import Clock, OutOfTime
from nooks_dagster.research.web.outcomes import NoPage
from nooks_dagster.research.web.pools import Network, Pools, drain
from nooks_dagster.research.web.urls import followable

_BROKEN = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    ssl.SSLError,
)


class NotTold(Exception):
    """No answer came; `forbidden` if the message may not be sent there at all."""

    def __init__(self, why: str, *, forbidden: bool = False) -> None:
        super().__init__(why)
        self.forbidden = forbidden


@dataclass(frozen=True, slots=True)
class Told:
    """The status of an answer, and its headers in lower case."""

    status: int
    headers: Mapping[str, str]


class Poster:
    """Posts messages one after the other over kept connections; for one thread.

    Args:
        network: How to reach the world.
        clock: The deadlines.
    """

    def __init__(self, network: Network, clock: Clock) -> None:
        self._network = network
        self._clock = clock
        self._pools = Pools(network, clock)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Told:
        """Send a message.

        Raises:
            NotTold: It may not be sent there, or no answer came.
        """
        spelled = public_https(url)
        if spelled is None:
            raise NotTold("no public https address", forbidden=True)
        sent = [("Host", urlsplit(spelled).netloc), ("User-Agent", self._network.agent), *headers.items()]
        sent.append(("Content-Length", str(len(body))))
        try:
            self._clock.begin_page()
            with self._pools.to(spelled).stream("POST", spelled, headers=sent, content=body) as answer:
                with suppress(OutOfTime, Stopped, *_BROKEN):  # the status is the answer, whatever becomes of its body
                    drain(answer)
                return Told(answer.status, {_text(name).lower(): _text(value) for name, value in answer.headers})
        except OutOfTime:
            raise NotTold("took too long") from None
        except Stopped:
            raise NotTold("it was stopped") from None
        except NoPage as none:
            raise NotTold(str(none), forbidden=none.outcome is Outcome.NOT_PUBLIC) from None
        except _BROKEN as error:
            raise NotTold(type(error).__name__) from error

    def close(self) -> None:
        """Close all connections."""
        self._pools.close()


def public_https(url: str) -> str | None:
    """Return an https URL of a public host in its one spelling, None if it is none."""
    spelled = followable(url)
    return spelled if spelled and spelled.startswith("https://") else None


def _text(value: bytes) -> str:
    return value.decode("latin-1")
