"""Parts of an object in the plane that is indexed: SystemModstamp one way, Id the other.

Belongs here: rectangles, sets of disjoint rectangles and their algebra, which is all that the planner needs to turn
conditions and resumption into counts and scans.
Does not: how a kind of table counts or walks a rectangle.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

Key = tuple[int, str]
"""Where a row stands: its SystemModstamp in milliseconds since 1970, and its 15-character id."""

_FIRST_MOMENT, _LAST_MOMENT = -(10**15), 10**15
_FIRST_ID, _LAST_ID = "", "~"


def behind(id15: str) -> str:
    """Return the smallest text above an id and at or below every greater id."""
    return id15 + "!"


class Order(Enum):
    """The orders in which every table can be read without sorting. Rows that share a stamp follow their ids."""

    ID = (False, False)
    ID_DESCENDING = (False, True)
    STAMP = (True, False)
    STAMP_DESCENDING = (True, True)

    @property
    def by_stamp(self) -> bool:
        """Whether SystemModstamp comes before Id."""
        return self.value[0]

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """The rows with a stamp in [since, until) milliseconds and an id in [first, last), as text."""

    since: int = _FIRST_MOMENT
    until: int = _LAST_MOMENT
    first: str = _FIRST_ID
    last: str = _LAST_ID

    def intersection(self, other: "Rectangle") -> "Rectangle | None":
        """Return what both have, or None."""
        since, until = max(self.since, other.since), min(self.until, other.until)
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Rectangle(since, until, first, last) if since < until and first < last else None

    def minus(self, other: "Rectangle") -> list["Rectangle"]:
        """Return up to four disjoint rectangles that are in this one and not in the other."""
        hole = self.intersection(other)
        if hole is None:
            return [self]
        pieces = (
            replace(self, until=hole.since),
            replace(self, since=hole.until),
            Rectangle(hole.since, hole.until, self.first, hole.first),
            Rectangle(hole.since, hole.until, hole.last, self.last),
        )
        return [piece for piece in pieces if piece.since < piece.until and piece.first < piece.last]


class Region:
    """A set of disjoint rectangles."""

    def __init__(self, disjoint: Iterable[Rectangle]) -> None:
        self.parts = tuple(disjoint)

    def __and__(self, other: "Region") -> "Region":
        """Return the intersection."""
        pairs = (mine.intersection(theirs) for mine in self.parts for theirs in other.parts)
        return Region(part for part in pairs if part is not None)

    def __or__(self, other: "Region") -> "Region":
        """Return the union."""
        return Region((*self.parts, *(other - self).parts))

    def __sub__(self, other: "Region") -> "Region":
        """Return what is here and not there."""
        parts = list(self.parts)
        for hole in other.parts:
            parts = [piece for part in parts for piece in part.minus(hole)]
        return Region(parts)

    def __invert__(self) -> "Region":
        """Return everything else."""
        return EVERYTHING - self

    def after(self, key: Key, order: Order) -> "Region":
        """Return what follows a row in an order: the keyset of a resumption."""
        stamp, id15 = key
        rest = Rectangle(last=id15) if order.descending else Rectangle(first=behind(id15))
        if not order.by_stamp:
            return self & Region([rest])
        later = Rectangle(until=stamp) if order.descending else Rectangle(since=stamp + 1)
        return self & Region([later, replace(rest, since=stamp, until=stamp + 1)])


EVERYTHING = Region([Rectangle()])
