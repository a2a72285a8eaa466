"""Joining what was heard of two pieces that share some seconds, so that no word is doubled and none is lost.

Belongs here: words. Does not: where pieces are cut (`calls.audio.pieces`).

The words of the shared seconds end one text and begin the next, but for some that were heard differently. So the end
of one is laid over the beginning of the other where most words are the same. Up to the last of these the first text
counts, and from it on the second, which heard what follows. Where there is no such place both texts are kept: a word
too many is better than one too few.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BROKEN = 2
"""Words at a cut that may have been heard wrongly, for it went through them."""
ENOUGH = 2
"""Words that must be the same, and are not made up for by others: one is the same by chance."""
A_SECOND = 8
"""Words that nobody exceeds, characters of Chinese or Japanese included."""
# A character of a language that is written without spaces (Japanese, Chinese, Thai), with its marks, is a word.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_ALONE}][^\w\s]*|[^\s{_ALONE}]+")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    said: str


@dataclass(frozen=True, slots=True)
class _Laid:
    """How well some words lie over others, and the last two that are the same."""

    same: int = 0
    last: tuple[int, int] | None = None


def join(before: str, after: str, shared_seconds: float) -> str:
    """Return one text without what is in both, or is broken at the cut."""
    most = int(shared_seconds * A_SECOND) + BROKEN
    left, right = _words(before)[-most:], _words(after)[:most]
    laid = _laid([word.said for word in left], [word.said for word in right])
    if laid.same < ENOUGH or laid.last is None:
        return f"{before} {after}".strip()
    return before[: left[laid.last[0]].start] + after[right[laid.last[1]].start :]


def _words(text: str) -> Sequence[_Word]:
    found = (_Word(match.start(), _plain(match.group())) for match in _WORD.finditer(text))
    return [word for word in found if word.said]


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _laid(left: Sequence[str], right: Sequence[str]) -> _Laid:
    """Lay the end of one over the beginning of the other: each word that is the same counts, each other one against."""
    best, row = _Laid(), [_Laid()] * (min(BROKEN, len(right)) + 1)
    row += [_Laid(-n - 1) for n in range(len(right) + 1 - len(row))]
    for place, word in enumerate(left):
        row = _next(row, place, word, right)
        if place >= len(left) - BROKEN - 1:
            best = max(best, *row, key=lambda laid: laid.same)
    return best


def _next(row: Sequence[_Laid], place: int, word: str, right: Sequence[str]) -> list[_Laid]:
    """Return how well the words up to one of the left lie over each beginning of the right."""
    following = [_Laid()]
    for n, other in enumerate(right):
        if word == other:
            ways = [_Laid(row[n].same + 1, (place, n))]
        else:
            ways = [_Laid(laid.same - 1, laid.last) for laid in (row[n], row[n + 1], following[n])]
        if n < BROKEN:
            ways.append(_Laid())
        following.append(max(ways, key=lambda laid: laid.same))
    return following
