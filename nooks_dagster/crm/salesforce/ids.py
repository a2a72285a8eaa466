"""Salesforce ids as numbers: 15 characters in base 62, and the 18-character form with its checksum.

Belongs here: arithmetic on ids. Does not: what a range of ids is for (`planning`).

Ids sort by the ASCII order of their 15 characters, case included; the last three of 18 only repeat the case.
"""

import re
import string

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX = 3  # the first three characters name the object
_CHECKSUM = string.ascii_uppercase + "012345"
_WELL_FORMED = re.compile(r"[0-9A-Za-z]{15}([0-9A-Za-z]{3})?")
_DIGITS = {character: value for value, character in enumerate(ALPHABET)}


def is_id(text: str) -> bool:
    """Tell whether a text has the form of an id, 15 or 18 characters."""
    return _WELL_FORMED.fullmatch(text) is not None


def to_number(record_id: str) -> int:
    """Return the place of an id among those of its object, without the prefix."""
    number = 0
    for character in record_id[PREFIX:15]:
        number = number * 62 + _DIGITS[character]
    return number


def from_number(prefix: str, number: int) -> str:
    """Return the 18-character id at a place."""
    digits = []
    for _ in range(15 - PREFIX):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return with_checksum(prefix + "".join(reversed(digits)))


def with_checksum(short: str) -> str:
    """Return the 18-character form of a 15-character id: one character for the case of each five."""
    groups = (short[at : at + 5] for at in (0, 5, 10))
    return short + "".join(_CHECKSUM[sum(c.isupper() << place for place, c in enumerate(g))] for g in groups)
