"""Cutting a window into sections: a history by immutable id ranges, a time window into equal slices.

Belongs here: the arithmetic. Does not: asking the org how much there is, or how a section is read (`plans`).

A section's spec says all that is needed to go on behind it, so a resumed plan draws the same borders:
`low`, `high` (ids), `step` (ids a range) or `since`, `until` (literals). The first range is open below, the
last one above, so a row inserted meanwhile has its range too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from nooks_dagster.crm.salesforce import ids
from nooks_dagster.crm.salesforce.soql import moment

MOST_SECTIONS = 5_000  # keys have four digits, and the org may double while it is read
_BORDERS = ("low", "high", "step", "since", "until")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a window; `spec` holds its borders."""

    key: str
    spec: Mapping[str, str]

    @classmethod
    def of(cls, resume: Mapping[str, str]) -> "Section":
        """Read a section from where a plan is to go on."""
        return cls(resume["key"], {name: resume[name] for name in _BORDERS if name in resume})

    @property
    def resume(self) -> Mapping[str, str]:
        """Return what `of` reads."""
        return {"key": self.key, **self.spec}


def parts(rows: int, rows_a_part: int) -> int:
    """Return how many sections so many rows make."""
    return min(MOST_SECTIONS, max(1, -(-rows // rows_a_part)))


def id_step(smallest: str, largest: str, count: int) -> int:
    """Return how many ids a range spans when the ids of an object are cut into `count` ranges."""
    return (ids.to_number(largest) - ids.to_number(smallest)) // count + 1


def everything() -> Section:
    """Return the one section of a window that needs no borders."""
    return Section(_key(0), {})


def first_ranges(smallest: str, largest: str, step: int) -> Iterator[Section]:
    """Yield ranges over all ids of an object, whose smallest and largest are known.

    Ids of two forms or prefixes have no arithmetic: they make one range over everything.
    """
    if not (ids.is_id(smallest) and ids.is_id(largest)) or smallest[: ids.PREFIX] != largest[: ids.PREFIX]:
        yield everything()
        return
    yield from _ranges(0, "", ids.to_number(smallest), largest, step)


def ranges_after(section: Section, largest: str) -> Iterator[Section]:
    """Yield the ranges behind a section; none when it was the one that is open above."""
    low = section.spec.get("high")
    if low:
        yield from _ranges(int(section.key) + 1, low, ids.to_number(low), largest, int(section.spec["step"]))


def _ranges(number: int, low: str, edge: int, largest: str, step: int) -> Iterator[Section]:
    top = ids.to_number(largest)
    while edge + step <= top:
        edge += step
        high = ids.from_number(largest[: ids.PREFIX], edge)
        yield Section(_key(number), {**({"low": low} if low else {}), "high": high, "step": str(step)})
        number, low = number + 1, high
    yield Section(_key(number), {**({"low": low} if low else {}), "step": str(step)})


def time_slices(since: datetime, until: datetime, count: int, number: int = 0) -> Iterator[Section]:
    """Yield at most `count` slices of [since, until), cut at whole seconds: equal stamps stay together."""
    width = (until - since) / count
    inner = {(since + width * place).replace(microsecond=0) for place in range(1, count)}
    borders = [since, *sorted(border for border in inner if since < border < until), until]
    for place, (start, end) in enumerate(pairwise(borders) if since < until else ()):
        yield Section(_key(number + place), {"since": moment(start), "until": moment(end)})


def _key(number: int) -> str:
    return f"{number:04d}"
