"""The check of an answer: only what a document shows, in words of its own, is kept.

Belongs here: which findings stand. Does not: asking again (`signals.asking`), what a quote is (`signals.quotes`).

A model is never believed: it may be wrong, and a page may have told it what to say. So what it says of a page is looked
up in that page, and what it says of the world must stand in the passage that it quotes.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Any

from nooks_dagster.research.documents import Document, Dossier
from nooks_dagster.signals.answers import Verdict, cited, unread
from nooks_dagster.signals.canonical import line
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.envelope import Envelope, Found
from nooks_dagster.signals.injections import addresses_the_reader
from nooks_dagster.signals.numbers import mentions, numbers
from nooks_dagster.signals.quotes import find, folded, says
from nooks_dagster.signals.reports import Status

LONGEST_TEXT = 500
LARGEST_NUMBER = 1e15
LARGEST_ANSWER = 48 * 1024
"""Bytes of all findings with their passages: their row has room for 64 KB, some of which Postgres fills with spaces."""
MOST_QUOTES = 5
EARLIEST = date(1980, 1, 1)
TOLERANCE = timedelta(days=2)  # time zones, and sites whose clock is fast
AHEAD = timedelta(days=366)  # somebody starts, a round closes: announced a year ahead at most
# HTML, controls (those that turn the direction of what follows too), formulas of spreadsheets.
_MARKUP = re.compile(
    r"</?[A-Za-z!][^>]*>|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]|^\s*[=@]"
)

NO_QUOTE = "no document holds the quote"
NOT_IN_QUOTE = "the quote does not say it"
NOT_OWN = "it is not one of the workspace's own"
NOT_PLAIN = "a text is too long, or no plain text"
BAD_DATE = "a date cannot be"
BAD_NUMBER = "a number cannot be"
TOO_MANY = "there are more than are kept"


class Dropped(Exception):
    """A finding does not stand; its words are one of those above."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A finding with the passages that show it."""

    values: dict[str, Any]
    passages: Sequence[Mapping[str, Any]]

    @property
    def size(self) -> int:
        return len(line([self.values, *self.passages]).encode())


