"""The addresses that a site lists for robots: sitemap.xml, or what robots.txt names.

Belongs here: reading sitemaps, few and bounded. Does not: which addresses are worth following (`research.web.links`).
"""

import re
from collections.abc import Iterator

from nooks_dagster.research.reading.page import Link
from nooks_dagster.research.web.browser import Browser
from nooks_dagster.research.web.outcomes import NoPage
from nooks_dagster.research.web.robots import Robots
from nooks_dagster.research.web.urls import joined, of_site, origin_of

FILES = 3
MOST = 1024 * 1024  # 5,000 addresses and more: whatever has a name of its own comes among the first
MOST_LINKS = 5_000
# Not by an XML parser: the file may be cut, and no entity of it is worth expanding.
_LOCATION = re.compile(r"<loc>\s*+(?:<!\[CDATA\[\s*+)?([^<\s\]]{1,2048})")


def sitemap_links(browser: Browser, robots: Robots, base: str, site: str) -> list[Link]:
    """Return what the sitemaps of a site list; none if it has none."""
    waiting = [*robots.sitemaps(base)[:FILES], f"{origin_of(base)}/sitemap.xml"]
    found: list[Link] = []
    for _ in range(FILES):
        if not waiting or found:
            break
        url = joined(base, waiting.pop(0))
        if not url or not of_site(url, site):
            continue
        for location in _locations(browser, robots, url):
            if location.lower().endswith(".xml"):
                waiting.insert(0, location)
            elif len(found) < MOST_LINKS:
                found.append(Link(location, ""))
    return found


def _locations(browser: Browser, robots: Robots, url: str) -> Iterator[str]:
    try:
        page = browser.get(url, MOST, allowed=robots.check, cut=True)
    except NoPage:
        return
    text = page.body.decode("utf-8", errors="replace").replace("&amp;", "&")
    yield from (found[1] for found in _LOCATION.finditer(text))
