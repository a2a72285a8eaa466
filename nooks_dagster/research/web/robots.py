"""What a site allows robots to read, as Google reads robots.txt (RFC 9309).

Belongs here: getting it, and asking it. Does not: pausing (`research.web.crawl`).

None there, or 4xx: everything is allowed. 5xx, 429, no answer or one that cannot be unpacked: nothing is, for now. Its
content type does not matter, for many servers know none for it. Of a longer one 500 KiB count.
"""

from dataclasses import dataclass, field

from protego import Protego

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.web.browser import Browser
from nooks_dagster.research.web.outcomes import Garbled, NoPage
from nooks_dagster.research.web.urls import origin_of

NAME = "nooks-research"
"""What we are called in robots.txt."""
MOST = 500 * 1024


@dataclass(slots=True)
class Robots:
    """The robots.txt of each origin that a look meets, got once."""

    browser: Browser
    _known: dict[str, Protego | NoPage] = field(default_factory=dict)

    def check(self, url: str) -> None:
        """Let a URL pass that may be read.

        Raises:
            NoPage: It may not, or nobody can say.
        """
        rules = self._rules(origin_of(url))
        if isinstance(rules, NoPage):
            raise NoPage(rules.outcome, "robots.txt does not answer")
        if not rules.can_fetch(url, NAME):
            raise NoPage(Outcome.REFUSED_BY_ROBOTS)

    def delay(self, url: str) -> float:
        """Return how many seconds the site wants between two requests."""
        rules = self._rules(origin_of(url))
        return 0.0 if isinstance(rules, NoPage) else float(rules.crawl_delay(NAME) or 0.0)

    def sitemaps(self, url: str) -> list[str]:
        """Return the addresses of the sitemaps that it names."""
        rules = self._rules(origin_of(url))
        return [] if isinstance(rules, NoPage) else list(rules.sitemaps)

    def _rules(self, origin: str) -> Protego | NoPage:
        if origin not in self._known:
            self._known[origin] = self._get(origin)
        return self._known[origin]

    def _get(self, origin: str) -> Protego | NoPage:
        try:
            page = self.browser.get(f"{origin}/robots.txt", MOST, cut=True, types=None)
        except Garbled as none:
            return NoPage(Outcome.UNREACHABLE, str(none))
        except NoPage as none:
            if none.outcome in (Outcome.UNREACHABLE, Outcome.NOT_PUBLIC):
                return none
            return Protego.parse("")
        return Protego.parse(page.body.decode("utf-8-sig", errors="replace"))
