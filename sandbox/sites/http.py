"""All company sites over HTTP: one application, told apart by the Host header.

Belongs here: redirects, robots.txt, sitemaps, conditional requests, pages. Does not: HTML (`html`), TLS (`network`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote
from zlib import crc32

from starlette.types import Receive, Scope, Send

from sandbox.sites import troubles
from sandbox.sites.changes import SiteShelf
from sandbox.sites.hosts import company_at
from sandbox.sites.html import notice, render
from sandbox.sites.replies import Answer, html, redirect, send_whole
from sandbox.sites.site import Page, Site
from sandbox.sites.watch import Watch

_BOT = "nooks"
"""Whoever says this word in its User-Agent is the reader that robots.txt is about."""

_HOME_DETOURS = {0: ("/",), 1: ("/", "/en"), 3: ("/", "/welcome", "/index", "/start")}
_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class Sites:
    """An ASGI application: the web sites of all companies.

    Args:
        shelf: The sites as they are now.
        watch: Counts what is fetched.
        port: Says where the sandbox itself listens, once it does.
    """

    def __init__(self, shelf: SiteShelf, watch: Watch, port: Callable[[], int]) -> None:
        self._shelf = shelf
        self._watch = watch
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = _Asked(scope)
        company = company_at(asked.host)
        if company is None:
            await send_whole(send, Answer(403, f"the sandbox does not forward to {asked.host}\n".encode(), _TEXT))
            return
        site = self._shelf.site(company)
        with self._watch.visit(company.host):
            away = self._away(site, asked)
            if away is None and troubles.never_ends(site.manners.trouble) and asked.path != "/robots.txt":
                self._watch.trouble(str(site.manners.trouble))
                await troubles.stream(str(site.manners.trouble), send, receive)
                return
            answer = away or self._answer(site, asked)
            if asked.zipped:
                answer = answer.zipped()
            self._watch.sent(answer.status, len(answer.body))
            await send_whole(send, answer, head=asked.method == "HEAD")

    def _away(self, site: Site, asked: "_Asked") -> Answer | None:
        """Return the redirect to the right host and scheme, some over a detour; None at the right one."""
        canonical = site.manners.canonical
        if asked.scheme == "https" and asked.host == canonical:
            return None
        scheme = "http" if asked.scheme == "http" and asked.host != canonical and site.manners.hops else "https"
        return redirect(f"{scheme}://{canonical}{asked.target}")

    def _answer(self, site: Site, asked: "_Asked") -> Answer:
        if asked.method not in ("GET", "HEAD"):
            return html(notice("405", "Only reading is possible."), 405, Allow="GET, HEAD")
        if asked.robot and asked.path != "/robots.txt" and site.manners.closes(asked.path):
            self._watch.violation(f"https://{asked.host}{asked.path}")
        if site.manners.trouble:
            self._watch.trouble(site.manners.trouble)
            return troubles.answer(site.manners, asked.path, self._port())
        if asked.path == "/robots.txt":
            return self._robots(site)
        if asked.path == "/sitemap.xml" and site.manners.sitemap:
            self._watch.page("sitemap")
            return _sitemap(site)
        return self._page(site, asked)

    def _robots(self, site: Site) -> Answer:
        self._watch.page("robots")
        text = site.manners.robots
        return html(notice("404", "There is no such page."), 404) if text is None else Answer(200, text.encode(), _TEXT)

    def _page(self, site: Site, asked: "_Asked") -> Answer:
        detours = _HOME_DETOURS[site.manners.hops]
        if asked.path in detours[:-1]:
            return redirect(detours[detours.index(asked.path) + 1], 302)
        path = "/" if asked.path == detours[-1] else asked.path
        page = site.pages.get(path)
        if page is None:
            return self._missing(site, path)
        tags = _validators(site, page)
        if asked.has(tags):
            self._watch.page("not_modified")
            return Answer(304, b"", tags)
        self._watch.page(page.kind)
        text, charset = render(site, page), site.manners.charset
        encoded = text.encode() if charset == "utf-8" else text.encode("latin-1", "xmlcharrefreplace")
        kind = {"utf-8": "; charset=utf-8", "latin-1": "", "latin-1 header": "; charset=ISO-8859-1"}[charset]
        return Answer(200, encoded, {"Content-Type": f"text/html{kind}", **tags})

    def _missing(self, site: Site, path: str) -> Answer:
        """Answer for a page that is not there; `/about/` leads to `/about`, and the other way round."""
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if other in site.pages:
            return redirect(other)
        self._watch.page("missing")
        return html(notice("Page not found", "There is no such page."), 200 if site.manners.polite_errors else 404)


class _Asked:
    """What a request says."""

    def __init__(self, scope: Scope) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        self.method: str = scope["method"]
        self.scheme: str = scope["scheme"]
        self.path: str = scope["path"]
        self.host = headers.get(b"host", "").lower().partition(":")[0].rstrip(".")
        query = scope["query_string"].decode("latin-1")
        self.target = quote(self.path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else "")
        self.zipped = "gzip" in headers.get(b"accept-encoding", "")
        self.robot = _BOT in headers.get(b"user-agent", "").lower()
        self._etag = headers.get(b"if-none-match")
        self._since = headers.get(b"if-modified-since")

    def has(self, tags: dict[str, str]) -> bool:
        """Tell whether the client has the page already, by its validators."""
        if self._etag is not None:
            return "ETag" in tags and self._etag.removeprefix("W/") == tags["ETag"].removeprefix("W/")
        if self._since is None or "Last-Modified" not in tags:
            return False
        try:
            return parsedate_to_datetime(tags["Last-Modified"]) <= parsedate_to_datetime(self._since)
        except ValueError:
            return False


def _validators(site: Site, page: Page) -> dict[str, str]:
    """Return the headers that tell a page's version: of what it says, whatever else differs."""
    wanted, tags = site.manners.validators, {}
    if wanted in ("both", "etag"):
        said = repr((page.paragraphs, page.day, [(entry.path, teaser) for entry, teaser in page.entries]))
        tags["ETag"] = f'{"W/" if site.manners.volatile else ""}"{crc32(said.encode()):08x}"'
    if wanted in ("both", "modified"):
        changed = datetime(site.changed.year, site.changed.month, site.changed.day, tzinfo=UTC) + timedelta(hours=9)
        tags["Last-Modified"] = format_datetime(changed, usegmt=True)
    return tags


def _sitemap(site: Site) -> Answer:
    places = "".join(f"<url><loc>{site.url(page)}</loc></url>" for page in site.pages.values())
    text = f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    return Answer(200, text.encode(), {"Content-Type": "application/xml"})