class Check:
    """Checks the answers about one account.

    Args:
        signal: What was asked.
        documents: What the model was given, by the ids that it names them by.
        own: The workspace's own facts that the findings must be among.
    """

    def __init__(self, signal: Signal, documents: Mapping[str, Document], own: Mapping[str, Sequence[str]]) -> None:
        self._signal = signal
        self._documents = documents
        self._own = {name: {folded(value): value for value in values} for name, values in own.items()}
        self._latest = max((document.fetched_at for document in documents.values()), default=None)

    def verdict(self, answer: Envelope, dossier: Dossier) -> Verdict:
        """Return what is left of an answer."""
        kept: dict[tuple[str, ...], _Shown] = {}
        dropped: Counter[str] = Counter()
        room = LARGEST_ANSWER
        for finding in answer.found:
            try:
                shown = self._shown(finding)
            except Dropped as reason:
                dropped[str(reason)] += 1
                continue
            identity = self._identity(shown.values)
            if identity in kept:
                continue
            room -= shown.size
            if len(kept) == self._signal.most_findings or room < 0:
                dropped[TOO_MANY] += 1
            else:
                kept[identity] = shown
        return self._summed_up(list(kept.values()), dropped, dossier)

    def _identity(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what tells a finding from others: what is stated, or where none of it is known, all."""
        stated = [values[name] for name in self._signal.stated]
        known = stated if any(value is not None for value in stated) else [values[name] for name in values]
        return tuple(folded(str(value)) for value in known)

    def _summed_up(self, kept: Sequence[_Shown], dropped: Counter[str], dossier: Dossier) -> Verdict:
        why = _told(dropped, len(kept) + dropped.total())
        if kept:
            evidence: list[Mapping[str, Any]] = []
            value = [self._placed(shown, evidence) for shown in kept]
            return Verdict(Status.FOUND, value, evidence, why, dropped.total())
        if dropped.total() > dropped[NOT_OWN]:
            return Verdict(Status.INSUFFICIENT_EVIDENCE, reason=why, dropped=dropped.total(), invented=True)
        return replace(nothing_found(dossier, why), dropped=dropped.total())

    def _placed(self, shown: _Shown, evidence: list[Mapping[str, Any]]) -> Mapping[str, Any]:
        places: list[int] = []
        for passage in shown.passages:
            if passage not in evidence:
                evidence.append(passage)
            places.append(evidence.index(passage))
        return {**shown.values, "evidence": places}

    def _shown(self, finding: Found) -> _Shown:
        values = finding.model_dump(exclude={"evidence"})
        for text in _texts(values):
            if len(text) > LONGEST_TEXT or _MARKUP.search(text):
                raise Dropped(NOT_PLAIN)
        if any(abs(value) > LARGEST_NUMBER for value in values.values() if isinstance(value, int | float)):
            raise Dropped(BAD_NUMBER)
        passages = self._passages(finding)
        if not passages:
            raise Dropped(NO_QUOTE)
        self._require_stated(values, [passage["quote"] for passage in passages])
        self._require_own(values)
        self._require_dates(values)
        values["confidence"] = round(min(max(values["confidence"], 0.0), 1.0), 3)
        return _Shown(values, passages)

    def _passages(self, finding: Found) -> Sequence[Mapping[str, Any]]:
        passages: list[Mapping[str, Any]] = []
        for quoted in finding.evidence[:MOST_QUOTES]:
            document = self._documents.get(quoted.document)
            span = find(quoted.quote, document.text) if document else None
            if document and span and not addresses_the_reader(document.text, span):
                passages.append(cited(document, document.text[slice(*span)], *span))
        return passages

    def _require_stated(self, values: Mapping[str, Any], quotes: Sequence[str]) -> None:
        text = "\n".join(quotes)
        words = folded(text)
        for name in self._signal.stated:
            if not all(_stands(one, text, words) for one in _parts(values[name])):
                raise Dropped(NOT_IN_QUOTE)

    def _require_own(self, values: dict[str, Any]) -> None:
        for field, name in self._signal.own.items():
            known = self._own.get(name, {}).get(folded(str(values[field])))
            if known is None:
                raise Dropped(NOT_OWN)
            values[field] = known

    def _require_dates(self, values: dict[str, Any]) -> None:
        """Take away an impossible date where it may be null; a finding that needs it falls with it."""
        latest = self._latest.date() if self._latest else date.max - AHEAD
        fields = self._signal.finding.model_fields
        for name, value in values.items():
            if not isinstance(value, date):
                continue
            ahead = TOLERANCE if name == "event_date" else AHEAD
            if EARLIEST <= value <= latest + ahead:
                continue
            if name != "event_date" and type(None) not in getattr(fields[name].annotation, "__args__", ()):
                raise Dropped(BAD_DATE)
            values[name] = None


def nothing_found(dossier: Dossier, why: str) -> Verdict:
    """Return what is known when no page shows anything: less if one of them could not be read.

    Args:
        dossier: The pages, as they are known today.
        why: What was left out, "" if nothing was.
    """
    if gaps := unread(dossier):
        return Verdict(Status.DEGRADED, reason=f"Nothing was found, but not all could be read ({gaps}).")
    return Verdict(Status.NOT_FOUND, reason=why)


def _parts(value: Any) -> Sequence[Any]:
    """Return what must stand in the quotes one by one: "Engineer, Analyst" is two."""
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    if isinstance(value, Enum):
        return (value.value,)
    return value.split(", ") if isinstance(value, str) else (value,)


def _stands(value: Any, text: str, words: str) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return mentions(text, value)
    if isinstance(value, date):
        # Months are words in many languages; the year and the day are digits in all.
        return says(words, value.isoformat()) or {float(value.year), float(value.day)} <= set(numbers(text))
    return says(words, str(value))


def _texts(values: Mapping[str, Any]) -> Sequence[str]:
    return [part for value in values.values() for part in _parts(value) if isinstance(part, str)]


def _told(dropped: Counter[str], of: int) -> str:
    if not dropped:
        return ""
    reasons = "; ".join(f"{reason} ({count})" for reason, count in dropped.most_common())
    return f"{dropped.total()} of {of} findings were left out: {reasons}."
