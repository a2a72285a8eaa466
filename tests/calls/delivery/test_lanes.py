"""Lanes between two processes: whoever was first, or is still awake, is right."""

from datetime import timedelta
from pathlib import Path

from psycopg.types.json import Jsonb

from nooks_dagster.calls.delivery.lanes import due_lanes, take
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, open_loop
from tests.calls.delivery.things import Book

AHEAD = "select next_at > now() + interval '5 minutes' from calls.lanes"


def parked_far_ahead(db: Database) -> bool:
    with db.transaction() as conn:
        return conn.execute(AHEAD).fetchall() == [(True,)]


def test_a_lane_is_left_as_it_is_to_whoever_was_first(db: Database, book: Book, tmp_path: Path, connected: str) -> None:
    book.recorded("c-1")
    with db.transaction() as conn:
        (seen,) = due_lanes(conn)
        take(conn, Ledger(db, "first", timedelta(hours=1)), connected, 1)

    loop = open_loop(db, tmp_path, FakeIntegration())
    assert loop.deliver(seen) is False

    assert parked_far_ahead(db)


def test_a_process_that_slept_through_its_leases_changes_nothing_when_it_wakes(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    def sleep(_activities: object) -> None:
        with db.transaction() as conn:
            conn.execute("update work.items set lease_until = now() - interval '1 second'")
            conn.execute("update calls.lanes set next_at = now()")
            assert take(conn, Ledger(db, "other", timedelta(hours=1)), connected, 1)

    book.recorded("c-1")
    with db.transaction() as conn:
        (seen,) = due_lanes(conn)

    open_loop(db, tmp_path, FakeIntegration(script=sleep)).deliver(seen)

    assert [row["state"] for row in deliveries()] == ["waiting"]
    assert parked_far_ahead(db)


def test_a_crm_that_wants_no_calls_any_more_gets_none_though_some_wait(db: Database, book: Book) -> None:
    book.recorded("c-1")
    with db.transaction() as conn:
        conn.execute("update workspaces.connections set options = %s", [Jsonb({"calls": False})])
        assert due_lanes(conn) == []
