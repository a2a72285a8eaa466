"""Lanes that wait: the other side is down, spent, refuses the credentials, or hangs; no call is accused."""

from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.calls.delivery.settling import pace
from nooks_dagster.crm.activities import NotSetUp
from nooks_dagster.crm.model import Usage
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, QuotaExhausted, Unanswered, Unauthorized
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import ConnectionState, Registry
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, attempts, lane, open_loop, running, unpark, until
from tests.calls.delivery.things import Book


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
