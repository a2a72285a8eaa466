"""Asking for one page of a site as its owner wishes: by robots.txt, with pauses, only if it has changed.

Belongs here: from an address to what was seen there. Does not: which addresses (`research.web.crawl`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.reading.page import Link, ReadPage, read_page
from nooks_dagster.research.researcher import KnownPage, PageSeen
from nooks_dagster.research.web.browser import REDIRECTS, Browser, Page
from nooks_dagster.research.web.clock import OutOfTime
from nooks_dagster.research.web.limits import Limits
from nooks_dagster.research.web.outcomes import NoPage
from nooks_dagster.research.web.robots import Robots
from nooks_dagster.research.web.urls import joined, lasting


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a page, and its links with the address that they are to be joined to.

    `links` is None when the page was not read: it is unchanged, or there is none.
    """

    page: PageSeen
    links: Sequence[Link] | None = None
    base: str = ""


class Asker:
    """Asks for the pages of one site, within the bounds of a look.

    Args:
        browser: Of this look.
        robots: Of this look.
        limits: The bounds.
        links_anew: Read pages with links even if they are unchanged, for where they lead was not all seen.
    """

    def __init__(self, browser: Browser, robots: Robots, limits: Limits, *, links_anew: bool = False) -> None:
        self._browser = browser
        self._robots = robots
        self._limits = limits
        self._links_anew = links_anew
        self._asked = 0

    def ask(self, kind: Kind, url: str, known: KnownPage | None = None) -> Seen:
        """Return what became of a page.

        Args:
            kind: What it is for.
            url: Where it is.
            known: As it was last seen, if the address is the same.

        Raises:
            OutOfTime: The site has no time or no page left; nothing was asked.
            Stopped: Somebody stopped the look.
        """
        same = known if known and known.url == url else None
        anew = self._links_anew and kind in _WITH_LINKS
        here, conditions = url, {} if anew else _conditions(same)
        try:
            for _ in range(REDIRECTS + 1):
                self._pause(here)
                page = self._browser.get(
                    here, self._limits.page_bytes, conditions=conditions, allowed=self._robots.check
                )
                if page.unchanged:
                    return _unchanged(kind, page.url, same)
                digest = hashlib.sha256(page.body).hexdigest()
                if same and same.body_sha256 == digest and same.sha256 and kind not in _WITH_LINKS:
                    return _unchanged(kind, page.url, same)
                read = self._read(kind, page)
                onward = joined(page.url, read.refresh) if read.refresh else None
                if onward is None or onward == page.url:
                    return _seen(kind, page, read, digest)
                here, conditions = onward, {}
        except NoPage as none:
            return Seen(PageSeen(kind, url, none.outcome))
        return Seen(PageSeen(kind, url, Outcome.NOT_A_PAGE))

    def _read(self, kind: Kind, page: Page) -> ReadPage:
        headers = page.headers
        told = headers.get("content-type", ""), headers.get("content-language", "")
        return read_page(page.body, *told, kind, self._limits.text_letters)

    def _pause(self, url: str) -> None:
        if self._asked >= self._limits.pages:
            raise OutOfTime
        wanted = min(self._robots.delay(url), self._limits.pause_seconds) if self._asked else 0.0
        if wanted and not self._browser.clock.pause(wanted):
            raise OutOfTime
        self._asked += 1


# Their links lead on, so they are read even when they are what they were.
_WITH_LINKS = (Kind.HOME, Kind.NEWS, Kind.BLOG)


def _conditions(known: KnownPage | None) -> Mapping[str, str]:
    if known is None or known.sha256 is None:
        return {}
    if known.etag:
        return {"If-None-Match": known.etag}
    return {"If-Modified-Since": known.last_modified} if known.last_modified else {}


def _unchanged(kind: Kind, url: str, known: KnownPage | None) -> Seen:
    if known is None:  # 304 to a question without a condition
        return Seen(PageSeen(kind, url, Outcome.NOT_A_PAGE))
    seen = PageSeen(kind, known.url, Outcome.OK, None, known.etag, known.last_modified, body_sha256=known.body_sha256)
    return Seen(seen)


def _seen(kind: Kind, page: Page, read: ReadPage, digest: str) -> Seen:
    validators = _short(page.headers.get("etag")), _short(page.headers.get("last-modified"))
    outcome = Outcome.OK if read.readable else Outcome.NOT_A_PAGE
    seen = PageSeen(kind, lasting(page.url), outcome, read.readable, *validators, digest, len(page.body))
    return Seen(seen, read.links, joined(page.url, read.base) or page.url)


def _short(validator: str | None) -> str | None:
    """Return a validator that fits beside a page; nobody needs one of a kilobyte."""
    return validator if validator and len(validator) <= 256 and validator.isascii() else None
