"""One look at a site: its home, the pages that its links lead to, and the newest articles.

Belongs here: which page comes next. Does not: asking for it (`research.web.asking`), judging links
(`research.web.links`).

Links of the home come first, the sitemap only if they leave out what matters, and guesses of common paths only
without a sitemap: a site with clear links costs one request for each page.
"""

from collections.abc import Callable, Sequence

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.researcher import KnownPage, Look, PageSeen
from nooks_dagster.research.shared_hosts import PROFILES, SELLERS, on_shared_host
from nooks_dagster.research.web.asking import Asker, Seen
from nooks_dagster.research.web.browser import Browser
from nooks_dagster.research.web.clock import Clock, OutOfTime
from nooks_dagster.research.web.limits import Limits
from nooks_dagster.research.web.links import GUESSES, INDEXES, best_links, newest_articles
from nooks_dagster.research.web.pools import Network
from nooks_dagster.research.web.robots import Robots
from nooks_dagster.research.web.sitemaps import sitemap_links
from nooks_dagster.research.web.urls import host_of, origin_of

_WORTH_A_SEARCH = frozenset((Kind.ABOUT, Kind.CAREERS, Kind.NEWS))
_LISTING = (Kind.NEWS, Kind.BLOG)
_PERHAPS_ELSEWHERE = (Outcome.UNREACHABLE, Outcome.MISSING, Outcome.REFUSED)
"""What a bare name may answer whose site is at `www.`."""
_ORDER = (Kind.HOME, *INDEXES, Kind.ARTICLE)


class WebResearcher:
    """Reads the public pages of a site itself. Safe to share between threads.

    Args:
        network: How to reach it.
        limits: How much of it.
    """

    name = "web"

    def __init__(self, network: Network, limits: Limits) -> None:
        self._network = network
        self._limits = limits

    def look(self, site: str, known: Sequence[KnownPage], stopped: Callable[[], bool]) -> Look:
        """Look at a site; read again what is stale, and what is new.

        Raises:
            Stopped: Somebody stopped it.
            Permanent: This machine's proxy or certificate authorities are named wrongly.
        """
        limits = self._limits
        clock = Clock(limits.site_seconds, limits.page_seconds, limits.read_seconds, stopped)
        with Browser(self._network, clock) as browser:
            visit = _Visit(site, known, browser, limits)
            outcome = visit.run()
            return Look(outcome, visit.pages(), browser.requests)


