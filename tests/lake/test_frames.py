"""Frames come back from the lake as they went in."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.frames import to_frame, to_table
from nooks_dagster.lake.store import Lake

WORDS = st.sampled_from(["", "NA", "NULL", "None", "nan", "Zoë 🚀", 'a "quoted"\nline', "\\N"]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=8
)
STAMPS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COLUMNS: dict[str, tuple[st.SearchStrategy[Any], str]] = {
    "text": (WORDS | st.none(), "string"),
    "object": (WORDS | st.none(), "object"),
    "number": (st.integers(-(2**63), 2**63 - 1) | st.none(), "Int64"),
    "plain": (st.integers(-(2**31), 2**31 - 1), "int32"),
    "real": (st.floats(allow_nan=True), "float64"),
    "flag": (st.booleans() | st.none(), "boolean"),
    "money": (st.decimals(-(10**9), 10**9, places=2) | st.none(), "object"),
    "day": (st.dates(date(1900, 1, 1), date(2200, 1, 1)) | st.none(), "object"),
    "stamp": (STAMPS | st.none(), "datetime64[ns, UTC]"),
    "span": (st.timedeltas(timedelta(-999), timedelta(999)), "timedelta64[ns]"),
    "kind": (st.sampled_from(["a", "b"]), "category"),
}


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    rows = draw(st.integers(0, 6))
    columns = {}
    for name in names:
        values, dtype = COLUMNS[name]
        columns[name] = pd.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=dtype)
    frame = pd.DataFrame(columns)
    return frame.set_index(pd.Index([f"row {n}" for n in range(rows)])) if draw(st.booleans()) else frame


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=frames())
def test_a_frame_comes_back_from_the_lake_as_it_went_in(lake: Lake, frame: pd.DataFrame) -> None:
    dataset = Dataset(lake, "frames")
    table = to_table(frame)
    dataset.replace([dataset.write(table.to_batches(), table.schema, "run")], table.schema)
    assert_frame_equal(dataset.to_pandas(), frame)


def test_rows_that_no_frame_wrote_get_dtypes_that_hold_nulls() -> None:
    stamp = datetime(9999, 12, 31, tzinfo=UTC)
    frame = to_frame(
        pa.table(
            {
                "id": pa.array([2**62 + 1, None]),
                "name": pa.array(["NA", None]),
                "won": pa.array([True, None]),
                "at": pa.array([stamp, None], pa.timestamp("us", "UTC")),
                "on": pa.array([date(4000, 12, 31), None]),
                "sum": pa.array([Decimal("1.10"), None]),
            }
        )
    )
    assert [str(dtype) for dtype in frame.dtypes] == [
        "Int64",
        "string",
        "boolean",
        "datetime64[us, UTC]",
        "datetime64[ms]",
        "object",
    ]
    assert frame["id"][0] == 2**62 + 1
    assert frame["at"][0] == stamp


def test_a_column_of_mixed_types_is_named_without_its_values() -> None:
    with pytest.raises(TypeError, match="column contact") as caught:
        to_table(pd.DataFrame({"contact": [1, "ada@example.com"]}))
    assert "ada@" not in str(caught.value)
    assert caught.value.__suppress_context__
