"""The record of an answer: what is known, what shows it, what it rests on and what it cost.

Belongs here: the values. Does not: writing them (`signals.committing`), judging them (`signals.checks`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from nooks_dagster.research.documents import Document, Dossier, Outcome
from nooks_dagster.signals.reports import Status

READ = frozenset({Outcome.OK, Outcome.MISSING})
"""A page that is not there was looked for, and told that it is not there."""
MOST_TRIED = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is left of an answer when it has been checked.

    Attributes:
        status: What is known now.
        value: The findings: their fields, `event_date`, `confidence`, and `evidence`: places in the list below.
        evidence: url, title, publisher, fetched_at, sha256, quote, char_start, char_end, verified.
        reason: Why it is no more than that, "" if it is all.
        dropped: Findings that were left out.
        invented: Something was claimed, and no document shows any of it.
    """

    status: Status
    value: Sequence[Mapping[str, Any]] = ()
    evidence: Sequence[Mapping[str, Any]] = ()
    reason: str = ""
    dropped: int = 0
    invented: bool = False

    @property
    def confidence(self) -> float | None:
        """That of the surest finding."""
        return max((float(finding["confidence"]) for finding in self.value), default=None)

    @property
    def event_date(self) -> date | None:
        """The latest event."""
        return max((finding["event_date"] for finding in self.value if finding["event_date"]), default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A verdict with what it rests on; `expires_in` is how long it holds, counted by the database's clock."""

    verdict: Verdict
    expires_in: timedelta
    sources_tried: Sequence[Mapping[str, Any]] = ()
    cache_key: str | None = None
    model: str = ""
    purchase: int | None = None
    cost: Decimal = field(default=Decimal(0))


def sources_tried(dossier: Dossier) -> Sequence[Mapping[str, Any]]:
    """Return which pages were looked for, and what became of each."""
    pages = dossier.tried[:MOST_TRIED]
    return [{"url": page.url, "kind": str(page.kind), "outcome": str(page.outcome)} for page in pages]


def unread(dossier: Dossier) -> str:
    """Return which pages could not be read, and why, as a clause; "" if all were."""
    failed = [
        f"{page.kind}: {str(page.outcome).replace('_', ' ')}" for page in dossier.tried if page.outcome not in READ
    ]
    return ", ".join(dict.fromkeys(failed))


def cited(document: Document, quote: str, start: int, end: int) -> Mapping[str, Any]:
    """Return a passage as evidence: found verbatim in its document."""
    return {
        "url": document.url,
        "title": document.title[:300],
        "publisher": document.site,
        "fetched_at": document.fetched_at.isoformat(),
        "sha256": document.sha256,
        "quote": quote,
        "char_start": start,
        "char_end": end,
        "verified": True,
    }
