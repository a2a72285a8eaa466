"""Items of work: what a claim promises, and what survives its holder."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from psycopg.rows import dict_row

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, LostLease, Permanent, QuotaExhausted, Transient
from nooks_dagster.ledger.children import children
from nooks_dagster.ledger.dead_letters import DeadLetters
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger

PARTS = Queue("parts")
WINDOWS = Queue("windows", serial=True, blocks=True)


def plan(ledger: Ledger, *keys: str, queue: Queue = PARTS, lane: str = "a", **more: Any) -> int:
    fields = {"payload": {}, "work_class": WorkClass.HISTORY, **more}
    with ledger.db.transaction() as conn:
        return ledger.plan(conn, [NewItem(queue, "crm/acme", lane, key, **fields) for key in keys])


def complete(ledger: Ledger, claim: Claim, **outcome: int) -> None:
    with ledger.db.transaction() as conn:
        ledger.complete(conn, claim, outcome)


def row(db: Database, claim: Claim) -> dict[str, Any]:
    with db.transaction() as conn:
        found = conn.cursor(row_factory=dict_row).execute("SELECT * FROM work.items WHERE id = %s", (claim.item.id,))
        return found.fetchall()[0]


def test_planning_the_same_work_twice_is_planning_it_once(ledger: Ledger) -> None:
    assert plan(ledger, "1", "2") == 2
    assert plan(ledger, "2", "3") == 1


def test_a_payload_above_8_kilobytes_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="items_payload_check"):
        plan(ledger, "1", payload={"text": "x" * 9000})


def test_two_workers_never_hold_the_same_item(ledger: Ledger, db: Database) -> None:
    plan(ledger, *"123456")
    other = Ledger(db, "worker-2", timedelta(seconds=60))
    first = {c.item.id for c in ledger.claim(PARTS, limit=4)}
    second = {c.item.id for c in other.claim(PARTS, limit=4)}
    assert (len(first), len(second)) == (4, 2)
    assert not first & second


def test_the_more_urgent_class_is_claimed_first(ledger: Ledger) -> None:
    plan(ledger, "old", work_class=WorkClass.HISTORY)
    plan(ledger, "asked", work_class=WorkClass.ASKED)
    plan(ledger, "new", work_class=WorkClass.INCREMENTAL)
    assert [c.item.key for c in ledger.claim(PARTS, limit=3)] == ["asked", "new", "old"]


def test_a_late_commit_of_a_worker_that_lost_its_lease_changes_nothing(
    ledger: Ledger, db: Database, expire: Callable[[], None]
) -> None:
    plan(ledger, "1")
    (slow,) = ledger.claim(PARTS, limit=1)
    expire()
    (fast,) = Ledger(db, "worker-2", timedelta(seconds=60)).claim(PARTS, limit=1, suspects=True)
    with pytest.raises(LostLease), db.transaction() as conn:
        conn.execute("CREATE TABLE effect ()")
        ledger.complete(conn, slow, {})
    with db.transaction() as conn:
        assert conn.execute("SELECT to_regclass('effect')").fetchone() == (None,)
    complete(ledger, fast)
    assert row(db, fast)["state"] == "done"


def test_a_holder_whose_lease_ran_out_unnoticed_may_still_commit(ledger: Ledger, expire: Callable[[], None]) -> None:
    plan(ledger, "1")
    (claim,) = ledger.claim(PARTS, limit=1)
    expire()
    complete(ledger, claim)


def test_an_item_whose_worker_died_is_offered_as_a_suspect_only(ledger: Ledger, expire: Callable[[], None]) -> None:
    plan(ledger, "1", "2")
    ledger.claim(PARTS, limit=1)
    expire()
    assert [c.item.key for c in ledger.claim(PARTS, limit=5)] == ["2"]
    assert [c.item.key for c in ledger.claim(PARTS, limit=5, suspects=True)] == ["1"]


def test_after_five_deaths_alone_an_item_is_a_dead_letter_and_its_neighbour_is_not(
    ledger: Ledger, db: Database, expire: Callable[[], None]
) -> None:
    plan(ledger, "poison", "neighbour")
    ledger.claim(PARTS, limit=2)
    expire()
    neighbour = ledger.claim(PARTS, limit=2, suspects=True)[1]
    complete(ledger, neighbour)
    for _ in range(4):
        expire()
        assert len(ledger.claim(PARTS, limit=1, suspects=True)) == 1
    expire()
    assert ledger.claim(PARTS, limit=1, suspects=True) == []
    (letter,) = DeadLetters(db).dead()
    assert (letter.key, letter.failure) == ("poison", "Poison")


def test_progress_clears_the_record_of_deaths(ledger: Ledger, db: Database, expire: Callable[[], None]) -> None:
    plan(ledger, "1")
    ledger.claim(PARTS, limit=1)
    expire()
    (claim,) = ledger.claim(PARTS, limit=1, suspects=True)
    with db.transaction() as conn:
        ledger.advance(conn, claim, {"landed": True})
    assert (row(db, claim)["deaths"], row(db, claim)["progress"]) == (0, {"landed": True})


def test_a_serial_lane_gives_its_items_one_by_one_in_order(ledger: Ledger) -> None:
    plan(ledger, "1", "2", queue=WINDOWS, lane="a")
    plan(ledger, "3", queue=WINDOWS, lane="b")
    first = ledger.claim(WINDOWS, limit=9)
    assert [c.item.key for c in first] == ["1", "3"]
    assert ledger.claim(WINDOWS, limit=9) == []
    complete(ledger, first[0])
    assert [c.item.key for c in ledger.claim(WINDOWS, limit=9)] == ["2"]


@pytest.mark.parametrize(
    ("queue", "error", "state", "attempts"),
    [
        (PARTS, Transient("timed out"), "waiting", 1),
        (PARTS, QuotaExhausted("spent", retry_in=timedelta(hours=2)), "waiting", 0),
        (PARTS, Corrupt("counts differ"), "waiting", 1),
        (PARTS, Permanent("no such object"), "dead", 1),
        (WINDOWS, Permanent("no such object"), "blocked", 0),
    ],
)
def test_each_failure_has_its_consequence(
    ledger: Ledger, db: Database, queue: Queue, error: Exception, state: str, attempts: int
) -> None:
    plan(ledger, "1", queue=queue)
    (claim,) = ledger.claim(queue, limit=1)
    ledger.fail(queue, claim, error)
    found = row(db, claim)
    assert (found["state"], found["attempts"], found["failure"]) == (state, attempts, type(error).__name__)


def test_the_fourth_failure_that_accuses_an_item_is_its_last(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    for _ in range(4):
        with db.transaction() as conn:
            conn.execute("UPDATE work.items SET due_at = now()")
        (claim,) = ledger.claim(PARTS, limit=1)
        ledger.fail(PARTS, claim, Transient("timed out"))
    assert row(db, claim)["state"] == "dead"


def test_bytes_that_disagree_twice_are_not_fetched_a_third_time(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    for _ in range(2):
        with db.transaction() as conn:
            conn.execute("UPDATE work.items SET due_at = now()")
        (claim,) = ledger.claim(PARTS, limit=1)
        ledger.fail(PARTS, claim, Corrupt("counts differ"))
    assert row(db, claim)["state"] == "dead"


def test_an_unexpected_error_leaves_its_class_and_place_but_not_its_words(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    (claim,) = ledger.claim(PARTS, limit=1)
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("ann@example.com")
    ledger.fail(PARTS, claim, caught.value)
    assert row(db, claim)["reason"].startswith("unexpected ValueError at test_ledger.py:")


def test_every_attempt_is_kept_with_its_outcome(ledger: Ledger, db: Database, expire: Callable[[], None]) -> None:
    plan(ledger, "1")
    ledger.claim(PARTS, limit=1)
    expire()
    (claim,) = ledger.claim(PARTS, limit=1, suspects=True)
    complete(ledger, claim)
    with db.transaction() as conn:
        outcomes = conn.execute("SELECT outcome FROM work.attempts ORDER BY fence").fetchall()
    assert outcomes == [("died",), ("done",)]


def test_the_parts_of_an_item_add_up(ledger: Ledger, db: Database) -> None:
    plan(ledger, "window", queue=WINDOWS)
    (window,) = ledger.claim(WINDOWS, limit=1)
    plan(ledger, "1", "2", "3", parent=window.item.id)
    one, two, _three = ledger.claim(PARTS, limit=3, parents=[window.item.id])
    complete(ledger, one, rows=2)
    complete(ledger, two, rows=5)
    with db.transaction() as conn:
        found = children(conn, window.item.id)
    assert (found.open, found.totals) == (1, {"rows": 7})


def test_a_dead_letter_that_is_replayed_is_due_again(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    (claim,) = ledger.claim(PARTS, limit=1)
    ledger.fail(PARTS, claim, Permanent("bad input"))
    letters = DeadLetters(db)
    assert letters.replay([letters.dead()[0].id]) == 1
    assert len(ledger.claim(PARTS, limit=1)) == 1


def test_progress_clears_the_record_for_the_verdict_that_follows_too(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    for _ in range(3):
        (claim,) = ledger.claim(PARTS, limit=1)
        ledger.fail(PARTS, claim, Transient("timed out", retry_in=timedelta(seconds=-1)))
    (claim,) = ledger.claim(PARTS, limit=1)
    with db.transaction() as conn:
        ledger.advance(conn, claim, {"landed": True})
    assert ledger.fail(PARTS, claim, Transient("deadlock")).state == "waiting"


def test_progress_that_could_not_be_committed_clears_nothing(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1")
    states = []
    for _ in range(4):
        (claim,) = ledger.claim(PARTS, limit=1)
        with pytest.raises(ZeroDivisionError), db.transaction() as conn:
            ledger.advance(conn, claim, {"landed": True})
            _ = 1 // 0
        failed = Transient("the disk is full", retry_in=timedelta(seconds=-1))
        states.append(ledger.fail(PARTS, claim, failed).state)
    assert states == ["waiting", "waiting", "waiting", "dead"]
    assert row(db, claim)["progress"] == {}


def test_a_claim_given_back_after_progress_that_could_not_be_committed_keeps_its_attempts(ledger: Ledger) -> None:
    plan(ledger, "1")
    (claim,) = ledger.claim(PARTS, limit=1)
    ledger.fail(PARTS, claim, Transient("timed out", retry_in=timedelta(seconds=-1)))
    (claim,) = ledger.claim(PARTS, limit=1)
    with pytest.raises(ZeroDivisionError), ledger.db.transaction() as conn:
        ledger.advance(conn, claim, {"landed": True})
        _ = 1 // 0
    ledger.release_claim(claim, timedelta(seconds=-1))
    (claim,) = ledger.claim(PARTS, limit=1)
    assert (claim.item.attempts, claim.item.progress) == (1, {})


def test_what_is_only_noted_clears_no_attempt(ledger: Ledger) -> None:
    plan(ledger, "1")
    states = []
    for number in range(4):
        (claim,) = ledger.claim(PARTS, limit=1)
        with ledger.db.transaction() as conn:
            ledger.note(conn, claim, {"job": f"{number}"})
        failed = Transient("the job failed", retry_in=timedelta(seconds=-1))
        states.append(ledger.fail(PARTS, claim, failed).state)
    assert states == ["waiting", "waiting", "waiting", "dead"]


def test_poison_that_is_tried_again_is_tried_alone(ledger: Ledger, db: Database, expire: Callable[[], None]) -> None:
    plan(ledger, "1", queue=WINDOWS)
    ledger.claim(WINDOWS, limit=1)
    for _ in range(6):
        expire()
        ledger.claim(WINDOWS, limit=1, suspects=True)
    assert DeadLetters(db).blocked()[0].failure == "Poison"
    with db.transaction() as conn:
        ledger.expedite(conn, "a", WorkClass.ASKED)
    assert ledger.claim(WINDOWS, limit=1) == []
    assert len(ledger.claim(WINDOWS, limit=1, suspects=True)) == 1


def test_a_window_whose_chunks_get_done_is_no_suspect(ledger: Ledger, db: Database, expire: Callable[[], None]) -> None:
    plan(ledger, "window", queue=WINDOWS)
    (window,) = ledger.claim(WINDOWS, limit=1)
    plan(ledger, *"1234567", parent=window.item.id)
    for _ in range(7):
        expire()
        (window,) = ledger.claim(WINDOWS, limit=1, suspects=True)
        (chunk,) = ledger.claim(PARTS, limit=1, parents=[window.item.id])
        complete(ledger, chunk)
    assert row(db, window)["deaths"] == 0


def test_a_history_that_is_asked_for_stays_a_history(ledger: Ledger, db: Database) -> None:
    plan(ledger, "1", work_class=WorkClass.HISTORY)
    (claim,) = ledger.claim(PARTS, limit=1)
    ledger.release_claim(claim, timedelta(hours=1))
    with db.transaction() as conn:
        ledger.expedite(conn, "a", WorkClass.ASKED)
    assert [c.item.work_class for c in ledger.claim(PARTS, limit=1)] == [WorkClass.HISTORY]
