"""Sentences of the book, found again in a text, and put into another language.

Belongs here: matching. Does not: the sentences (`book`), what a prompt asks for (`sandbox.openai.reader`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from sandbox.calls.codec import LANGUAGES
from sandbox.calls.phrases.book import BOOK

_END = re.compile(r"(?<=[.?!])\s+")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence in all languages, with slots."""

    kind: str
    wordings: Mapping[str, str]

    @property
    def slots(self) -> frozenset[str]:
        """The slots that it has."""
        return frozenset(_SLOT.findall(self.wordings["en"]))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A phrase with its slots filled."""

    phrase: Phrase
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return it in a language."""
        return self.phrase.wordings[language].format_map(self.values)


def _read(book: str) -> tuple[Phrase, ...]:
    phrases = []
    for line in book.strip().splitlines():
        kind, *wordings = (cell.strip() for cell in line.split("|"))
        phrases.append(Phrase(kind, dict(zip(("en", "es", "de", "fr"), wordings, strict=True))))
    return tuple(phrases)


PHRASES = _read(BOOK)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [sentence for sentence in _END.split(text.strip()) if sentence]


def find(sentence: str) -> tuple[Sentence, str] | None:
    """Return what a sentence says and in which language; None if it is not one of the book, word for word."""
    fixed, patterns = _index()
    if sentence in fixed:
        phrase, language = fixed[sentence]
        return Sentence(phrase), language
    for pattern, phrase, language in patterns:
        if match := pattern.fullmatch(sentence):
            return Sentence(phrase, match.groupdict()), language
    return None


def translated(text: str, language: str, source: str | None = None) -> str:
    """Return a text in another language; sentences that are not of the book stay as they are.

    Args:
        text: Of any number of sentences.
        language: To translate into.
        source: If given, only sentences of this language are understood.
    """
    said = []
    for sentence in sentences(text):
        found = find(sentence)
        understood = found is not None and source in (None, found[1])
        said.append(found[0].text(language) if found and understood else sentence)
    return " ".join(said)


@cache
def _index() -> tuple[Mapping[str, tuple[Phrase, str]], tuple[tuple[re.Pattern[str], Phrase, str], ...]]:
    fixed, patterns = {}, []
    for phrase in PHRASES:
        for language in LANGUAGES:
            wording = phrase.wordings[language]
            if phrase.slots:
                patterns.append((_pattern(wording), phrase, language))
            else:
                fixed[wording] = (phrase, language)
    return fixed, tuple(patterns)


def _pattern(wording: str) -> re.Pattern[str]:
    parts = _SLOT.split(wording)
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))
