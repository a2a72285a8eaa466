"""Values survive their type, or are kept as the texts that they are."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.hubspot.derived import DERIVATIONS
from nooks_dagster.crm.hubspot.values import typed
from nooks_dagster.crm.model import FieldType

NOON = datetime(2024, 9, 11, 12, tzinfo=UTC)
LOST: Any = "lost"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldType.TEXT, "", ""),
        (FieldType.TEXT, "a;b", "a;b"),
        (FieldType.BOOLEAN, "true", True),
        (FieldType.BOOLEAN, "False", False),
        (FieldType.BOOLEAN, "", None),
        (FieldType.BOOLEAN, "maybe", LOST),
        (FieldType.NUMBER, "12.50", 12.5),
        (FieldType.NUMBER, "-0.001", -0.001),
        (FieldType.NUMBER, "", None),
        (FieldType.NUMBER, "1000000000000000000", 1e18),
        (FieldType.NUMBER, "0.29411764705882354", 0.29411764705882354),
        (FieldType.NUMBER, "12345678901234567", LOST),
        (FieldType.NUMBER, "0.1234567890123456789", LOST),
        (FieldType.NUMBER, "NaN", LOST),
        (FieldType.NUMBER, "1e400", LOST),
        (FieldType.NUMBER, "1_000", LOST),
        (FieldType.NUMBER, "twelve", LOST),
        (FieldType.INTEGER, "12", 12),
        (FieldType.INTEGER, "12.0", 12),
        (FieldType.INTEGER, "12.5", LOST),
        (FieldType.INTEGER, "0x1F", LOST),
        (FieldType.INTEGER, "123456789012345678901", LOST),
        (FieldType.DATE, "2024-09-11", date(2024, 9, 11)),
        (FieldType.DATE, "1726012800000", date(2024, 9, 11)),
        (FieldType.DATE, "1726012800001", LOST),
        (FieldType.DATE, "2024-02-30", LOST),
        (FieldType.DATE, "0000-01-01", LOST),
        (FieldType.TIMESTAMP, "2024-09-11T12:00:00Z", NOON),
        (FieldType.TIMESTAMP, "2024-09-11T12:00:00.250Z", NOON.replace(microsecond=250_000)),
        (FieldType.TIMESTAMP, "2024-09-11T14:00:00+02:00", NOON),
        (FieldType.TIMESTAMP, "1726056000000", NOON),
        (FieldType.TIMESTAMP, "", None),
        (FieldType.TIMESTAMP, "2024-09-11T12:00:00", LOST),
        (FieldType.TIMESTAMP, "soon", LOST),
    ],
)
def test_a_value_is_typed_or_lost_whatever_stands_beside_it(kind: FieldType, text: str, value: Any) -> None:
    for others in ([], [None], ["certainly odd"], [""]):
        column = typed(kind, pa.array([text, *others], pa.string()))
        assert column.array.type == kind.arrow
        assert column.array[0].as_py() == (None if value is LOST else value)
        assert (0 in column.unreadable) == (value is LOST)
        assert (1 in column.unreadable) == (others == ["certainly odd"] and kind is not FieldType.TEXT)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number) < 1e299)))
def test_no_double_is_lost(numbers: list[float]) -> None:
    numbers = [0.0 if abs(number) < 1e-299 else number for number in numbers]
    column = typed(FieldType.NUMBER, pa.array([repr(number) for number in numbers], pa.string()))
    assert column.array.to_pylist() == numbers
    assert not column.unreadable


@pytest.mark.parametrize(
    ("how", "value", "made"),
    [
        ("date", datetime(2024, 9, 11, 23, 59, tzinfo=UTC), date(2024, 9, 11)),
        ("date", datetime(1969, 12, 31, 23, 59, tzinfo=UTC), date(1969, 12, 31)),
        ("seconds", 61_999.0, 61),
        ("percent", 0.07, 7.0),
        ("percent", None, None),
    ],
)
def test_a_derived_value_is_in_the_columns_own_unit(how: str, value: Any, made: Any) -> None:
    derivation = DERIVATIONS[how]
    array = derivation.make(pa.array([value], derivation.takes.arrow))
    assert array.type == derivation.gives.arrow
    assert array.to_pylist() == [made]
