"""The JSON that Arrow writes is the JSON that Python would read back."""

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.rows.properties import properties

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
rows = st.fixed_dictionaries(
    {
        "Text__c": st.none() | texts | st.text('\\"\n\r\t\x00\x01\x1f\x7f{},:', max_size=10),
        "Note": st.none() | texts,
        "Number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "Count": st.none() | st.integers(-(2**63), 2**63 - 1),
        "Flag": st.none() | st.booleans(),
        "Day": st.none() | st.dates(),
        "Moment": st.none() | st.datetimes(timezones=st.just(UTC)),
    }
)
SCHEMA = pa.schema(
    [
        ("Text__c", pa.string()),
        ("Note", pa.string()),
        ("Number", pa.float64()),
        ("Count", pa.int64()),
        ("Flag", pa.bool_()),
        ("Day", pa.date32()),
        ("Moment", pa.timestamp("us", "UTC")),
    ]
)


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.replace("\0", "") if isinstance(value, str) else value


@given(st.lists(rows, max_size=8))
def test_any_values_survive(records: list[dict[str, Any]]) -> None:
    batch = pa.RecordBatch.from_pylist(records, schema=SCHEMA)
    expected = [{k: plain(v) for k, v in record.items() if v is not None} for record in records]
    assert [json.loads(text) for text in properties(batch, SCHEMA.names).to_pylist()] == expected


def test_only_the_fields_asked_for_are_kept() -> None:
    batch = pa.RecordBatch.from_pylist([{"a": "1", "b": "2"}])
    assert properties(batch, ["b"]).to_pylist() == ['{"b":"2"}']
    assert properties(batch, []).to_pylist() == ["{}"]


def test_a_field_may_have_any_name() -> None:
    batch = pa.RecordBatch.from_pylist([{'we "quote"\n': "1"}])
    assert json.loads(properties(batch, batch.schema.names)[0].as_py()) == {'we "quote"\n': "1"}


@pytest.mark.parametrize(("value", "text"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_what_json_has_no_number_for_becomes_a_text(value: float, text: str) -> None:
    batch = pa.RecordBatch.from_pydict({"x": [value, 1.5]})
    assert [json.loads(t) for t in properties(batch, ["x"]).to_pylist()] == [{"x": text}, {"x": 1.5}]
