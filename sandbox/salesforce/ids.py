"""Salesforce record ids: 15 characters that mean something, and three that protect their case.

Belongs here: the checksum and the arithmetic between ids and counters.
Does not: which object has which prefix (the schema).

An id is a key prefix (3), an instance (2) and a base-62 counter (10). Digits are numbered 0-9A-Za-z, so that the
order of ids as ASCII text is the order of their counters.
"""

import re
from functools import cached_property

import numpy as np
import pyarrow as pa

from sandbox.world.columns import Bytes, byte_rows, fixed
from sandbox.world.hashing import Ints

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?")
_TWO_DIGITS = 62 * 62
_FIVE_DIGITS = 62**5


def checksum(id15: str) -> str:
    """Return the three characters that say which of the 15 are upper-case letters."""
    blocks = (id15[0:5], id15[5:10], id15[10:15])
    return "".join(_CHECKSUM[_capitals(block)] for block in blocks)


def to18(id15: str) -> str:
    """Return the 18-character form of a 15-character id."""
    return id15 + checksum(id15)


def to15(text: str) -> str | None:
    """Return the 15-character form of an id of either length, or None if `text` is none.

    The checksum of an 18-character id may come in any case, as Salesforce accepts it, but must be right.
    """
    if len(text) == 18:
        text = text[:15] + text[15:].upper()
    if not _SHAPE.fullmatch(text):
        return None
    id15 = text[:15]
    return id15 if len(text) == 15 or to18(id15) == text else None


def to_number(id15: str) -> int:
    """Return a 15-character id as a number; numbers are in the order of ids."""
    number = 0
    for digit in id15:
        number = number * 62 + _VALUE[digit]
    return number


def of_number(number: int) -> str:
    """Return the 15-character id of a number."""
    return _digits(number, 15)


class IdSeries:
    """The ids of one object, numbered from 0 in their own order.

    Args:
        prefix: Key prefix and instance, 5 characters.
        first: The counter of id 0.
        count: How many ids there are; `first + count` stays within 62**10.
    """

    def __init__(self, prefix: str, first: int, count: int) -> None:
        self._prefix = prefix
        self._first = first
        self._count = count

    def id15(self, index: int) -> str:
        """Return the 15-character id of one index."""
        return self._prefix + _digits(self._first + index, 10)

    def ids18(self, indexes: Ints) -> pa.Array:
        """Return the 18-character ids of many indexes: ten characters that most share, then five of the row's own."""
        high, low = np.divmod(self._first + indexes, _FIVE_DIGITS)
        rest, last = np.divmod(low, 62)
        first, second = np.divmod(rest, _TWO_DIGITS)
        ids = self._heads.take(high - self._first // _FIVE_DIGITS, axis=0)
        pairs = ids.view(np.uint16)
        pairs[:, 5], pairs[:, 6] = _PAIRS[first], _PAIRS[second]
        ids[:, 14] = _DIGIT_BYTES[last]
        ids[:, 17] = _CHECKSUM_BYTES[_PAIR_BITS[first] | _PAIR_BITS[second] << 2 | _DIGIT_BITS[last] << 4]
        return fixed(ids)

    @cached_property
    def _heads(self) -> Bytes:
        """What ids share whose upper five digits are the same: whole ids of which five digits count as 0."""
        heads = range(self._first // _FIVE_DIGITS, (self._first + self._count) // _FIVE_DIGITS + 1)
        return byte_rows([to18(f"{self._prefix}{_digits(head, 5)}00000") for head in heads])

    def index(self, id15: str) -> int | None:
        """Return the index of an id, or None if it is not one of the series."""
        index = self.lower_bound(id15)
        return index if index < self._count and self.id15(index) == id15 else None

    def lower_bound(self, id15: str) -> int:
        """Return how many ids of the series are smaller than `id15`: 15 letters and digits, or what is just behind."""
        if id15[:5] != self._prefix:
            return 0 if id15[:5] < self._prefix else self._count
        counter = to_number(id15[5:15]) + (len(id15) > 15)  # the text just behind an id
        return min(max(counter - self._first, 0), self._count)


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


def _capitals(block: str) -> int:
    return sum(1 << place for place, character in enumerate(block) if "A" <= character <= "Z")


_PAIR_TEXTS = [high + low for high in DIGITS for low in DIGITS]
_PAIRS = byte_rows(_PAIR_TEXTS).view(np.uint16).ravel()
_PAIR_BITS = np.array([_capitals(pair) for pair in _PAIR_TEXTS])
_DIGIT_BYTES = byte_rows(DIGITS).ravel()
_DIGIT_BITS = np.array([_capitals(digit) for digit in DIGITS])
_CHECKSUM_BYTES = byte_rows(_CHECKSUM).ravel()
