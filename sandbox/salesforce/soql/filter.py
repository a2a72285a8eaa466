"""Conditions made executable: a region that holds every match, and a test for a row of values.

Belongs here: operators, AND, OR, NOT in both forms. Where the region is exact, no row need be tested, and counting
is arithmetic.
Does not: names and types (`sandbox.salesforce.soql.check`), the order of reading (`sandbox.salesforce.query`).
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sandbox.salesforce.ids import to15
from sandbox.salesforce.moments import milliseconds
from sandbox.salesforce.org import Field, JsonValue
from sandbox.salesforce.region import EVERYTHING, Rectangle, Region, behind
from sandbox.salesforce.soql.literals import Normal, normaliser

Test = Callable[[Sequence[JsonValue]], bool]

_MOST_RECTANGLES = 1_000
"""Beyond this many, testing rows is cheaper than the algebra."""

_INEQUALITIES: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WILDCARD = re.compile(r"\\(.)|(%)|(_)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition: all its matches lie in `region`, and `test` tells them; if `exact`, the region is the matches."""

    region: Region
    exact: bool
    test: Test


EVERY_ROW = Filter(EVERYTHING, True, lambda _: True)


def comparison(field: Field, place: int, symbol: str, values: Sequence[Normal]) -> Filter:
    """Make the filter of one comparison; `place` is the field's position in the rows that are tested."""
    test = _test(field, place, symbol, values)
    region = _region(field, symbol, values)
    return Filter(EVERYTHING if region is None else region, region is not None, test)


def both(filters: Sequence[Filter]) -> Filter:
    """Make the filter of AND."""
    tests = [part.test for part in filters]
    region = reduce(operator.and_, (part.region for part in filters))
    return _bounded(Filter(region, all(part.exact for part in filters), lambda row: all(t(row) for t in tests)))


def either(filters: Sequence[Filter]) -> Filter:
    """Make the filter of OR."""
    tests = [part.test for part in filters]
    exact = all(part.exact for part in filters)
    whole = any(part.region is EVERYTHING for part in filters)
    region = EVERYTHING if whole else reduce(operator.or_, (part.region for part in filters))
    return _bounded(Filter(region, exact, lambda row: any(t(row) for t in tests)))


def neither(part: Filter) -> Filter:
    """Make the filter of NOT."""
    region = ~part.region if part.exact else EVERYTHING
    return Filter(region, part.exact, lambda row: not part.test(row))


def _bounded(made: Filter) -> Filter:
    return made if len(made.region.parts) <= _MOST_RECTANGLES else Filter(EVERYTHING, False, made.test)


def _test(field: Field, place: int, symbol: str, values: Sequence[Normal]) -> Test:
    normal = normaliser(field)
    if symbol in ("=", "IN"):
        wanted = set(values)
        return lambda row: normal(row[place]) in wanted
    if symbol in ("!=", "NOT IN"):
        unwanted = set(values)
        return lambda row: normal(row[place]) not in unwanted
    if symbol == "LIKE":
        matches = _like(str(values[0] or ""))
        return lambda row: (value := normal(row[place])) is not None and matches(str(value)) is not None
    compare, bound = _INEQUALITIES[symbol], values[0]
    if bound is None:
        return lambda _: False
    return lambda row: (value := normal(row[place])) is not None and compare(value, bound)


def _like(pattern: str) -> Callable[[str], object]:
    """Compile a LIKE pattern, its escapes still in it, to a match of the whole lower-case text."""
    parts, end = [], 0
    for match in _WILDCARD.finditer(pattern):
        parts.append(re.escape(pattern[end : match.start()]))
        parts.append(re.escape(match[1]) if match[1] else ".*" if match[2] else ".")
        end = match.end()
    return re.compile("".join(parts) + re.escape(pattern[end:]), re.DOTALL).fullmatch


def _region(field: Field, symbol: str, values: Sequence[Normal]) -> Region | None:
    """Return the exact matches as a region if the field is one of the two that the plane knows."""
    if field.name == "Id":
        make = _id_part
    elif field.name == "SystemModstamp":
        make = _stamp_part
    else:
        return None
    present = sorted({str(value) for value in values if value is not None})
    if symbol in ("!=", "NOT IN"):
        return ~Region(make("=", value) for value in present)
    return Region(make("=" if symbol == "IN" else symbol, value) for value in present)


def _id_part(symbol: str, text: str) -> Rectangle:
    id15 = to15(text) or ""
    return {
        "=": Rectangle(first=id15, last=behind(id15)),
        "<": Rectangle(last=id15),
        "<=": Rectangle(last=behind(id15)),
        ">": Rectangle(first=behind(id15)),
        ">=": Rectangle(first=id15),
    }[symbol]


def _stamp_part(symbol: str, text: str) -> Rectangle:
    stamp = milliseconds(text) or 0
    return {
        "=": Rectangle(since=stamp, until=stamp + 1),
        "<": Rectangle(until=stamp),
        "<=": Rectangle(until=stamp + 1),
        ">": Rectangle(since=stamp + 1),
        ">=": Rectangle(since=stamp),
    }[symbol]