class _Visit:
    def __init__(self, site: str, known: Sequence[KnownPage], browser: Browser, limits: Limits) -> None:
        robots = Robots(browser)
        self._site = site
        self._known = known
        self._browser = browser
        self._robots = robots
        missed = any(one.outcome is Outcome.UNREACHABLE and one.kind is not Kind.HOME for one in known)
        self._asker = Asker(browser, robots, limits, links_anew=missed)
        self._limits = limits
        self._seen: dict[str, PageSeen] = {}
        self._gone: set[str] = set()
        self._listed: dict[Kind, list[str]] = {}
        self._due: dict[str, Kind] = {}

    def run(self) -> Outcome:
        """See what there is to see; return what became of the site."""
        home = self._known_of(Kind.HOME)
        try:
            if home is None or home.stale:
                found = self._home(home)
                if found.page.outcome is not Outcome.OK:
                    return found.page.outcome
                self._indexes(found)
            else:
                self._stale_indexes()
        except OutOfTime:
            self._miss()
            return Outcome.OK if self._seen else Outcome.UNREACHABLE
        return Outcome.OK

    def pages(self) -> list[PageSeen]:
        """Return all pages of the site: those seen, and those known that nobody asked for."""
        gone = self._gone | self._old_articles()
        kept = [one.untouched() for one in self._known if one.url not in self._seen and one.url not in gone]
        return sorted([*self._seen.values(), *kept], key=lambda page: _ORDER.index(page.kind))

    def _miss(self) -> None:
        """Tell of the pages that there was no time for, so that nobody takes them for read."""
        pages: list[KnownPage | PageSeen] = [*self._known, *self._seen.values()]
        urls, kinds = {page.url for page in pages}, {page.kind for page in pages}
        for url, kind in self._due.items():
            if url not in urls and (kind is Kind.ARTICLE or kind not in kinds):
                self._add(PageSeen(kind, url, Outcome.UNREACHABLE))

    def _old_articles(self) -> set[str]:
        """Return the known articles that are no longer among the newest, if all that list articles were read."""
        there = [*((one.kind, one.outcome) for one in self._known), *((p.kind, p.outcome) for p in self._seen.values())]
        listing = {kind for kind, outcome in there if kind in _LISTING and outcome is Outcome.OK}
        newest = {url for urls in self._listed.values() for url in urls}
        articles = {one.url for one in self._known if one.kind is Kind.ARTICLE}
        return articles - newest if listing and listing <= self._listed.keys() else set()

    def _home(self, known: KnownPage | None) -> Seen:
        """Return the home, from the first address at which there is one; else what became of the likeliest."""
        vain: list[Seen] = []
        usual = [f"{scheme}://{www}{self._site}/" for scheme in ("https", "http") for www in ("", "www.")]
        addresses = [known.url, *(url for url in usual if url != known.url)] if known else usual
        for url in addresses:
            found = self._asker.ask(Kind.HOME, url, known)
            if found.page.outcome not in _PERHAPS_ELSEWHERE:
                found = self._own(found)
                self._add(found.page, replacing=known)
                return found
            vain.append(found)
        answered = next((one for one in vain if one.page.outcome is not Outcome.UNREACHABLE), vain[0])
        self._add(answered.page, replacing=known if answered.page.outcome is not Outcome.UNREACHABLE else None)
        return answered

    def _own(self, home: Seen) -> Seen:
        """Return a home, unless it led to somebody else's: a profile, or who sells the name."""
        if on_shared_host(host_of(home.page.url), PROFILES | SELLERS):
            return Seen(PageSeen(Kind.HOME, home.page.url, Outcome.NOT_A_PAGE))
        return home

    def _indexes(self, home: Seen) -> None:
        if home.links is None:  # unchanged, so it leads where it led
            self._stale_indexes()
            return
        base, site = home.base, self._site_of(home.page.url)
        best = best_links(home.links, base, site)
        guesses = {kind: f"{origin_of(home.page.url)}{GUESSES[kind][0]}" for kind in INDEXES}
        self._due = {url: kind for kind, url in {**guesses, **best}.items()}
        sitemap = bool(_WORTH_A_SEARCH - best.keys()) and sitemap_links(self._browser, self._robots, base, site)
        if sitemap:
            best = {**best_links(sitemap, base, site), **best}
            self._due = {url: kind for kind, url in best.items()}
        for kind in INDEXES:
            known = self._known_of(kind)
            if kind in best:
                self._index(kind, best[kind], known)
            elif not sitemap:
                self._guess(kind, origin_of(home.page.url), known, home)

    def _stale_indexes(self) -> None:
        for kind in INDEXES:
            known = self._known_of(kind)
            if known and known.stale and known.outcome is not Outcome.MISSING:  # only the home tells of one anew
                self._index(kind, known.url, known)

    def _index(self, kind: Kind, url: str, known: KnownPage | None) -> None:
        if url in self._seen or (known and known.url == url and not known.stale):
            return
        found = self._asker.ask(kind, url, known)
        if found.page.url not in self._seen:
            self._add(found.page, replacing=known)
            self._articles(found)

    def _guess(self, kind: Kind, origin: str, known: KnownPage | None, home: Seen) -> None:
        """Try common addresses; a site that shows its home for whatever one asks has no such page."""
        for path in GUESSES[kind]:
            found = self._asker.ask(kind, f"{origin}{path}", known)
            shown = found.page.readable
            same = shown and home.page.readable and shown.text == home.page.readable.text
            if found.page.outcome is Outcome.OK and found.page.url not in self._seen and not same:
                self._add(found.page, replacing=known)
                self._articles(found)
                return
        self._add(PageSeen(kind, f"{origin}{GUESSES[kind][0]}", Outcome.MISSING), replacing=known)

    def _articles(self, index: Seen) -> None:
        if index.links is None or index.page.kind not in _LISTING:
            return
        site = self._site_of(index.page.url)
        newest = newest_articles(index.links, index.page.url, index.base, site, self._limits.articles)
        self._listed[index.page.kind] = newest
        self._due |= dict.fromkeys(newest, Kind.ARTICLE)
        for url in newest:
            known = next((one for one in self._known if one.url == url), None)
            if url not in self._seen and (known is None or known.stale):
                found = self._asker.ask(Kind.ARTICLE, url, known)
                if found.page.url not in self._seen:
                    self._add(found.page)

    def _add(self, page: PageSeen, replacing: KnownPage | None = None) -> None:
        self._seen[page.url] = page
        if replacing and replacing.url != page.url:
            self._gone.add(replacing.url)

    def _known_of(self, kind: Kind) -> KnownPage | None:
        return next((one for one in self._known if one.kind is kind), None)

    def _site_of(self, url: str) -> str:
        """Return the site that an address belongs to: a company may have moved to another name."""
        host = host_of(url)
        return self._site if host == self._site or host.endswith(f".{self._site}") else host.removeprefix("www.")
