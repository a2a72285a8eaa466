"""Rows of Postgres arrive in Arrow as they stand in the table."""

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from resources import table_handle
from resources.table_handle import TableHandle

TEXTS = st.sampled_from(
    ["", " ", "NA", "NULL", "None", "t", "\\N", "\\.", 'a "b",\r\n\tc', "Zoë 🚀", "null"]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
STAMPS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ROWS = st.lists(
    st.tuples(
        TEXTS | st.none(),
        st.booleans() | st.none(),
        st.integers(-(2**63), 2**63 - 1) | st.none(),
        st.floats(allow_nan=False) | st.none(),
        st.dates() | st.none(),
        STAMPS | st.none(),
    ),
    max_size=12,
)
NAMES = ["words", "flag", "number", "real", "day", "stamp"]


@pytest.fixture
def table(db: Database) -> TableHandle:
    with db.transaction() as conn:
        conn.execute("create schema try")
        conn.execute(
            "create table try.kinds (words text, flag boolean, number bigint, real float8, day date, stamp timestamptz)"
        )
    return TableHandle(db, "try", "kinds")


def fill(db: Database, rows: list[tuple[Any, ...]]) -> None:
    with db.transaction() as conn, conn.cursor() as cursor:
        cursor.execute("truncate try.kinds")
        cursor.executemany("insert into try.kinds values (%s, %s, %s, %s, %s, %s)", rows)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_value_and_every_null_arrives(db: Database, table: TableHandle, rows: list[tuple[Any, ...]]) -> None:
    fill(db, rows)
    assert table.to_arrow().to_pylist() == [dict(zip(NAMES, row, strict=True)) for row in rows]
    # A line that holds one null and nothing else is empty, and must not be taken for no line.
    assert table.to_arrow(["words"]).to_pylist() == [{"words": row[0]} for row in rows]


def test_types_without_an_arrow_form_are_text_and_exact_numbers_are_floats(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("create schema try")
        conn.execute("""create table try.others as select 12.50 as amount, '{"a": 1}'::jsonb as properties,
            array[1, 2] as list, 3::smallint as small, '2026-01-02 03:04'::timestamp as local""")
    assert TableHandle(db, "try", "others").to_arrow().to_pylist() == [
        {
            "amount": 12.5,
            "properties": '{"a": 1}',
            "list": "{1,2}",
            "small": 3,
            "local": datetime(2026, 1, 2, 3, 4),  # noqa: DTZ001  Postgres' type without a zone
        }
    ]


def test_an_empty_table_keeps_its_types(table: TableHandle) -> None:
    assert table.rows == 0
    assert table.to_arrow() == table.schema.empty_table()
    assert [str(kind) for kind in table.to_pandas().dtypes] == [
        "string",
        "boolean",
        "Int64",
        "float64",
        "datetime64[ms]",
        "datetime64[us, UTC]",
    ]


def test_a_long_table_comes_in_several_batches(
    db: Database, table: TableHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_handle, "_BLOCK_BYTES", 1_000)
    fill(db, [(f'line {n}\nof "{n}"', True, n, 0.5, date(2026, 1, 1), None) for n in range(500)])
    batches = list(table.batches(["number", "words"]))
    assert len(batches) > 5
    whole = pa.Table.from_batches(batches)
    assert sorted(whole["number"].to_pylist()) == list(range(500))
    assert table.reader(["number", "words"]).read_all().num_rows == table.rows == 500


def test_a_connection_is_given_back_when_a_reader_stops_half_way(db: Database, table: TableHandle) -> None:
    fill(db, [("x" * 1_000, True, n, 0.5, None, None) for n in range(2_000)])
    for _ in range(8):  # more often than the pool has connections
        batches = table.batches()
        next(batches)
        batches.close()  # type: ignore[attr-defined]  # a generator, typed as what it promises
    assert table.rows == 2_000


@pytest.mark.usefixtures("table")
def test_only_rows_that_meet_the_condition_are_seen(db: Database) -> None:
    fill(db, [("50%", True, n, None, None, None) for n in range(3)])
    some = TableHandle(db, "try", "kinds", sql.SQL("number > 0 and words like '50%'"))
    assert some.rows == 2
    assert some.to_arrow(["number"]).to_pydict() == {"number": [1, 2]}


def test_a_missing_table_or_column_is_named(db: Database, table: TableHandle) -> None:
    with pytest.raises(Permanent, match=r"There is no table try.nothing.*<schema>/<table>"):
        TableHandle(db, "try", "nothing").to_arrow()
    with pytest.raises(Permanent, match=r"try.kinds: There is no column nope. There are: words, flag"):
        table.to_arrow(["words", "nope"])
