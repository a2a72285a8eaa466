"""Lanes with one worker at a time, claimed and given back in batches."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.lanes import IN_COMPANY, claim_lane, give_back_many
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.verdicts import Verdict

LETTERS = Queue("letters")
LANE = "letters/acme"
UNHARMED = Verdict("waiting", timedelta(), 0, 0, None, None)


@pytest.fixture
def plan(ledger: Ledger) -> Callable[..., None]:
    def planned(*keys: str, work_class: WorkClass = WorkClass.LIVE, lane: str = LANE) -> None:
        with ledger.db.transaction() as conn:
            ledger.plan(conn, [NewItem(LETTERS, "acme", lane, key, {}, work_class) for key in keys])

    return planned


def take(ledger: Ledger, limit: int = 10, lane: str = LANE) -> list[Claim]:
    with ledger.db.transaction() as conn:
        return claim_lane(conn, ledger, LETTERS, lane, limit)


def keys(claims: list[Claim]) -> list[str]:
    return [claim.item.key for claim in claims]


def test_what_is_live_is_claimed_before_older_history_and_no_more_than_asked_for(
    ledger: Ledger, plan: Callable[..., None]
) -> None:
    plan("old-1", "old-2", work_class=WorkClass.HISTORY)
    plan("new-1", "new-2")
    plan("other", lane="letters/globex")

    assert keys(take(ledger, 3)) == ["new-1", "new-2", "old-1"]


def test_a_lane_in_which_somebody_has_an_item_is_left_to_him(
    db: Database, ledger: Ledger, plan: Callable[..., None]
) -> None:
    plan("a", "b")
    held = take(ledger, 1)

    assert take(Ledger(db, "worker-2", ledger.lease)) == []
    with db.transaction() as conn:
        give_back_many(conn, dict.fromkeys(held, UNHARMED))
    assert sorted(keys(take(Ledger(db, "worker-2", ledger.lease)))) == ["a", "b"]


def test_what_a_dead_worker_held_goes_on_in_company_until_it_is_suspect(
    ledger: Ledger, plan: Callable[..., None], expire: Callable[[], None]
) -> None:
    plan("a", "b")
    for deaths in range(IN_COMPANY + 1):
        assert {claim.item.key: claim.item.deaths for claim in take(ledger)} == {"a": deaths, "b": deaths}
        expire()

    assert len(take(ledger)) == 1


def test_only_what_is_still_held_is_given_back(
    db: Database, ledger: Ledger, plan: Callable[..., None], expire: Callable[[], None]
) -> None:
    plan("a")
    stale = take(ledger)
    expire()
    current = take(Ledger(db, "worker-2", ledger.lease))

    with db.transaction() as conn:
        assert give_back_many(conn, dict.fromkeys(stale, UNHARMED)) == set()
        dead = Verdict("dead", timedelta(), 4, 0, "Permanent", "It is wrong.")
        assert give_back_many(conn, dict.fromkeys(current, dead)) == {current[0].item.id}

    with db.transaction() as conn:
        row = conn.execute(
            "select state, attempts, failure, reason, finished_at is not null from work.items"
        ).fetchone()
        outcomes = conn.execute("select outcome from work.attempts order by fence").fetchall()
    assert row == ("dead", 4, "Permanent", "It is wrong.", True)
    assert outcomes == [("died",), ("Permanent",)]
