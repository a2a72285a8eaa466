"""The conditions of a search over columns of texts, by the type of the property.

Belongs here: HubSpot's operators, and the spans of ids and stamps that some of them are.
Does not: which rows are looked at (`sandbox.hubspot.index`).

A record without a value meets no condition but NOT_HAS_PROPERTY.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from sandbox.hubspot.model import Filter, ObjectType, Property, Refused
from sandbox.hubspot.moments import read, written
from sandbox.world.columns import pc
from sandbox.world.shuffle import Span

Test = Callable[[pa.Array], pa.Array]
"""Tells for each text whether it meets a condition; null counts as no."""

ALL: Span = (-(1 << 62), 1 << 62)


@dataclass(frozen=True, slots=True)
class Part:
    """The records of a span of ids and a span of stamps, both in whole numbers."""

    ids: Span = ALL
    stamps: Span = ALL

    def __and__(self, other: "Part") -> "Part":
        """Return what both have."""
        return Part(_common(self.ids, other.ids), _common(self.stamps, other.stamps))


def _common(one: Span, other: Span) -> Span:
    return max(one[0], other[0]), min(one[1], other[1])


def part_of(kind: ObjectType, condition: Filter) -> Part | None:
    """Return the part that a condition is, or None if it is none."""
    if condition.property not in {"hs_object_id", kind.stamp} or condition.operator not in _SPANS:
        return None
    values = [read(value) for value in condition.values]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values) or not numbers:
        return None
    span = _SPANS[condition.operator](numbers[0], numbers[-1])
    return Part(ids=span) if condition.property == "hs_object_id" else Part(stamps=span)


_SPANS: Mapping[str, Callable[[int, int], Span]] = {
    "EQ": lambda value, _: (value, value + 1),
    "LT": lambda value, _: (ALL[0], value),
    "LTE": lambda value, _: (ALL[0], value + 1),
    "GT": lambda value, _: (value + 1, ALL[1]),
    "GTE": lambda value, _: (value, ALL[1]),
    "BETWEEN": lambda low, high: (low, high + 1),
}


def test_of(kind: ObjectType, condition: Filter) -> Test:
    """Return the test of a condition.

    Raises:
        Refused: An unknown property or operator, or a value that the property cannot have.
    """
    made = next((each for each in kind.properties if each.name == condition.property), None)
    if made is None:
        raise Refused(400, "VALIDATION_ERROR", f"There was a problem: no property {condition.property}")
    if condition.operator not in _TESTS:
        raise Refused(400, "VALIDATION_ERROR", f"Invalid input JSON: {condition.operator} is no operator")
    if made.type == "number" and "TOKEN" not in condition.operator:
        return _over_numbers(condition)
    values = [_comparable(made, value) for value in condition.values]
    test = _TESTS[condition.operator]
    return lambda column: test(pc.utf8_lower(column), values)


def words_test(query: str) -> Test:
    """Return the test of a free text search: every word is somewhere in the text."""
    words = query.lower().split()

    def test(column: pa.Array) -> pa.Array:
        lowered, met = pc.utf8_lower(column), pa.repeat(pa.scalar(True), len(column))
        for word in words:
            met = pc.and_(met, pc.match_substring(lowered, word))
        return met

    return test


def _over_numbers(condition: Filter) -> Test:
    try:
        values = [float(value) for value in condition.values]
    except ValueError:
        raise Refused(400, "VALIDATION_ERROR", f"{condition.property} is a number, the value is none") from None
    test = _TESTS[condition.operator]
    return lambda column: test(column.cast(pa.float64()), values)


def _comparable(made: Property, value: str) -> str:
    """Return a value as texts of its property are: moments and days sort as they are written."""
    if made.type not in {"date", "datetime"}:
        return value.lower()
    moment = read(value)
    if moment is None:
        raise Refused(400, "VALIDATION_ERROR", f"{made.name} is a {made.type}, the value is none")
    return (written(moment)[:10] if made.type == "date" else written(moment)).lower()


def _among(column: pa.Array, values: Sequence[str | float]) -> pa.Array:
    return pc.if_else(column.is_valid(), pc.is_in(column, pa.array(values, column.type)), pa.scalar(None, pa.bool_()))


def _tokens(column: pa.Array, values: Sequence[str | float]) -> pa.Array:
    """Look for whole words; a star stands for any letters."""
    pattern = re.escape(str(values[0]).strip()).replace(r"\*", r"[\pL\pN]*").replace(r"\ ", r"\s+")
    return pc.match_substring_regex(column, rf"(?:^|[^\pL\pN]){pattern}(?:[^\pL\pN]|$)")


_TESTS: Mapping[str, Callable[[pa.Array, Sequence[str | float]], pa.Array]] = {
    "EQ": lambda column, values: pc.equal(column, values[0]),
    "NEQ": lambda column, values: pc.not_equal(column, values[0]),
    "LT": lambda column, values: pc.less(column, values[0]),
    "LTE": lambda column, values: pc.less_equal(column, values[0]),
    "GT": lambda column, values: pc.greater(column, values[0]),
    "GTE": lambda column, values: pc.greater_equal(column, values[0]),
    "BETWEEN": lambda column, values: pc.and_(pc.greater_equal(column, values[0]), pc.less_equal(column, values[1])),
    "IN": _among,
    "NOT_IN": lambda column, values: pc.invert(_among(column, values)),
    "HAS_PROPERTY": lambda column, _: column.is_valid(),
    "NOT_HAS_PROPERTY": lambda column, _: column.is_null(),
    "CONTAINS_TOKEN": _tokens,
    "NOT_CONTAINS_TOKEN": lambda column, values: pc.invert(_tokens(column, values)),
}
