"""Redaction: what its form tells to be personal, taken out of a text.

Belongs here: e-mail addresses, bank accounts, cards, telephone and identity numbers, all at once. Does not: how each is
found (`privacy.emails`, `privacy.phones`, `privacy.numbers`, `privacy.identities`, `privacy.spoken`); names, which have
no form and are not promised.

What is taken out leaves a word in brackets, never longer than what it stands for. To redact twice is to redact once.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from nooks_dagster.privacy.emails import emails
from nooks_dagster.privacy.numbers import numbers
from nooks_dagster.privacy.phones import phones
from nooks_dagster.privacy.plain import plain
from nooks_dagster.privacy.spans import Span, without
from nooks_dagster.privacy.spoken import spelt

PASSES = 4
"""What stood beside something personal is looked at again without it: so often at most, but in texts made for it."""
_DIGIT = re.compile(r"\d")
_LONG_NUMBER = re.compile(r"\d(?:\D{0,4}\d){6,}")
_WORD = re.compile(r"\[(phone|email|card|iban|id)\]")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without what was found in it; `spans` says by kind where in it each word stands that was left instead."""

    text: str = field(repr=False)
    spans: Mapping[str, Sequence[tuple[int, int]]]

    @property
    def counts(self) -> dict[str, int]:
        """Return how much of each kind was found."""
        return {kind: len(spans) for kind, spans in self.spans.items()}


def redact(text: str, regions: Collection[str]) -> Redacted:
    """Return a text without what its form tells to be personal.

    Args:
        text: In any language.
        regions: Whose telephone numbers those without a country may be, ISO 3166.
    """
    for _ in range(PASSES):
        if not (found := list(_found(text, regions))):
            break
        text = without(text, found, _word)
    else:
        text = without(text, _anything(text), _word)
    return Redacted(text, _words(text))


def _found(text: str, regions: Collection[str]) -> Iterator[Span]:
    text = plain(text)
    yield from emails(text)
    yield from spelt(text, regions)
    if _DIGIT.search(text):
        yield from chain.from_iterable(phones(text, region) for region in regions)
        yield from numbers(text, regions)


def _anything(text: str) -> Iterator[Span]:
    """Yield all that might still be something, of a text that goes on showing more."""
    return chain(emails(text), (Span(*found.span(), "id") for found in _LONG_NUMBER.finditer(text)))


def _word(span: Span) -> str:
    word = f"[{span.kind}]"
    return word if len(word) <= span.end - span.start else "[id]"


def _words(text: str) -> Mapping[str, Sequence[tuple[int, int]]]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for found in _WORD.finditer(text):
        spans.setdefault(found[1], []).append(found.span())
    return spans
