"""The pool answers in words, hides passwords, and survives what happens to Postgres."""

import threading

import psycopg
import pytest

from nooks_dagster.database import pool
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Transient
from nooks_dagster.local import deadline


def test_a_database_costs_nothing_until_its_first_transaction() -> None:
    Database("postgresql://nobody@127.0.0.1:1/nothing", size=1)


def test_a_stopped_postgres_is_named_with_the_next_step_and_without_the_password() -> None:
    db = Database("postgresql://nooks:hunter2@127.0.0.1:1/nooks", size=1)
    with pytest.raises(Transient) as failure, db.transaction():
        pass
    assert "Postgres at 127.0.0.1:1/nooks: Postgres does not answer" in str(failure.value)
    assert "make up" in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_a_malformed_address_is_refused_without_being_repeated() -> None:
    with pytest.raises(Permanent, match="NOOKS_POSTGRES_URL") as failure:
        Database("postgresql://nooks:hunter2@127.0.0.1/nooks?colour=blue", size=1)
    assert "hunter2" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_transaction_commits_on_a_clean_exit_and_rolls_back_on_an_error(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("create table notes (text text)")
        conn.execute("insert into notes values ('kept')")
    with pytest.raises(KeyError), db.transaction() as conn:
        conn.execute("insert into notes values ('lost')")
        raise KeyError
    with db.transaction() as conn:
        assert conn.execute("select text from notes").fetchall() == [("kept",)]


def test_times_are_utc_whatever_the_server_thinks(db: Database) -> None:
    with db.transaction() as conn:
        assert conn.execute("show timezone").fetchone() == ("UTC",)


def test_the_next_transaction_gets_a_fresh_connection_after_its_own_was_killed(db: Database) -> None:
    with db.transaction() as conn:
        pid = conn.info.backend_pid
    with db.transaction() as other:
        other.execute("select 1")
    with psycopg.connect(db._url, autocommit=True) as killer:
        killer.execute("select pg_terminate_backend(%s, 5000)", [pid])
    with db.transaction() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_a_connection_lost_in_the_middle_is_worth_another_try(db: Database) -> None:
    with pytest.raises(Transient), db.transaction() as conn:
        with psycopg.connect(db._url, autocommit=True) as killer:
            killer.execute("select pg_terminate_backend(%s, 5000)", [conn.info.backend_pid])
        conn.execute("select 1")


def test_a_transaction_that_stands_still_is_ended_for_others_may_wait_for_its_rows(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "STANDSTILL", "500ms")
    there = "select from pg_stat_activity where pid = %s"
    with (
        psycopg.connect(database_url, autocommit=True) as looker,
        Database(database_url, size=1) as db,
        pytest.raises(Transient, match="gave up"),
        db.transaction() as conn,
    ):
        conn.execute("select 1")
        for _ in deadline.polls(60):
            if looker.execute(there, (conn.info.backend_pid,)).rowcount == 0:
                break
        conn.execute("select 1")


def test_the_victim_of_a_deadlock_is_worth_another_try(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("create table rows (id int primary key, n int)")
        conn.execute("insert into rows values (1, 0), (2, 0)")
    both_hold_one = threading.Barrier(2, timeout=60)
    failures: list[BaseException] = []

    def update(first: int, second: int) -> None:
        try:
            with db.transaction() as conn:
                conn.execute("set local deadlock_timeout = '100ms'")
                conn.execute("update rows set n = n + 1 where id = %s", [first])
                both_hold_one.wait()
                conn.execute("update rows set n = n + 1 where id = %s", [second])
        except Transient as failure:
            failures.append(failure)

    threads = [threading.Thread(target=update, args=order) for order in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(failures) == 1
    assert "DeadlockDetected" in str(failures[0])


def test_a_closed_database_opens_again(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("select 1")
    db.close()
    with db.transaction() as conn:
        assert conn.execute("select 1").fetchone() == (1,)
