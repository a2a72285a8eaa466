"""What many change is changed with the commit, so that nobody holds it in between."""

import select
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from nooks_dagster.database.last import with_commit
from nooks_dagster.database.pool import Database

ADD = "UPDATE sums SET total = total + %(more)s RETURNING total"


@pytest.fixture
def sums(db: Database) -> Iterator[None]:
    with db.transaction() as conn:
        conn.execute("CREATE TABLE sums AS SELECT 1 AS total")
    yield
    with db.transaction() as conn:
        conn.execute("DROP TABLE sums")


def total(db: Database) -> int:
    with db.transaction() as conn:
        ((found,),) = conn.execute("SELECT total FROM sums").fetchall()
    return int(found)


@pytest.mark.usefixtures("sums")
def test_a_last_statement_holds_nothing_until_the_end_and_is_committed_with_the_others(db: Database) -> None:
    told: list[Any] = []
    with db.transaction() as conn:
        with_commit(conn, ADD, {"more": 5}, lambda cursor: told.extend(cursor.fetchall()))
        with_commit(conn, ADD, {"more": 10}, lambda cursor: told.extend(cursor.fetchall()))
        conn.execute("SELECT 1")
        with db.transaction() as other:
            other.execute("SET LOCAL lock_timeout = '1s'")
            other.execute("UPDATE sums SET total = 100")
    assert told == [(105,), (115,)]
    assert total(db) == 115


@pytest.mark.usefixtures("sums")
def test_a_transaction_that_fails_does_not_execute_it_nor_does_the_next_one_of_its_connection(db: Database) -> None:
    with pytest.raises(KeyError), db.transaction() as conn:
        with_commit(conn, ADD, {"more": 5})
        raise KeyError
    assert total(db) == 1
    assert total(db) == 1


class AfterAnAnswer(dict[str, int]):
    """Values that are not told before Postgres has said something to what was sent before."""

    def __init__(self, conn: psycopg.Connection, **values: int) -> None:
        super().__init__(values)
        self._conn = conn

    def __getitem__(self, name: str) -> int:
        select.select([self._conn.fileno()], [], [], 60)
        return super().__getitem__(name)


@pytest.mark.usefixtures("sums")
def test_where_it_fails_nothing_is_committed_and_no_other_error_is_told(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), db.transaction() as conn:
        conn.execute("UPDATE sums SET total = 7")
        with_commit(conn, ADD, {"more": 5})
        with_commit(conn, "SELECT total / 0 FROM sums", {})
        with_commit(conn, ADD, AfterAnAnswer(conn, more=5))
    assert total(db) == 1
    assert caplog.messages == []


def test_percent_signs_and_quotes_are_values_like_others(db: Database) -> None:
    told: list[Any] = []
    with db.transaction() as conn:
        with_commit(conn, "SELECT %(word)s", {"word": "50 % o'clock; DROP\\"}, told.extend)
    assert told == [("50 % o'clock; DROP\\",)]
