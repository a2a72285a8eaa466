"""Quotes: whether the words that a model names stand in a document, and where.

Belongs here: finding them, verbatim but for spaces and typography.
Does not: what follows if they don't (`signals.checks`).
"""

import re
import unicodedata
from typing import NamedTuple

SHORTEST, LONGEST = 8, 600
"""Characters of a quote: fewer stand anywhere, more are a page. A letter that is a syllable or a word counts twice."""

# Scripts that put no spaces between words: any letter may end a word, or a run of the same script does, or (Korean) a
# word may begin only at a space but has its particle behind it.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
    "\u3005-\u3007\u3040-\u309f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # hiragana, Chinese characters
)
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
_DENSE = re.compile(f"[{_UNSPACED}{_KATAKANA}{_HANGUL}]")
_NOTHING = r"[^\s\S]"
_SPACED = rf"[^\W{_UNSPACED}{_KATAKANA}{_HANGUL}]"

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
    if len(wanted) + len(_DENSE.findall(wanted)) < SHORTEST or len(wanted) > LONGEST:
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
    if not wanted:
        return False
    before, behind = _more(wanted[0]), _more(wanted[-1], behind=True)
    return re.search(f"(?<!{before}){re.escape(wanted)}(?!{behind})", text) is not None


def _more(edge: str, *, behind: bool = False) -> str:
    """Return which letters, beside the edge of a word, would make it part of a longer one."""
    if re.match(f"[{_UNSPACED}]", edge):
        return _NOTHING
    if re.match(f"[{_KATAKANA}]", edge):
        return f"[{_KATAKANA}]"
    if re.match(f"[{_HANGUL}]", edge):
        return _NOTHING if behind else f"[{_HANGUL}]"
    return _SPACED
