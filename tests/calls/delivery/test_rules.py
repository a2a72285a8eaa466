"""A rule of the CRM's own: while it refuses every call none is lost, and what it says of one call holds up no other."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.calls.delivery import settling
from nooks_dagster.calls.delivery.lanes import Lane
from nooks_dagster.calls.delivery.rules import streak
from nooks_dagster.calls.delivery.sending import Sent
from nooks_dagster.crm.activities import Activity, AgainstRule, Answer, Refused
from nooks_dagster.database.pool import Database
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import Read, all_are, attempts, lane, open_loop, running, unpark, until
from tests.calls.delivery.things import Book

RULE = "acme-salesforce Task: The org wants a value. Fields: Call_Source__c. (REQUIRED_FIELD_MISSING) Make it optional."
BLOCKED_FOR = """
    select next_at - now() between interval '55 minutes' and interval '1 hour' from calls.lanes where strikes >= 5
"""
OWN_WAIT = "select due_at - now() > interval '2 hours' from work.items where state = 'waiting' order by id"


class Ruled(FakeIntegration):
    """A CRM whose rule refuses every call, or those of the keys that it names, until it is lifted."""

    lifted = False
    of: Sequence[str] = ()

    def _write(self, activity: Activity) -> Answer:
        if self.lifted or (self.of and activity.key not in self.of):
            return super()._write(activity)
        what = "The org wants a value. Fields: Call_Source__c. (REQUIRED_FIELD_MISSING)"
        return Refused(AgainstRule(what, subject="acme-salesforce Task", next_step="Make it optional."))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "PACE", timedelta(milliseconds=20))


def an_hour_passes(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("update calls.lanes set next_at = now()")


def read(db: Database, query: str) -> list[Any]:
    with db.transaction() as conn:
        return [row[0] for row in conn.execute(query.encode())]


def test_a_rule_that_refuses_every_call_blocks_the_lane_and_one_call_an_hour_asks_whether_it_was_lifted(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = Ruled(most=50)
    for number in range(20):
        book.recorded(f"c-{number}")
    with running(open_loop(db, tmp_path, crm)):
        until(lambda: read(db, BLOCKED_FOR) == [True])
        assert lane(db)[:2] == ("Blocked", RULE)
        for asked in (1, 2, 3):
            an_hour_passes(db)
            until(lambda asked=asked: len(crm.batches) > asked and read(db, BLOCKED_FOR) == [True])
        assert [len(batch) for batch in crm.batches] == [20, 1, 1, 1]
        assert len({key for (key,) in crm.batches[1:]}) == 3
        assert (set(attempts(db)), {row["state"] for row in deliveries()}) == ({0}, {"waiting"})

        crm.lifted = True
        an_hour_passes(db)
        until(all_are(deliveries, "delivered"))

    assert lane(db)[:3] == (None, None, 0)
    assert {len(written) for written in crm.records.values()} == {1}


def test_calls_that_come_one_by_one_are_counted_together_and_those_refused_first_go_on_with_the_lane(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    crm = Ruled()
    with running(open_loop(db, tmp_path, crm)):
        for number in range(1, 6):
            book.recorded(f"c-{number}")
            until(lambda number=number: bool(lane(db)) and lane(db)[2] == number)
        assert read(db, BLOCKED_FOR) == [True]
        assert read(db, OWN_WAIT) == [True, True, True, True, False]  # the fifth waits with the lane

        crm.lifted = True
        an_hour_passes(db)
        until(all_are(deliveries, "delivered"))


def test_a_rule_that_refuses_one_call_holds_up_no_other_and_leaves_a_day_to_mend_it(
    db: Database, book: Book, tmp_path: Path, deliveries: Read
) -> None:
    for number in range(3):
        book.recorded(f"c-{number}")
    odd = deliveries()[1]["key"]
    crm = Ruled()
    crm.of = [odd]

    with running(open_loop(db, tmp_path, crm)):
        until(lambda: len(crm.records) == 2 and max(attempts(db)) == 1)
        assert read(db, OWN_WAIT) == [True]
        unpark(db)
        until(lambda: max(attempts(db)) == 2)
        book.recorded("other")
        until(lambda: len(crm.records) == 3)
        with db.transaction() as conn:
            conn.execute("update work.items set attempts = 7 where attempts = 2")
        unpark(db)
        until(lambda: "dead" in {row["state"] for row in deliveries()})

    assert [(row["key"], row["reason"]) for row in deliveries() if row["state"] == "dead"] == [(odd, RULE)]
    assert lane(db)[2] < 5


def test_a_crm_that_takes_calls_and_refuses_their_links_refuses_no_calls() -> None:
    answers: dict[int, Answer] = {number: Refused(AgainstRule("No."), record=f"{number}") for number in range(9)}

    assert streak(Lane("acme-hubspot", "hubspot", 1, 0), {}, Sent(answers)) is None
