"""What the tests of a look share: a site, looks at it, and what they found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.researcher import KnownPage, Look
from nooks_dagster.research.web.crawl import WebResearcher
from nooks_dagster.research.web.limits import Limits
from tests.research.town import Town, html

SITE = "acme.com"
LIMITS = Limits(articles=3, site_seconds=60, page_seconds=60, read_seconds=60)


def look(town: Town, known: tuple[KnownPage, ...] = (), limits: Limits = LIMITS) -> Look:
    return WebResearcher(town.network(), limits).look(SITE, known, lambda: False)


def texts(found: Look) -> dict[tuple[Kind, str], str | None]:
    return {
        (page.kind, page.url.removeprefix(f"http://{SITE}")): page.readable and page.readable.text
        for page in found.pages
        if page.outcome is Outcome.OK
    }


def outcomes(found: Look) -> dict[str, Outcome]:
    return {page.url.removeprefix(f"http://{SITE}"): page.outcome for page in found.pages}


def known(kind: Kind, path: str, *, stale: bool = True, **values: Any) -> KnownPage:
    told: dict[str, Any] = {"etag": None, "last_modified": None, "body_sha256": None, "sha256": "a" * 64}
    told |= {"outcome": Outcome.OK, "checked_at": datetime(2026, 1, 1, tzinfo=UTC), **values}
    return KnownPage(kind=kind, url=f"http://{SITE}{path}", stale=stale, **told)


def build(town: Town) -> None:
    """Build a site in German whose pages only its links tell."""
    town.sites[SITE] |= {
        "/": html(
            "<nav><a href='/de/ueber-uns'>Über uns</a><a href='/de/karriere/'>Karriere</a>"
            "<a href='/de/aktuelles.html'>Aktuelles</a><a href='/magazin'>Blog</a><a href='/impressum'>Impressum</a>"
            "<a href='mailto:x@acme.com'>Mail</a><a href='https://twitter.com/acme'>News</a></nav><h1>Willkommen</h1>"
        ),
        "/de/ueber-uns": html("<p>Wir sind Acme.</p>"),
        "/de/karriere/": html("<p>Drei offene Stellen.</p>"),
        "/de/aktuelles.html": html(
            "<ul>"
            + "".join(
                f"<li><a href='/de/aktuelles/meldung-{n}'>Meldung {n}</a><time datetime='2026-0{n}-01'></time></li>"
                for n in (2, 5, 3, 4, 1)
            )
            + "</ul><a href='/de/aktuelles/page/2'>Weitere Meldungen lesen</a>"
        ),
        **{f"/de/aktuelles/meldung-{n}": html(f"<h1>Meldung {n}</h1><p>Neues vom {n}.</p>") for n in range(1, 6)},
        "/magazin": html("<p>Noch nichts.</p>"),
    }
