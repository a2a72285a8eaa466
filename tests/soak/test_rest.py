"""When a workspace rests: only what is blocked for an hour, and what waits for that, may be left."""

from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.crm.work import CHUNKS, DISCOVERIES, WINDOWS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.soak.rest import Rest

LANE = "acme-salesforce/Lead"


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "worker", timedelta(minutes=1))


@pytest.fixture
def rest(db: Database) -> Rest:
    def ask(query: str, values: Any) -> list[tuple[Any, ...]]:
        with db.transaction() as conn:
            cursor = conn.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    return Rest(ask, "acme")


def plan(ledger: Ledger, queue: Queue, key: str, lane: str = LANE, parent: int | None = None) -> None:
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(queue, "crm/acme", lane, key, {}, WorkClass.ASKED, parent=parent)])


def claim(ledger: Ledger, queue: Queue) -> Claim:
    (claimed,) = ledger.claim(queue, limit=1)
    return claimed


def complete(ledger: Ledger, claimed: Claim) -> None:
    with ledger.db.transaction() as conn:
        ledger.complete(conn, claimed, {})


@pytest.fixture
def blocked(ledger: Ledger) -> Claim:
    """A window of an object that may not be read, planned by a discovery that is done."""
    plan(ledger, DISCOVERIES, "asked", "acme-salesforce")
    complete(ledger, claim(ledger, DISCOVERIES))
    plan(ledger, WINDOWS, "1")
    window = claim(ledger, WINDOWS)
    ledger.fail(WINDOWS, window, Permanent("The user may not read it."))
    return window


def test_what_is_blocked_for_an_hour_rests_with_its_parts_and_with_what_waits_behind_it(
    ledger: Ledger, rest: Rest, blocked: Claim
) -> None:
    assert rest.reached()
    assert rest.blocked() == {(LANE, "The user may not read it.")}
    plan(ledger, CHUNKS, "1/0001", parent=blocked.item.id)
    plan(ledger, WINDOWS, "2")
    assert rest.reached()


def test_a_part_of_a_blocked_window_rests_once_the_lease_of_its_killed_worker_has_run_out(
    ledger: Ledger, rest: Rest, blocked: Claim
) -> None:
    plan(ledger, CHUNKS, "1/0001", parent=blocked.item.id)
    claim(ledger, CHUNKS)
    assert not rest.reached()
    with ledger.db.transaction() as conn:
        conn.execute("UPDATE work.items SET lease_until = now() - interval '1 second' WHERE state = 'leased'")
    assert rest.reached()


def test_what_is_due_moves_until_it_is_done(ledger: Ledger, rest: Rest, blocked: Claim) -> None:
    plan(ledger, WINDOWS, "of another object", "acme-salesforce/Account")
    assert not rest.reached()
    window = claim(ledger, WINDOWS)
    assert not rest.reached()
    complete(ledger, window)
    assert rest.reached()


def test_an_hour_later_what_was_blocked_moves_and_what_waited_behind_it_follows(
    ledger: Ledger, rest: Rest, blocked: Claim
) -> None:
    plan(ledger, WINDOWS, "2")
    rest.let_an_hour_pass()
    assert not rest.reached()
    again = claim(ledger, WINDOWS)
    assert again.item.id == blocked.item.id
    complete(ledger, again)
    assert not rest.reached()
    complete(ledger, claim(ledger, WINDOWS))
    assert (rest.reached(), rest.blocked()) == (True, set())


def test_a_workspace_that_was_not_looked_into_yet_does_not_rest(ledger: Ledger, rest: Rest) -> None:
    assert not rest.reached()
    plan(ledger, DISCOVERIES, "asked", "acme-salesforce")
    assert not rest.reached()
