"""What an honest and perfect reader of an account's site finds for each signal, or why it finds nothing.

Belongs here: findings with the pages that state them, reasons, the investors that a workspace has itself.
Does not: which accounts there are.
"""

from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any

from sandbox.sites.changes import SiteShelf
from sandbox.sites.facts import KIND_OF_SIGNAL, Fact
from sandbox.sites.hosts import site_in
from sandbox.sites.site import Page, Site
from sandbox.sites.vocabulary import INVESTORS

_OWN_INVESTORS = 12

SIGNALS = tuple(KIND_OF_SIGNAL)


def own_investors(name: str) -> list[str]:
    """Return the investors that the company itself has whose CRM is an org or a portal of this name."""
    return sorted(Random(f"{name}/investors").sample(INVESTORS, _OWN_INVESTORS))


def expected(
    shelf: SiteShelf, field: str | None, signals: Sequence[str], own: Collection[str]
) -> Iterator[dict[str, Any]]:
    """Yield what is to be known of one account, one row for each signal.

    Args:
        shelf: The sites.
        field: What the account's CRM says its web site is.
        signals: Which are asked for.
        own: The investors of the workspace itself: only they can be shared.
    """
    company = site_in(field)
    site = shelf.site(company) if company else None
    for signal in signals:
        findings = [] if site is None else _findings(_wanted(signal, site.readable(), own), site)
        reason = None if findings else "no_site" if site is None else _reason(site, signal, own)
        yield {
            "site": site.company.host if site else None,
            "signal": signal,
            "status": "found" if findings else "not_found",
            "reason": reason,
            "findings": findings,
        }


_Stated = list[tuple[Fact, Page]]


def _wanted(signal: str, pages: Iterator[Page], own: Collection[str]) -> _Stated:
    """Return the facts that answer a signal, each with a page that states it."""
    kind = KIND_OF_SIGNAL[signal]
    stated = [(each.fact, page) for page in pages for each in page.statements]
    return [
        (fact, page)
        for fact, page in stated
        if fact.kind == kind and fact.about_us and (kind != "investor" or fact.values["investor"] in own)
    ]


def _findings(wanted: _Stated, site: Site) -> list[dict[str, Any]]:
    pages: dict[Fact, list[Page]] = {}
    for fact, page in wanted:
        pages.setdefault(fact, []).append(page)
    return [
        {
            "values": dict(fact.values),
            "pages": [
                {"url": site.url(page), "kind": page.kind, "day": page.day.isoformat() if page.day else None}
                for page in stating
            ],
        }
        for fact, stating in pages.items()
    ]


def _reason(site: Site, signal: str, own: Collection[str]) -> str:
    """Return why nothing is found: the site's trouble, `robots`, or `not_stated`."""
    if site.manners.trouble:
        return site.manners.trouble
    everything_closed = site.manners.closes("/")
    return "robots" if everything_closed or _wanted(signal, iter(site.pages.values()), own) else "not_stated"
