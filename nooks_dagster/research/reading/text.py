"""Text in the one spelling in which it is kept and quoted.

Belongs here: normalising. Does not: where the text comes from (`research.reading.html`).
"""

import re
import unicodedata
from collections.abc import Iterable

_SPACES = re.compile(r"\s+")
# What is seen as nothing: soft hyphens, zero-width spaces, directional marks, tag characters (which can carry whole
# hidden sentences), controls. Not the joiners U+200C and U+200D, which shape words in Persian and Hindi.
_NOTHING = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_CELLS = re.compile(r"(?:\s*\|\s*)+")


def one_line(text: str) -> str:
    """Return text on one line: NFC, single spaces, nothing invisible."""
    return _SPACES.sub(" ", _NOTHING.sub("", unicodedata.normalize("NFC", text))).strip()


def normalised(lines: Iterable[str], most: int) -> str:
    """Return lines that say something, one below the other, at most so many letters.

    The last line is whole, unless it is the only one.
    """
    kept: list[str] = []
    room = most
    for line in map(one_line, lines):
        text = _CELLS.sub(" | ", line).strip(" |") if "|" in line else line
        if not text:
            continue
        if len(text) > room:
            if not kept:
                kept.append(text[:room].rstrip(" |"))
            break
        kept.append(text)
        room -= len(text) + 1
    return "\n".join(kept)
