"""Many items at once: a fair share for each lane, and a batch of which some were lost."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.holds import hold
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger

MANY = Queue("many")


def plan(ledger: Ledger, lane: str, count: int, work_class: WorkClass = WorkClass.LIVE, **more: Any) -> None:
    items = [NewItem(MANY, f"s/{lane}", lane, f"{work_class}/{n}", {}, work_class, **more) for n in range(count)]
    with ledger.db.transaction() as conn:
        ledger.plan(conn, items)


def claim(ledger: Ledger, limit: int, **more: Any) -> list[Claim]:
    with ledger.db.transaction() as conn:
        return ledger.claim_fairly(conn, MANY, limit=limit, **more)


def lanes(claims: list[Claim]) -> Counter[str]:
    return Counter(claim.item.lane for claim in claims)


def test_a_lane_with_hundreds_waiting_leaves_room_for_one_that_came_last(ledger: Ledger) -> None:
    plan(ledger, "a", 300)
    assert lanes(claim(ledger, 8)) == {"a": 8}
    plan(ledger, "b", 2)
    plan(ledger, "c", 9)
    assert lanes(claim(ledger, 6)) == {"b": 2, "c": 4}  # a has eight under way
    assert lanes(claim(ledger, 9)) == {"c": 5, "a": 4}  # then as many as c


def test_what_a_person_waits_for_goes_before_all_lanes_of_other_classes(ledger: Ledger) -> None:
    plan(ledger, "a", 3, WorkClass.HISTORY)
    plan(ledger, "a", 3, WorkClass.ASKED)
    plan(ledger, "b", 1)
    assert [c.item.work_class for c in claim(ledger, 5)] == [0, 10, 10, 10, 40]
    assert not claim(ledger, 5, most=WorkClass.INCREMENTAL)
    assert len(claim(ledger, 5, least=WorkClass.HISTORY)) == 2


def test_a_lane_that_is_held_and_what_is_not_due_are_passed_by(ledger: Ledger, db: Database) -> None:
    plan(ledger, "a", 2)
    plan(ledger, "b", 2)
    with db.transaction() as conn:
        hold(conn, "s/a", "a", "its workspace is being removed")
        conn.execute("update work.items set due_at = now() + interval '1 minute' where lane = 'b' and key = '0/0'")
    assert lanes(claim(ledger, 9)) == {"b": 1}


def test_two_workers_take_different_items_at_the_same_moment(ledger: Ledger, db: Database) -> None:
    plan(ledger, "a", 10)
    other = Ledger(db, "worker-2", ledger.lease)
    with db.transaction() as one, db.transaction() as two:
        first = ledger.claim_fairly(one, MANY, limit=4)
        second = other.claim_fairly(two, MANY, limit=4)
    assert len({c.item.id for c in [*first, *second]}) == 8


def test_items_whose_worker_died_are_suspects_and_the_sixth_death_is_told(
    ledger: Ledger, expire: Callable[[], None]
) -> None:
    plan(ledger, "a", 1)
    claim(ledger, 1)
    for deaths in range(1, 7):
        assert not claim(ledger, 1, suspects=True)
        expire()
        assert not claim(ledger, 1)
        assert [c.item.deaths for c in claim(ledger, 1, suspects=True)] == [deaths]


def test_of_a_batch_those_that_were_lost_are_named_and_the_others_done(
    ledger: Ledger, db: Database, expire: Callable[[], None]
) -> None:
    plan(ledger, "a", 3)
    claims = claim(ledger, 3)
    expire()
    (taken,) = claim(Ledger(db, "worker-2", ledger.lease), 1, suspects=True)
    with db.transaction() as conn:
        done = ledger.complete_many(conn, {c: {"n": c.item.id} for c in claims})
    assert {c.item.id for c in done} == {c.item.id for c in claims} - {taken.item.id}
    assert [c.lost for c in claims].count(True) == 1
    with db.transaction() as conn:
        ended = conn.execute(
            "select i.outcome->>'n' = i.id::text, a.outcome from work.items i join work.attempts a"
            " on a.item_id = i.id where i.state = 'done'"
        ).fetchall()
    assert ended == [(True, "done"), (True, "done")]


def test_a_check_holds_what_it_found_until_the_transaction_ends(
    ledger: Ledger, db: Database, expire: Callable[[], None]
) -> None:
    plan(ledger, "a", 1)
    (held,) = claim(ledger, 1)
    expire()
    with db.transaction() as conn:
        ledger.check(conn, held)
        assert not claim(ledger, 1, suspects=True)
    claim(ledger, 1, suspects=True)
    with pytest.raises(LostLease), db.transaction() as conn:
        ledger.check(conn, held)
