"""Chance without state: a row's number to bits that look random, the same for ever.

Belongs here: one hash per row, and draws from it per field. Does not: what is drawn.
"""

from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
"""One whole number per row."""

Hashes = npt.NDArray[np.uint64]
"""64 random bits per row. Products of arrays keep their low 64 bits, which is what mixing needs."""

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix(number: int) -> int:
    """Return 64 well mixed bits (the finaliser of splitmix64)."""
    number = (number + _GOLDEN) & _MASK
    number = (number ^ number >> 30) * _FIRST & _MASK
    number = (number ^ number >> 27) * _SECOND & _MASK
    return number ^ number >> 31


def row_hashes(key: int, indexes: Ints) -> Hashes:
    """Return `mix(key + index * golden)` of each row."""
    number = indexes.astype(np.uint64) * np.uint64(_GOLDEN) + np.uint64((key + _GOLDEN) & _MASK)
    number = (number ^ _down(number, 30)) * np.uint64(_FIRST)
    number = (number ^ _down(number, 27)) * np.uint64(_SECOND)
    return number ^ _down(number, 31)


def salt(name: str) -> int:
    """Return the odd number that makes a field's draws its own."""
    return mix(crc32(name.encode())) | 1


def draws(hashes: Hashes, salted: int) -> Ints:
    """Return 50 random bits per row, to be taken modulo something small and divided by it for more.

    The low bits of a product depend on few bits of its factors, so the high ones are folded onto them.
    """
    product = hashes * np.uint64(salted)
    return _down(product ^ _down(product, 32), 14).view(np.int64)


def _down(numbers: Hashes, bits: int) -> Hashes:
    return numbers >> np.uint64(bits)
