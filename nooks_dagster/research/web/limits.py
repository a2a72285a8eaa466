"""The bounds of one look at a site.

Belongs here: the numbers, from the settings. Does not: keeping to them.
"""

from dataclasses import dataclass
from typing import Self

from nooks_dagster.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a site is read.

    Attributes:
        pages: Asked for in one look, beside robots.txt and sitemaps.
        articles: Of each index (news, blog).
        page_bytes: Of one page, on the wire and unpacked.
        text_letters: Of one document.
        read_seconds: For each read and write.
        page_seconds: For each page, redirects included.
        site_seconds: For all of them.
        pause_seconds: The longest pause between two requests that a robots.txt is granted.
    """

    pages: int = 20
    articles: int = 5
    page_bytes: int = 3 * 1024 * 1024
    text_letters: int = 60_000
    read_seconds: float = 10.0
    page_seconds: float = 20.0
    site_seconds: float = 60.0
    pause_seconds: float = 5.0

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the settings."""
        return cls(
            pages=settings.research_pages,
            articles=settings.research_articles,
            page_bytes=settings.research_page_kilobytes * 1024,
            site_seconds=settings.research_site_seconds,
            page_seconds=min(20.0, settings.research_site_seconds),
        )
