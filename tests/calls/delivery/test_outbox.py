"""The outbox: what a recorded call owes to whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from nooks_dagster.calls.reporting.lacking import undelivered
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry
from tests.calls.delivery.things import Book

Read = Callable[[], list[dict[str, Any]]]


def items(db: Database) -> list[tuple[Any, ...]]:
    with db.transaction() as conn:
        return conn.execute("select lane, key, state from work.items where queue = 'calls.deliveries'").fetchall()


def settle(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("update calls.deliveries set state = 'delivered', written = digest, external_id = '00T1'")


def test_a_recorded_call_is_owed_once_to_each_integration_that_wants_it(
    db: Database, book: Book, deliveries: Read
) -> None:
    Registry(db).add_connection("acme", "hubspot", config={}, secret_ref="env:NONE", sandbox=True)
    Registry(db).add_connection("globex", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    with db.transaction() as conn:
        conn.execute(
            "insert into calls.webhooks (id, workspace, url, secret_ref) values ('wh_1', 'acme', 'https://a.b', '')"
        )

    call = book.recorded("c-1")

    owed = {(row["integration"], row["kind"], row["state"]) for row in deliveries()}
    assert owed == {("acme-salesforce", "salesforce", "waiting"), ("wh_1", "webhook", "waiting")}
    assert sorted(items(db)) == [
        ("deliveries/acme-salesforce", str(call.id), "waiting"),
        ("deliveries/wh_1", str(call.id), "waiting"),
    ]


@pytest.mark.parametrize(("chosen", "owed"), [(True, 1), (False, 0), ("nonsense", 1)])
def test_a_customer_chooses_whether_calls_go_to_a_crm(db: Database, book: Book, chosen: object, owed: int) -> None:
    with db.transaction() as conn:
        conn.execute("update workspaces.connections set options = %s", [Jsonb({"calls": chosen})])

    assert book.record(book.accepted("c-1")) == owed


def test_a_record_that_says_nothing_new_is_not_delivered_again(db: Database, book: Book, deliveries: Read) -> None:
    call = book.recorded("c-1")
    settle(db)

    assert book.record(call) == 0
    assert [row["state"] for row in deliveries()] == ["delivered"]


def test_a_record_that_says_something_else_updates_the_same_activity(
    db: Database, book: Book, deliveries: Read
) -> None:
    call = book.recorded("c-1")
    settle(db)
    with db.transaction() as conn:
        conn.execute("update calls.deliveries set owed_at = now() - interval '20 days'")
    before = deliveries()

    book.record(call, text="Rep: Hello again.")

    (row,) = deliveries()
    assert (row["state"], row["key"], row["external_id"]) == ("waiting", before[0]["key"], "00T1")
    assert [key for _, key, _ in items(db)] == [str(call.id), f"{call.id}.2"]
    with db.transaction() as conn:
        (lacking,) = undelivered(conn)
    assert lacking.waited < timedelta(minutes=5), "it waits since it is owed again"


def test_a_record_of_which_the_language_alone_is_another_is_delivered_again(db: Database, book: Book) -> None:
    call = book.recorded("c-1")
    settle(db)
    with db.transaction() as conn:
        conn.execute("update calls.records set language = 'de'")

    assert book.record(call) == 1


def test_ids_that_differ_in_case_only_are_two_calls_for_a_crm(book: Book, deliveries: Read) -> None:
    book.recorded("a1")
    book.recorded("A1")

    keys = {row["key"].lower() for row in deliveries()}
    assert len(keys) == 2


def test_a_dead_delivery_is_tried_again_with_the_next_record_and_is_no_dead_letter_any_more(
    db: Database, book: Book, deliveries: Read
) -> None:
    call = book.recorded("c-1")
    with db.transaction() as conn:
        conn.execute("update calls.deliveries set state = 'dead'")
        conn.execute("update work.items set state = 'dead'")

    assert book.record(call) == 1
    assert [row["state"] for row in deliveries()] == ["waiting"]
    assert [(key, state) for _, key, state in items(db)] == [(f"{call.id}.2", "waiting")]
