"""Joining what was heard of two pieces that share some seconds, so that no word is doubled and none is lost.

Belongs here: words. Does not: where pieces are cut (`calls.audio.pieces`).

The words of the shared seconds end one text and begin the next; only the outermost may differ, because the cut went
through them. Where no such words are found both texts are kept: a word too many is better than one too few.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

BROKEN = 2
"""Words at a cut that may have been heard wrongly."""
ENOUGH = 2
"""Words that must be the same: one is the same by chance."""
A_SECOND = 8
"""Words that nobody exceeds, characters of Chinese or Japanese included."""
# A character of a language that is written without spaces (Japanese, Chinese, Thai) is a word of its own.
_ALONE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_ALONE}]|[^\s{_ALONE}]+")


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    said: str


def join(before: str, after: str, shared_seconds: float) -> tuple[str, str]:
    """Return both texts without what is in both, or is broken at the cut."""
    most = int(shared_seconds * A_SECOND)
    if not most:
        return before, after
    left, right = _words(before)[-most - BROKEN :], _words(after)[: most + BROKEN]
    found = max(
        ((_same(left[: len(left) - i], right[j:]), -i - j, i, j) for i in range(BROKEN + 1) for j in range(BROKEN + 1)),
        default=(0, 0, 0, 0),
    )
    count, _, broken_left, broken_right = found
    if count < ENOUGH:
        return before, after
    if broken_left:
        before = before[: left[len(left) - broken_left].start].rstrip()
    return before, after[right[broken_right + count - 1].end :].lstrip()


def _words(text: str) -> Sequence[_Word]:
    found = (_Word(match.start(), match.end(), _plain(match.group())) for match in _WORD.finditer(text))
    return [word for word in found if word.said]


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _same(left: Sequence[_Word], right: Sequence[_Word]) -> int:
    """Return how many words end the one and begin the other, at most."""
    ends, begins = [word.said for word in left], [word.said for word in right]
    for count in range(min(len(ends), len(begins)), 0, -1):
        if ends[-count:] == begins[:count]:
            return count
    return 0
