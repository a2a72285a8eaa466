"""The delivery loop against integrations that fail in every way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.calls.delivery import loop, threads
from nooks_dagster.calls.delivery.lanes import take
from nooks_dagster.crm.activities import Links
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Transient
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, attempts, open_loop, running, unpark, until
from tests.calls.delivery.things import Book


def test_what_is_owed_is_delivered_once_with_the_id_that_the_other_side_gave_it(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration(most=4)
    for number in range(10):
        book.recorded(f"c-{number}")

    with running(open_loop(db, tmp_path, crm)):
        until(all_are(deliveries, "delivered"))

    assert {row["key"]: row["external_id"] for row in deliveries()} == {key: f"00T{key[-8:]}" for key in crm.records}
    assert {len(written) for written in crm.records.values()} == {1}
    assert [len(batch) for batch in crm.batches] == [4, 4, 2]


def test_a_record_made_again_tells_whom_the_activity_belonged_to_before(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration()
    belongs = {"object": "contacts", "id": "003A", "account": "001A", "outcome": "matched"}
    book.participants = {"acme-salesforce": belongs}
    call = book.recorded("c-1")
    with running(open_loop(db, tmp_path, crm)):
        until(all_are(deliveries, "delivered"))
        book.participants = {"acme-salesforce": {"object": "leads", "id": "00QB"}}
        book.record(call)
        until(lambda: [row["state"] for row in deliveries()] == ["delivered"] and len(crm.batches) == 2)

    ((first, second),) = crm.records.values()
    assert (first.before, second.before) == (Links(), Links(contact="003A", account="001A"))
    assert second.links == Links(lead="00QB")


def test_a_link_that_the_crm_did_not_take_is_none_that_is_there_because_of_us(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration(left=frozenset(["contact"]))
    call = book.recorded("c-1")
    with running(open_loop(db, tmp_path, crm)):
        until(all_are(deliveries, "delivered"))
        book.record(call, text="Rep: Something else.")
        until(lambda: len(crm.batches) == 2)

    ((_, second),) = crm.records.values()
    assert second.before == Links(account="001A", owner="005A")


def test_an_activity_says_what_happened_and_never_more_than_the_redacted_beginning(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration()
    book.text = "Rep: [name] asked.\n" * 1000
    call = book.recorded("c-1")

    with running(open_loop(db, tmp_path, crm)):
        until(all_are(deliveries, "delivered"))

    ((activity,),) = crm.records.values()
    assert activity.subject == "Outbound call: connected"
    assert activity.body.startswith(
        "Outbound call of 1 min 35 s: connected.\nThe rep spoke 44 % of the time; 3 questions.\nLanguage: en.\n"
        f"https://calls.example.com/{call.id}\n\nRep: [name] asked.\n"
    )
    assert activity.body.endswith("asked.\n…")
    assert len(activity.body) < 4_200
    assert (activity.links.contact, activity.links.owner) == ("003A", "005A")
    assert (activity.from_number, activity.to_number) == ("+14155550100", "+14155550101")


def test_a_locked_row_is_tried_again_alone_and_its_neighbours_are_not(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration()
    for number in range(5):
        book.recorded(f"c-{number}")
    locked = deliveries()[2]["key"]
    crm.refuses[locked] = [Transient("Locked."), Transient("Locked.")]

    with running(open_loop(db, tmp_path, crm)):
        for failed in (1, 2):
            until(lambda failed=failed: max(attempts(db)) == failed)
            unpark(db)
        until(all_are(deliveries, "delivered"))

    assert crm.batches[1:] == [[locked], [locked]]
    assert {len(written) for written in crm.records.values()} == {1}


def test_a_call_that_the_other_side_rejects_is_a_dead_letter_and_spoils_no_batch(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    for number in range(7):
        book.recorded(f"c-{number}")
    bad = deliveries()[4]["key"]

    def spoil(activities: Any) -> None:
        if bad in [one.key for one in activities]:
            raise Permanent("A value is too long.", subject="acme-salesforce Task")

    crm = FakeIntegration(script=spoil)
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: "waiting" not in {row["state"] for row in deliveries()})

    (dead,) = [row for row in deliveries() if row["state"] == "dead"]
    assert (dead["key"], dead["failure"]) == (bad, "Permanent")
    assert dead["reason"] == "acme-salesforce Task: A value is too long."
    assert len(crm.records) == 6


def test_a_record_that_is_made_again_while_it_is_sent_is_sent_again(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    call = book.recorded("c-1")
    again = [True]

    def meanwhile(_activities: object) -> None:
        if again:
            again.clear()
            book.record(call, text="Rep: Something else.")

    crm = FakeIntegration(script=meanwhile)
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: len(crm.batches) == 2 and all_are(deliveries, "delivered")())

    ((first, second),) = crm.records.values()
    assert first.body.endswith("[phone].")
    assert second.body.endswith("Rep: Something else.")


def test_a_lane_that_drains_lets_others_go_before_it(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "AT_ONCE", 1)
    monkeypatch.setattr(loop, "TURN_SECONDS", 0.0)
    Registry(db).add_connection("globex", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    with db.transaction() as conn:
        conn.execute("insert into crm.writing (connection_id, ready) values ('globex-salesforce', true)")
    for number in range(2):
        book.recorded(f"c-{number}")
    own = {row["key"] for row in deliveries()}

    def meanwhile(_activities: object) -> None:
        if len(crm.batches) == 1:
            Book(db, "globex").recorded("theirs")

    crm = FakeIntegration(most=1, script=meanwhile)
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: len(crm.batches) == 3 and all_are(deliveries, "delivered")())

    assert {*crm.batches[2]} <= own


def test_two_processes_never_send_to_one_integration_at_once(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = FakeIntegration(most=2)
    for number in range(12):
        book.recorded(f"c-{number}")

    with running(*(open_loop(db, tmp_path, crm, worker=f"worker-{n}") for n in range(3))):
        until(all_are(deliveries, "delivered"))

    assert crm.peak == 1
    assert {len(written) for written in crm.records.values()} == {1}


def test_what_a_dead_process_held_is_delivered_by_another(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    for number in range(3):
        book.recorded(f"c-{number}")
    with db.transaction() as conn:  # and nothing more is ever heard of it
        assert len(take(conn, Ledger(db, "dead", timedelta(seconds=1)), connected, 2)) == 2

    crm = FakeIntegration()
    with running(open_loop(db, tmp_path, crm)):
        until(all_are(deliveries, "delivered"))

    assert {len(written) for written in crm.records.values()} == {1}
    assert [len(batch) for batch in crm.batches] == [3]  # in company, although its last worker died
