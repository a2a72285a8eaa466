"""One look's requests: GET, redirects, bounds.

Belongs here: HTTP. Does not: what may be asked for by robots.txt (`research.web.robots`), which pages
(`research.web.crawl`).
"""

import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpcore2

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.web.clock import Clock, OutOfTime
from nooks_dagster.research.web.outcomes import NoPage
from nooks_dagster.research.web.pools import Network, Pools, drain
from nooks_dagster.research.web.unpacking import ENCODINGS, unpacked
from nooks_dagster.research.web.urls import followable, joined

REDIRECTS = 5
PAGES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml", "")
_GONE = (404, 410)
_TOO_MANY = 429
_MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of 200, or of 304 with an empty body; `url` is where redirects ended."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which bodies are taken: so many bytes, or the first so many, of these content types."""

    most: int
    cut: bool
    types: Collection[str] | None


@dataclass(slots=True)
class Browser:
    """Gets pages, one after the other, over one connection to each host; a context manager.

    Attributes:
        requests: How many were sent.
    """

    network: Network
    clock: Clock
    requests: int = 0
    _pools: Pools = field(init=False)

    def __post_init__(self) -> None:
        self._pools = Pools(self.network, self.clock)

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self._pools.close()

    def get(
        self,
        url: str,
        most: int,
        *,
        conditions: Mapping[str, str] | None = None,
        allowed: Callable[[str], None] = lambda _url: None,
        cut: bool = False,
        types: Collection[str] | None = PAGES,
    ) -> Page:
        """Get a page, following redirects; each hop is judged anew.

        Args:
            url: Where to begin.
            most: Bytes of the body.
            conditions: If-None-Match or If-Modified-Since, for the first hop.
            allowed: Raises if a hop may not be asked for.
            cut: Take the first bytes of a larger body.
            types: Content types that it may have; None for any.

        Raises:
            NoPage: There is none to be had.
            OutOfTime: The site has no time left.
            Stopped: Somebody stopped the look.
        """
        self.clock.begin_page()
        here = url
        for hop in range(REDIRECTS + 1):
            spelled = followable(here)
            if spelled is None:
                raise NoPage(Outcome.NOT_PUBLIC, "no public URL")
            allowed(spelled)
            found = self._once(spelled, (conditions or {}) if hop == 0 else {}, _Wanted(most, cut, types))
            if isinstance(found, Page):
                return found
            here = found
        raise NoPage(Outcome.NOT_A_PAGE, "too many redirects")

    def _once(self, url: str, conditions: Mapping[str, str], wanted: _Wanted) -> Page | str:
        """Return a page, or where it has moved."""
        headers = [
            ("Host", urlsplit(url).netloc),
            ("User-Agent", self.network.agent),
            ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.8,*/*;q=0.1"),
            ("Accept-Language", "en,*;q=0.5"),
            ("Accept-Encoding", ENCODINGS),
            *conditions.items(),
        ]
        try:
            pool = self._pools.to(url)
            self.requests += 1
            with pool.stream("GET", url, headers=headers) as answer:
                return self._read(url, answer, wanted)
        except OutOfTime:
            raise NoPage(Outcome.UNREACHABLE, "took too long") from None
        except (
            httpcore2.NetworkError,
            httpcore2.TimeoutException,
            httpcore2.ProtocolError,
            httpcore2.ProxyError,
            ssl.SSLError,
        ) as error:
            raise NoPage(Outcome.UNREACHABLE, type(error).__name__) from error

    def _read(self, url: str, answer: httpcore2.Response, wanted: _Wanted) -> Page | str:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status in _MOVED:
            drain(answer)
            target = joined(url, headers.get("location", ""))
            if target is None:
                raise NoPage(Outcome.NOT_PUBLIC, "redirects to no public URL")
            return target
        if answer.status == 304:
            return Page(url, headers, b"", unchanged=True)
        if answer.status != 200:
            drain(answer)
            raise NoPage(_meaning(answer.status), f"HTTP {answer.status}")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if wanted.types is not None and kind not in wanted.types:
            raise NoPage(Outcome.NOT_A_PAGE, "content type")
        packed = headers.get("content-encoding", "")
        return Page(url, headers, unpacked(answer.iter_stream(), packed, wanted.most, cut=wanted.cut))


def _meaning(status: int) -> Outcome:
    if status in _GONE:
        return Outcome.MISSING
    return Outcome.REFUSED if 400 <= status < 500 and status != _TOO_MANY else Outcome.UNREACHABLE
