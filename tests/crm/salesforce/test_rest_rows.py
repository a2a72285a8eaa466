"""JSON rows as Arrow, every value as it came."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.salesforce.rest_rows import batch
from nooks_dagster.failures import Corrupt


def source(kind: FieldType) -> SourceObject:
    fields = (SourceField("Id", FieldType.TEXT), SourceField("Value__c", kind, custom=True))
    return SourceObject("Thing__c", "custom_objects", fields, key="Id", stamp="SystemModstamp")


def converted(kind: FieldType, *values: Any) -> list[Any]:
    rows = [{"attributes": {"type": "Thing__c"}, "Id": str(n), "Value__c": v} for n, v in enumerate(values)]
    whole: pa.RecordBatch = batch(source(kind), rows)
    assert whole.schema == source(kind).schema
    return list(whole.column("Value__c").to_pylist())


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_text_survives_exactly(values: list[str | None]) -> None:
    if values:
        assert converted(FieldType.TEXT, *values) == values


def test_words_that_others_take_for_null_survive() -> None:
    values = ["NA", "N/A", "NULL", "null", "None", "NaN", "", " ", "true", "0", None]
    assert converted(FieldType.TEXT, *values) == values


def test_text_that_utf8_cannot_hold_and_structures_become_text_too() -> None:
    values = ["caf\ud83d", {"city": "Köln"}, True, 5, "🙂"]
    assert converted(FieldType.TEXT, *values) == ["caf\ufffd", '{"city": "Köln"}', "true", "5", "🙂"]


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (FieldType.BOOLEAN, [True, False, None], [True, False, None]),
        (FieldType.INTEGER, [1, None, 2**62], [1, None, 2**62]),
        (FieldType.INTEGER, [5.0, 7], [5, 7]),
        (FieldType.INTEGER, [None, None], [None, None]),
        (FieldType.NUMBER, [1, 2.5, None], [1.0, 2.5, None]),
        (FieldType.NUMBER, [2**53 + 1, 0.5], [float(2**53 + 1), 0.5]),
        (FieldType.NUMBER, [10**20, None], [1e20, None]),
        (
            FieldType.DATE,
            ["2026-02-28", "1700-01-01", "4000-12-31", None],
            [date(2026, 2, 28), date(1700, 1, 1), date(4000, 12, 31), None],
        ),
        (
            FieldType.TIMESTAMP,
            ["2026-11-01T10:00:00.000+0000", "2026-11-01T10:00:00.000Z", "2026-11-01T12:00:00+02:00", None],
            [datetime(2026, 11, 1, 10, tzinfo=UTC)] * 3 + [None],
        ),
    ],
)
def test_values_are_kept_by_the_described_type(kind: FieldType, sent: list[Any], kept: list[Any]) -> None:
    assert converted(kind, *sent) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldType.BOOLEAN, 1),
        (FieldType.BOOLEAN, "secret"),
        (FieldType.INTEGER, 5.5),
        (FieldType.INTEGER, True),
        (FieldType.INTEGER, "5"),
        (FieldType.INTEGER, 2**70),
        (FieldType.INTEGER, {"secret": 1}),
        (FieldType.NUMBER, True),
        (FieldType.NUMBER, "secret"),
        (FieldType.DATE, "2026-02-30"),
        (FieldType.DATE, "2026-02-28T00:00:00Z"),
        (FieldType.TIMESTAMP, "secret"),
        (FieldType.TIMESTAMP, 1762000000000),
    ],
)
def test_a_value_of_another_type_stops_the_chunk_by_name_and_without_the_value(kind: FieldType, value: Any) -> None:
    with pytest.raises(Corrupt, match=r"Thing__c: Field Value__c holds a value that is not") as caught:
        converted(kind, value)
    assert "secret" not in str(caught.value)


def test_a_selected_field_that_is_missing_is_not_taken_for_null() -> None:
    with pytest.raises(Corrupt, match="Value__c is missing"):
        batch(source(FieldType.TEXT), [{"Id": "1", "Value__c": "a"}, {"Id": "2"}])
