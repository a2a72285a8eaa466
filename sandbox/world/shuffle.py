"""A shuffle of any number of rows that is arithmetic: no table, both directions, and countable by rectangle.

Belongs here: the affine permutation between a row's index and its rank, and the number theory that lets ranges of
both be counted and walked without looking at every row.
Does not: what index and rank mean (ids and stamps, in the worlds that use it).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import gcd

import numpy as np

from sandbox.world.hashing import Ints

Span = tuple[int, int]
"""Whole numbers from the first up to, but not including, the second."""


@dataclass(frozen=True)
class Shuffle:
    """The bijection `rank = (step * index + shift) mod count` on 0..count-1; step and count are coprime."""

    count: int
    step: int
    shift: int

    @cached_property
    def back(self) -> int:
        """The step of the inverse."""
        return pow(self.step, -1, self.count)

    def inverse(self) -> "Shuffle":
        """Return the same shuffle with index and rank in each other's place."""
        return Shuffle(self.count, self.back, -self.back * self.shift % self.count)

    def reversed(self) -> "Shuffle":
        """Return the same shuffle with indexes numbered from the end: `count - 1 - index`."""
        return Shuffle(self.count, -self.step % self.count, self.rank(self.count - 1))

    def rank(self, index: int) -> int:
        """Return where the row stands in the shuffled order."""
        return (self.step * index + self.shift) % self.count

    def ranks(self, indexes: Ints) -> Ints:
        """Return where rows stand. With 200 million rows the products stay below 2**56."""
        return (self.step * indexes + self.shift) % self.count

    def index(self, rank: int) -> int:
        """Return which row stands at a place of the shuffled order."""
        return self.back * (rank - self.shift) % self.count

    def count_within(self, indexes: Span, ranks: Span, every: int = 1, residue: int = 0) -> int:
        """Count the rows whose index and rank lie in both spans and whose index is `residue` modulo `every`."""
        low, high = (-(-(bound - residue) // every) for bound in indexes)
        if high <= low or ranks[1] <= ranks[0]:
            return 0
        step = self.step * every % self.count
        shift = (self.step * (every * low + residue) + self.shift) % self.count
        return _count_below(high - low, self.count, step, shift, ranks[1]) - _count_below(
            high - low, self.count, step, shift, ranks[0]
        )

    def walk(self, indexes: Span, ranks: Span) -> Iterator[int]:
        """Yield the indexes of a rectangle, ascending, at the same cost each however empty the rectangle is.

        The steps from one row of a span of ranks to the next have three lengths (the three-gap theorem): the one
        that leads up by the least number of places, the one that leads down, and both together.
        """
        (index, end), (low, high) = indexes, ranks
        if index >= end or low >= high:
            return
        step, count, width = self.step, self.count, high - low
        place = (self.rank(index) - low) % count
        ahead = _steps_into(width, place, step, count)
        index, place = index + ahead, (place + step * ahead) % count
        up, down = (1 + _steps_into(width, turn, turn, count) for turn in (step, -step % count))
        rise, fall = step * up % count, -step * down % count
        while index < end:
            yield index
            if place < width - rise:
                index, place = index + up, place + rise
            elif place >= fall:
                index, place = index + down, place - fall
            else:
                index, place = index + up + down, place + rise - fall

    def blocks(self, indexes: Span, ranks: Span, size: int) -> Iterator[Ints]:
        """Yield what `walk` yields, up to `size` indexes at a time."""
        if ranks[0] <= 0 and self.count <= ranks[1]:
            for start in range(*indexes, size):
                yield np.arange(start, min(start + size, indexes[1]))
            return
        walk = self.walk(indexes, ranks)
        while (block := np.fromiter(islice(walk, size), np.int64)).size:
            yield block


def shuffled(count: int, key: int) -> Shuffle:
    """Return a shuffle of at least one row; other keys shuffle otherwise. The step is near the golden section."""
    step = int(count * 0.6180339887) + key % 97 + 1
    while gcd(step, count) != 1:
        step += 1
    return Shuffle(count, step % count, key % count)


def _steps_into(width: int, place: int, step: int, count: int) -> int:
    """Return the least number of steps from a place into the first `width` ones; coprime steps get everywhere."""
    return 0 if place < width else first_within(step, count, count - place, width) or 0


def first_within(step: int, modulus: int, low: int, width: int) -> int | None:
    """Return the smallest x >= 0 with `step * x mod modulus` in [low, low + width), or None.

    The span may not wrap around: `low + width <= modulus`. This is Euclid's algorithm: when no multiple of step
    falls in the span before the first wrap-around, the same question is asked modulo step.
    """
    if low == 0:
        return 0
    if 2 * step > modulus:  # mirrored, so that every round halves the modulus
        step, low = modulus - step, modulus - low - width + 1
    if step == 0:
        return None
    turn = -(-low // step)
    if turn * step < low + width:
        return turn
    wraps = first_within(-modulus % step, step, low % step, width)
    return None if wraps is None else -(-(low + modulus * wraps) // step)


def _count_below(terms: int, modulus: int, step: int, shift: int, bound: int) -> int:
    """Count x in [0, terms) with `(step * x + shift) mod modulus < bound`."""
    return _floor_sum(terms, modulus, step, shift) - _floor_sum(terms, modulus, step, shift - bound)


def _floor_sum(terms: int, modulus: int, step: int, shift: int) -> int:
    """Return the sum of `(step * x + shift) // modulus` for x in [0, terms), in O(log modulus)."""
    total = 0
    while terms > 0:
        total += terms * (terms - 1) // 2 * (step // modulus) + terms * (shift // modulus)
        step, shift = step % modulus, shift % modulus
        top = step * terms + shift
        terms, shift = divmod(top, modulus)
        modulus, step = step, modulus
    return total
