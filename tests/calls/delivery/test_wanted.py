"""Integrations that come and go: what is owed to them is noticed, or withdrawn."""

from pathlib import Path
from uuid import uuid4

from nooks_dagster.calls.delivery.withdrawing import withdraw_gone
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, attempts, open_loop, running, until
from tests.calls.delivery.things import Book


def test_what_is_owed_to_a_connection_that_is_gone_is_withdrawn(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    book.recorded("c-1")
    with db.transaction() as conn:
        conn.execute("delete from workspaces.connections where id = %s", [connected])

    with running(open_loop(db, tmp_path, FakeIntegration())):
        until(all_are(deliveries, "withdrawn"))

    assert attempts(db) == []


def test_calls_that_a_customer_wants_no_more_are_withdrawn(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    book.recorded("c-1")
    Registry(db).choose(connected, {"calls": False})

    assert book.record(book.accepted("c-2")) == 0
    with db.transaction() as conn:
        assert withdraw_gone(conn) == 1
    assert [row["state"] for row in deliveries()] == ["withdrawn"]


def test_a_customer_who_wants_calls_again_is_owed_those_whose_record_is_made_again(
    db: Database, book: Book, deliveries: Read, connected: str
) -> None:
    call = book.recorded("c-1")
    Registry(db).choose(connected, {"calls": False})
    with db.transaction() as conn:
        withdraw_gone(conn)
    assert book.record(call) == 0

    Registry(db).choose(connected, {"calls": True})
    assert book.record(call) == 1
    assert [row["state"] for row in deliveries()] == ["waiting"]


def test_a_field_that_an_admin_makes_is_noticed_by_itself(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    with db.transaction() as conn:
        conn.execute("update crm.writing set ready = false, looked_at = now() - interval '2 hours'")
    assert book.record(book.accepted("before")) == 0

    with running(open_loop(db, tmp_path, FakeIntegration())):
        until(lambda: book.record(book.accepted(f"c-{uuid4()}")) == 1)
