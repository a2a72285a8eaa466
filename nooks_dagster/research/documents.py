"""What research brings home: documents with their text, and what was tried in vain.

Belongs here: plain values, the same whoever fetched them.
Does not: fetching (`research.web`), keeping (`research.shelf`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a page of a company's site is for."""

    HOME = "home"
    ABOUT = "about"
    CAREERS = "careers"
    NEWS = "news"
    BLOG = "blog"
    ARTICLE = "article"
    """One of the newest articles that the news or the blog lists."""


class Outcome(StrEnum):
    """What became of a page, or of a whole site."""

    OK = "ok"
    MISSING = "missing"
    """404, 410, or no link leads to such a page."""
    REFUSED_BY_ROBOTS = "refused_by_robots"
    REFUSED = "refused"
    """401, 403 or another answer of 4xx."""
    NOT_PUBLIC = "not_public"
    """The name, an address of it or where it redirects to may not be called."""
    UNREACHABLE = "unreachable"
    """No address, no connection, no answer in time, 429 or 5xx."""
    TOO_LARGE = "too_large"
    NOT_A_PAGE = "not_a_page"
    """No HTML or plain text, too many redirects, or nothing that can be read."""
    POISON = "poison"
    """Killed its worker five times."""


@dataclass(frozen=True, slots=True)
class Document:
    """A page's readable text, as it was first seen.

    Attributes:
        sha256: Of the text without its volatile lines; the identity of the document.
        site: The public host of the company, as `site_of` returns it.
        url: Where it was read, after redirects.
        title: Of the page, "" if it has none.
        language: ISO 639-1, None if neither the page nor the server tells.
        fetched_at: When this text was first seen, by the database's clock.
        text: Normalised (NFC, single spaces, one line per block).
    """

    sha256: str
    site: str
    url: str
    kind: Kind
    title: str
    language: str | None
    fetched_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A page that was looked for, and what became of it; `checked_at` is the last time."""

    url: str
    kind: Kind
    outcome: Outcome
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of one site.

    Attributes:
        documents: The newest of each page of the kinds asked for: home first, articles last.
        tried: Every page of those kinds that was looked for, the read ones too.
        outcome: Of the last look at the site, None before the first.
        looked_at: When that ended.
        changed_at: When a look last found another document, or lost one.
    """

    documents: Sequence[Document] = ()
    tried: Sequence[Tried] = ()
    outcome: Outcome | None = None
    looked_at: datetime | None = None
    changed_at: datetime | None = None
