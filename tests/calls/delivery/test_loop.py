"""The delivery loop against integrations that fail in every way."""

from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.calls.delivery.lanes import take
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.calls.delivery.settling import pace
from nooks_dagster.crm.activities import Links, NotSetUp
from nooks_dagster.crm.model import Usage
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent, QuotaExhausted, Transient, Unanswered, Unauthorized
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import ConnectionState, Registry
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, attempts, open_loop, running, until
from tests.calls.delivery.things import Book

LANE = "select failure, reason, strikes, next_at > now() + interval '5 minutes' from calls.lanes"


def unpark(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("update calls.lanes set next_at = now()")
        conn.execute("update work.items set due_at = now() where state = 'waiting'")


def lane(db: Database) -> tuple[Any, ...]:
    with db.transaction() as conn:
        return next(iter(conn.execute(LANE)), ())


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


def test_an_answer_that_was_lost_after_the_commit_doubles_nothing(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    lost: list[Failure] = [Unanswered("cut")]

    def once(_activities: object) -> None:
        if lost:
            raise lost.pop()

    crm = FakeIntegration(after=once)
    book.recorded("c-1")

    with running(open_loop(db, tmp_path, crm)):
        until(lambda: bool(lane(db)) and lane(db)[2] == 1)
        unpark(db)
        until(all_are(deliveries, "delivered"))

    assert [len(written) for written in crm.records.values()] == [2]
    assert attempts(db) == [0]


def test_an_outage_parks_the_lane_and_accuses_no_call(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    down = [True]

    def outage(_activities: object) -> None:
        if down:
            raise Unanswered("No answer.", subject="acme-salesforce")

    crm = FakeIntegration(script=outage)
    for number in range(8):
        book.recorded(f"c-{number}")
    with running(open_loop(db, tmp_path, crm)):
        for strikes in range(1, 12):  # more than a call has attempts
            until(lambda strikes=strikes: bool(lane(db)) and lane(db)[2] >= strikes)
            unpark(db)

        assert set(attempts(db)) == {0}
        assert {row["state"] for row in deliveries()} == {"waiting"}
        assert lane(db)[:2] == ("Unanswered", "acme-salesforce: No answer.")
        assert [len(batch) for batch in crm.batches][-1] == 1  # an outage is not asked with all that waits

        down.clear()
        unpark(db)
        until(all_are(deliveries, "delivered"))

    assert lane(db)[:3] == (None, None, 0)


@pytest.mark.parametrize("why", [QuotaExhausted("Spent."), NotSetUp("No field.")])
def test_what_would_meet_every_call_parks_the_lane_for_as_long_as_it_says(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, why: Failure
) -> None:
    def refuse(_activities: object) -> None:
        raise why

    crm = FakeIntegration(script=refuse)
    book.recorded("c-1")
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: bool(lane(db)) and lane(db)[3])
        book.recorded("c-2")

    assert len(crm.batches) == 1
    assert attempts(db) == [0, 0]
    assert {row["state"] for row in deliveries()} == {"waiting"}


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


def test_refused_credentials_mark_the_connection_and_its_calls_wait(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    refused = [True]

    def refuse(_activities: object) -> None:
        if refused:
            raise Unauthorized("The credentials were refused.", subject=connected)

    crm = FakeIntegration(script=refuse)
    book.recorded("c-1")
    registry = Registry(db)
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: registry.connection(connected).state is ConnectionState.UNAUTHORIZED)
        unpark(db)
        book.recorded("c-2")
        refused.clear()
        registry.mark(connected, "active", "")
        unpark(db)
        until(all_are(deliveries, "delivered"))

    assert attempts(db) == [0, 0]


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


def test_an_integration_that_hangs_holds_up_no_other(
    db: Database, book: Book, tmp_path: Path, deliveries: Read, connected: str
) -> None:
    other = Registry(db).add_connection("globex", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    with db.transaction() as conn:
        conn.execute("insert into crm.writing (connection_id, ready) values (%s, true)", [other.id])
    hangs = Event()
    slow, quick = FakeIntegration(script=lambda _activities: assert_set(hangs)), FakeIntegration()
    book.recorded("c-1")
    Book(db, "globex").recorded("c-1")
    settings = Settings(home=tmp_path)
    doors = Doors(db, settings, lambda: False, lambda connection: slow if connection.id == connected else quick)

    with running(DeliveryLoop(db, settings, "one", doors)):
        until(lambda: len(quick.records) == 1)
        assert slow.records == {}
        hangs.set()
        until(all_are(deliveries, "delivered"))


def assert_set(event: Event) -> None:
    assert event.wait(60)


@pytest.mark.parametrize(
    ("used", "seconds"), [(None, 0.6), (0, 0.6), (599, 0.6), (600, 10), (849, 10), (850, 60), (1000, 60)]
)
def test_the_scarcer_the_days_calls_the_rarer_the_batches(used: int | None, seconds: float) -> None:
    assert pace(Usage(1, used, None if used is None else 1000)) == timedelta(seconds=seconds)
