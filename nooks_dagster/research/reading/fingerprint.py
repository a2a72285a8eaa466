"""Whether a page holds a new document, or the one that it held before in another order and at another hour.

Belongs here: the identity of a document. Does not: the rules about a line (`research.reading.volatile`).

A document is the set of its steady lines, on one site: no order, no repetition, nothing volatile. Texts of one
document may differ in all of these, so no site gets its text from another: that could have said it first, and added
what does not count. Of a part that rotates (a
testimonial, a featured post) no rule can know at first sight that it says nothing new: one line that took the place of
another may as well be a new head of sales. What gives it away is that it comes back, and back again, while the rest
stands: a line that left twice and is there once more rotates, and counts no more for this page. Once is no habit: a job
that is posted again is news. And a page that was another for a day, "we will be back soon", has not rotated. So a
carousel of three makes three documents at first, the same ones in its second round, and none afterwards.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Self

from nooks_dagster.research.reading.volatile import days_around, says_something, steady

DEPARTURES = 2
"""So often a line has left before its return tells that it rotates."""
MOST_LINES = 1_000
"""Lines remembered that are gone, and that rotate: 8 KB each. What is forgotten makes a document too many, never one
too few. Those that are there are all remembered; the bound of the text is theirs."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of the lines of a page, as numbers: those there now, those that left, those that come and go.

    `gone` has a line as often as it left, the latest first.
    """

    there: frozenset[int] = frozenset()
    gone: tuple[int, ...] = ()
    rotating: frozenset[int] = frozenset()

    def to_bytes(self) -> bytes:
        """Return it for a column of a table."""
        parts = (sorted(self.there), list(self.gone), sorted(self.rotating))
        sizes = array("Q", [len(part) for part in parts])
        return sizes.tobytes() + b"".join(array("Q", part).tobytes() for part in parts)

    @classmethod
    def of(cls, stored: bytes | None) -> Self:
        """Read it; nothing is remembered of a new page."""
        if not stored:
            return cls()
        values = array("Q")
        values.frombytes(stored)
        there, gone = values[0], values[1]
        body = values[3:]
        return cls(frozenset(body[:there]), tuple(body[there : there + gone]), frozenset(body[there + gone :]))


@dataclass(frozen=True, slots=True)
class Judged:
    """What a text is: the identity of its document if it is a new one, else None; and what to remember."""

    sha256: str | None
    remember: Remembered


def judged(site: str, text: str, fetched: date, before: Remembered) -> Judged:
    """Judge the text of a page.

    Args:
        site: Whose page it is.
        text: Normalised.
        fetched: The day, by the database's clock.
        before: What is remembered of the page; nothing if it has no document.
    """
    lines = {_number(line): line for line in _steady_lines(text, fetched)}
    now = frozenset(lines)
    remember = Remembered(now, _gone(before, now), _rotating(before, now))
    ignored = before.rotating  # what begins to rotate counts once more, so that the last document has it
    if before.there and now - ignored == before.there - ignored:
        return Judged(None, remember)
    counted = [line for number, line in lines.items() if number not in ignored] or list(lines.values())
    return Judged(identity(site, counted), remember)


def _gone(before: Remembered, now: frozenset[int]) -> tuple[int, ...]:
    """Return the lines that left; of a page that became another as a whole, none did."""
    left = before.there - now
    turned = len(left) > len(now & before.there)
    return before.gone if turned else (*left, *before.gone)[:MOST_LINES]


def _rotating(before: Remembered, now: frozenset[int]) -> frozenset[int]:
    left = Counter(before.gone)
    back = [number for number in now - before.there if left[number] >= DEPARTURES]
    return frozenset([*before.rotating, *back][:MOST_LINES])


def identity(site: str, lines: Iterable[str]) -> str:
    """Return the sha256 of a set of lines of a site, in hexadecimal."""
    return hashlib.sha256("\n".join([site, *sorted(set(lines))]).encode()).hexdigest()


def _steady_lines(text: str, fetched: date) -> list[str]:
    today = days_around(fetched)
    found = [line for line in (steady(line, today) for line in text.splitlines()) if says_something(line)]
    return found or [text]  # all of it is volatile: then it is what it is


def _number(line: str) -> int:
    return int.from_bytes(hashlib.blake2b(line.encode(), digest_size=8).digest(), "big")
