"""What goes in by COPY is what Arrow held: nulls, digits, quotes, line breaks, times."""

import math
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from nooks_dagster.database.copy import copy_batches
from nooks_dagster.database.pool import Database

TABLE = sql.Identifier("copied")


@pytest.fixture
def conn(db: Database) -> Iterator[psycopg.Connection]:
    with db.transaction() as conn:
        yield conn


def round_trip(conn: psycopg.Connection, kind: str, values: pa.Array) -> list[object]:
    conn.execute("drop table if exists copied")
    conn.execute(f"create table copied (n serial, value {kind})")
    batch = pa.RecordBatch.from_arrays([values], names=["anything"])
    assert copy_batches(conn, TABLE, ["value"], [batch]) == len(values)
    return [value for (value,) in conn.execute("select value from copied order by n").fetchall()]


def test_null_and_the_empty_string_stay_different(conn: psycopg.Connection) -> None:
    values = ["", None, "NULL", "None", "NA", "\\N", " "]
    assert round_trip(conn, "text", pa.array(values)) == values


def test_quotes_line_breaks_backslashes_and_emoji_arrive_as_they_are(conn: psycopg.Connection) -> None:
    values = ['say "hi"', "two\nlines", "carriage\r\nreturn", "\\.", "a\n\\.\nb", "comma, tab\t", "🚀 naïve 日本"]
    assert round_trip(conn, "text", pa.array(values)) == values


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=20))
def test_any_text_arrives_without_its_nul_characters(conn: psycopg.Connection, values: list[str | None]) -> None:
    expected = [None if value is None else value.replace("\0", "") for value in values]
    assert round_trip(conn, "text", pa.array(values, pa.string())) == expected


def test_removed_nul_characters_are_counted_in_a_warning(
    conn: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    assert round_trip(conn, "text", pa.array(["a\0b", "\0\0"])) == ["ab", ""]
    assert "3 NUL characters" in caplog.text


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_a_float_keeps_every_digit_of_its_repr_in_a_numeric(conn: psycopg.Connection, values: list[float]) -> None:
    assert round_trip(conn, "numeric", pa.array(values, pa.float64())) == [Decimal(repr(v)) for v in values]


def test_what_is_no_number_arrives_as_such(conn: psycopg.Connection) -> None:
    values = round_trip(conn, "double precision", pa.array([math.nan, math.inf, -math.inf, 1e300]))
    assert isinstance(values[0], float)
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, 1e300]


def test_booleans_integers_and_dates_arrive(conn: psycopg.Connection) -> None:
    assert round_trip(conn, "boolean", pa.array([True, None, False])) == [True, None, False]
    assert round_trip(conn, "bigint", pa.array([2**63 - 1, -(2**63)])) == [2**63 - 1, -(2**63)]
    days = [date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31)]
    assert round_trip(conn, "date", pa.array(days)) == days


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_a_moment_stays_the_same_moment_whatever_the_zone_of_column_or_session(
    conn: psycopg.Connection, zone: str
) -> None:
    moments = [datetime(2026, 7, 1, 12, 30, 15, 123456, UTC), datetime(1900, 1, 1, tzinfo=UTC)]
    conn.execute("set local timezone to 'Asia/Tokyo'")
    assert round_trip(conn, "timestamptz", pa.array(moments, pa.timestamp("us", zone))) == moments


def test_rows_are_copied_in_constant_memory(conn: psycopg.Connection) -> None:
    batch = pa.RecordBatch.from_pydict({"value": ["x" * 100] * 50_000})
    conn.execute("create table copied (value text)")
    tracemalloc.start()
    copied = copy_batches(conn, TABLE, ["value"], (batch for _ in range(10)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert copied == 500_000
    assert peak < 20_000_000


def test_a_value_that_does_not_fit_its_column_is_an_error_of_the_data(db: Database) -> None:
    with pytest.raises(psycopg.DataError), db.transaction() as conn:
        round_trip(conn, "bigint", pa.array(["many"]))
