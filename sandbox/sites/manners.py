"""How a site behaves: what is wrong with it, its addresses, its language, its robots.txt.

Belongs here: all that is drawn from the host name and is not a fact about the company.
Does not: facts (`knowledge`), pages (`site`), answers (`http`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

TROUBLES: Mapping[str, float] = {
    "refused": 1.5,
    "unresolved": 1.5,
    "bad_certificate": 0.7,
    "bad_handshake": 0.5,
    "reset": 0.5,
    "broken": 1.5,
    "slow": 0.7,
    "endless": 0.3,
    "huge": 0.3,
    "gzip_bomb": 0.4,
    "empty": 1.0,
    "parked": 1.5,
    "login": 1.0,
    "loop": 0.7,
    "private": 1.0,
}
"""What can be wrong with a site as a whole, in percent of all sites: no fact can be learned from any of these."""

NO_CONNECTION = frozenset({"refused", "unresolved", "bad_certificate", "bad_handshake", "reset"})
"""Troubles that are met before a request is heard."""

INJECTED_PERCENT = 2.0

PATHS: Mapping[str, tuple[str, ...]] = {
    "home": ("/",),
    "about": ("/about", "/about-us", "/company", "/about/", "/who-we-are"),
    "careers": ("/careers", "/jobs", "/careers/", "/join-us", "/company/work-with-us", "/en/people/open-positions"),
    "news": ("/news", "/press", "/newsroom", "/company/press-releases", "/about/media"),
    "blog": ("/blog", "/blog/", "/insights", "/stories"),
}
"""Where a kind of page may be; the later ones of a list are found by following links only."""

_PRESENT = {"home": 100, "about": 92, "careers": 85, "news": 85, "blog": 60}
_LANGUAGES = ("en", "en", "en", "en", "en", "en", "en", "en", "en", "en", "de", "de", "fr", "es")


@dataclass(frozen=True)
class Manners:
    """The manners of one site.

    Args:
        host: What they follow from.
    """

    host: str

    def chance(self, purpose: str) -> Random:
        """Return what decides about one purpose, always the same."""
        return Random(f"{self.host}/{purpose}")

    @cached_property
    def trouble(self) -> str | None:
        """What is wrong with the whole site."""
        names = [*TROUBLES, None]
        return self.chance("trouble").choices(names, [*TROUBLES.values(), 100 - sum(TROUBLES.values())])[0]

    @cached_property
    def injected(self) -> bool:
        """Whether pages contain instructions for who reads them by machine."""
        return self.trouble is None and self.chance("injected").random() * 100 < INJECTED_PERCENT

    @cached_property
    def language(self) -> str:
        """In which its pages are written."""
        return self.chance("language").choice(_LANGUAGES)

    @cached_property
    def charset(self) -> str:
        """In which its pages are encoded, and declared in the page itself or, for `header`, only by HTTP."""
        return self.chance("charset").choices(("utf-8", "latin-1", "latin-1 header"), (88, 7, 5))[0]

    @cached_property
    def canonical(self) -> str:
        """The host name that all others redirect to."""
        return f"www.{self.host}" if self.chance("canonical").random() < 0.5 else self.host

    @cached_property
    def hops(self) -> int:
        """How many redirects lead from the home page's address to the home page itself, beside those of the host."""
        return self.chance("hops").choices((0, 1, 3), (90, 7, 3))[0]

    @cached_property
    def paths(self) -> Mapping[str, str]:
        """Where each kind of page is that the site has."""
        chance = self.chance("paths")
        return {
            kind: chance.choices(paths, range(len(paths), 0, -1))[0]
            for kind, paths in PATHS.items()
            if chance.random() * 100 < _PRESENT[kind]
        }

    @cached_property
    def closed(self) -> tuple[str, ...]:
        """The beginnings of paths that robots.txt closes to us; `/` closes all."""
        chance = self.chance("robots")
        draw = chance.random() * 100
        if draw < 2:
            return ("/",)
        kinds = [kind for kind in ("careers", "news", "blog") if kind in self.paths]
        return (self.paths[chance.choice(kinds)],) if draw < 10 and kinds else ()

    @cached_property
    def robots(self) -> str | None:
        """The text of robots.txt; None: there is none."""
        chance = self.chance("robots.txt")
        if not self.closed and chance.random() < 0.3:
            return None
        agent = "nooks-research" if self.closed and chance.random() < 0.4 else "*"
        lines = [f"User-agent: {agent}", *(f"Disallow: {path}" for path in self.closed), "Disallow: /internal/"]
        if chance.random() < 0.1:
            lines.append("Crawl-delay: 1")
        if agent != "*":
            lines += ["", "User-agent: *", "Disallow: /internal/"]
        if self.sitemap:
            lines += ["", f"Sitemap: https://{self.canonical}/sitemap.xml"]
        return "\n".join(["# Thank you for reading this", *lines, ""])

    @cached_property
    def sitemap(self) -> bool:
        """Whether there is a sitemap.xml."""
        return self.chance("sitemap").random() < 0.3

    @cached_property
    def validators(self) -> str:
        """What a fetch can be made conditional on: `both`, `etag`, `modified` or `none`."""
        return self.chance("validators").choices(("both", "etag", "modified", "none"), (30, 25, 20, 25))[0]

    @cached_property
    def volatile(self) -> bool:
        """Whether pages have parts that differ at each fetch."""
        return self.chance("volatile").random() < 0.6

    @cached_property
    def sessions(self) -> bool:
        """Whether links carry a session's id that differs at each fetch."""
        return self.volatile and self.chance("sessions").random() < 0.2

    @cached_property
    def polite_errors(self) -> bool:
        """Whether pages that are not there are answered 200, with a page that says so."""
        return self.chance("errors").random() < 0.05

    def closes(self, path: str) -> bool:
        """Tell whether robots.txt closes a path to us."""
        return any(path.startswith(closed) for closed in (*self.closed, *(("/internal/",) if self.robots else ())))
