"""Chance without state: a row's number to bits that look random, the same for ever.

Belongs here: one hash per row, and draws from it per field. Does not: what is drawn.
"""

from collections.abc import Iterable
from zlib import crc32

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def mix(number: int) -> int:
    """Return 64 well mixed bits (the finaliser of splitmix64)."""
    number = (number + _GOLDEN) & _MASK
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


def row_hashes(key: int, indexes: Iterable[int]) -> list[int]:
    """Return one hash per row; short enough (59 bits) that the draws from it stay cheap to compute."""
    return [mix(key + index * _GOLDEN) >> 5 for index in indexes]


def salt(name: str) -> int:
    """Return the odd number that makes a field's draws its own."""
    return crc32(name.encode()) | 1


def draws(hashes: Iterable[int], salted: int) -> list[int]:
    """Return about 50 random bits per row, to be taken modulo something small and divided by it for more."""
    return [hashed * salted >> 40 for hashed in hashes]
