"""Salesforce record ids: 15 characters that mean something, and three that protect their case.

Belongs here: the checksum and the arithmetic between ids and counters.
Does not: which object has which prefix (the schema).

An id is a key prefix (3), an instance (2) and a base-62 counter (10). Digits are numbered 0-9A-Za-z, so that the
order of ids as ASCII text is the order of their counters.
"""

import re
from collections.abc import Iterable

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LOWEST, HIGHEST = "0" * 15, "z" * 15

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

    def id18(self, index: int) -> str:
        """Return the id of one index."""
        return self.ids18((index,))[0]

    def ids18(self, indexes: Iterable[int]) -> list[str]:
        """Return many ids; two digits at a time, since every row of a world has five or more of them."""
        high, offset = divmod(self._first, _FIVE_DIGITS)
        head = self._prefix + _digits(high, 5)
        seal = checksum(head + "00000")[:2]
        ids = []
        for index in indexes:
            low = offset + index
            if low >= _FIVE_DIGITS:  # one carry is enough: no world has 916 million rows of an object
                ids.append(to18(self._prefix + _digits(self._first + index, 10)))
                continue
            first, rest = divmod(low, _TWO_DIGITS * _TWO_DIGITS)
            second, third = divmod(rest, _TWO_DIGITS)
            bits = _ONE_BITS[first] | _PAIR_BITS[second] << 1 | _PAIR_BITS[third] << 3
            ids.append(f"{head}{DIGITS[first]}{_PAIRS[second]}{_PAIRS[third]}{seal}{_CHECKSUM[bits]}")
        return ids

    def index(self, id15: str) -> int | None:
        """Return the index of an id, or None if it is not one of the series."""
        index = self.lower_bound(id15)
        return index if index < self._count and self.id18(index)[:15] == id15 else None

    def lower_bound(self, id15: str) -> int:
        """Return how many ids of the series are smaller than `id15`: 15 letters and digits, or what is just behind."""
        if id15[:5] != self._prefix:
            return 0 if id15[:5] < self._prefix else self._count
        counter = 0
        for digit in id15[5:15]:
            counter = counter * 62 + _VALUE[digit]
        counter += len(id15) > 15  # the text just behind an id
        return min(max(counter - self._first, 0), self._count)


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = DIGITS[digit] + text
    return text


def _capitals(block: str) -> int:
    return sum(1 << place for place, character in enumerate(block) if "A" <= character <= "Z")


_PAIRS = [high + low for high in DIGITS for low in DIGITS]
_ONE_BITS = [_capitals(digit) for digit in DIGITS]
_PAIR_BITS = [_capitals(pair) for pair in _PAIRS]
