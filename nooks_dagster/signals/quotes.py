"""Quotes: whether the words that a model names stand in a document, and where.

Belongs here: finding them, verbatim but for spaces and typography.
Does not: what follows if they don't (`signals.checks`).
"""

import re
import unicodedata
from typing import NamedTuple

SHORTEST, LONGEST = 8, 600
"""Characters of a quote: fewer stand anywhere, more are a page."""

# One character for one, so that a place in the translated text is the same place in the document.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f\u2009", " "),
    }
)


class Span(NamedTuple):
    """A place in a document's text: characters, the end not included."""

    start: int
    end: int


def find(quote: str, text: str) -> Span | None:
    """Return where a quote stands in a text, None if it does not.

    Spaces of any number and kind are one, and so are the shapes of quotation marks and dashes; nothing else is.

    Args:
        quote: What a model says that it read.
        text: A document's, in NFC.
    """
    wanted = unicodedata.normalize("NFC", quote).strip()
    if not SHORTEST <= len(wanted) <= LONGEST:
        return None
    start = text.find(wanted)
    if start >= 0:
        return Span(start, start + len(wanted))
    words = map(re.escape, wanted.translate(_TYPOGRAPHY).split())
    found = re.search(r"\s+".join(words), text.translate(_TYPOGRAPHY))
    return Span(*found.span()) if found else None


def folded(text: str) -> str:
    """Return a text as it is compared: without case, typography and the number of spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY).casefold().split())


def says(text: str, value: str) -> bool:
    """Say whether a folded text holds a value, as words of its own."""
    wanted = folded(value)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None
