"""Plain text: spaces, hyphens and digits of every script as ASCII has them, each character in its own place.

Belongs here: the forms. Does not: what is looked for in it (`privacy.emails`, `privacy.phones`, `privacy.numbers`).
"""

import unicodedata

_AS = {"Pd": "-", "Zs": " "}
_RANGES = "\u2013\u2014"
"""Dashes that stay: between numbers they mean from one to the other, where a hyphen may be within one."""


class _Plain(dict[int, int]):
    """What each character is written as, found out when it is first met."""

    def __missing__(self, code: int) -> int:
        letter = chr(code)
        folded = unicodedata.normalize("NFKC", letter)
        letter = folded if len(folded) == 1 else letter
        if letter.isdecimal():
            letter = str(unicodedata.decimal(letter))
        self[code] = ord(_AS.get(unicodedata.category(letter), letter) if letter not in _RANGES else letter)
        return self[code]


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Return a text in which numbers and addresses are written in one way, as long as the text."""
    return text if text.isascii() else text.translate(_PLAIN)
