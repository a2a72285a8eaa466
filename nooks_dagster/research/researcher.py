"""Who finds documents about a site: the one protocol, so that a paid provider is one more class.

Belongs here: what is asked and answered. Does not: how the web is read (`research.web`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nooks_dagster.research.documents import Kind, Outcome


@dataclass(frozen=True, slots=True)
class Readable:
    """The text that a page holds now."""

    title: str
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page of a site, and what became of it in one look.

    `readable` is None when nothing new was read: the page is unchanged (`outcome` is OK then), or it could not be.
    `checked` is False of a known page that was not asked for this time: it is as it was.
    """

    kind: Kind
    url: str
    outcome: Outcome
    readable: Readable | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None
    bytes: int = 0
    checked: bool = True


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page as it was last seen; `stale` says that it is old enough to be read again."""

    kind: Kind
    url: str
    outcome: Outcome
    etag: str | None
    last_modified: str | None
    body_sha256: str | None
    sha256: str | None
    checked_at: datetime
    stale: bool

    def untouched(self) -> PageSeen:
        """Return it as a page that a look did not ask for."""
        told = self.etag, self.last_modified, self.body_sha256
        return PageSeen(self.kind, self.url, self.outcome, None, *told, checked=False)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a site brought: its outcome, and all pages that the site has now, with those tried in vain.

    A known page that is not among them belongs to the site no more.
    """

    outcome: Outcome
    pages: Sequence[PageSeen]
    requests: int = 0


class Stopped(Exception):
    """A look was to end early; nothing of it is kept."""


class Researcher(Protocol):
    """Finds documents about sites. Safe to share between threads."""

    @property
    def name(self) -> str:
        """Who it is, for people to read."""
        ...

    def look(self, site: str, known: Sequence[KnownPage], stopped: Callable[[], bool]) -> Look:
        """Look at a site; read again what is stale, and what is new.

        What the site does wrong is an outcome, never an exception.

        Args:
            site: As `site_of` returns it.
            known: What is known of its pages.
            stopped: Says that the look is to end early.

        Raises:
            Stopped: It was told to; nothing is to be kept.
        """
        ...
