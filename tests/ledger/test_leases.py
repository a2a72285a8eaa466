"""The lease keeper: what moves is kept, what stalls is let go, what was taken is noticed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.items import Claim, NewItem, Queue, WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline

PARTS = Queue("parts")
MINUTE = timedelta(seconds=60)


@pytest.fixture
def claim(ledger: Ledger) -> Claim:
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(PARTS, "crm/acme", "a", "1", {}, WorkClass.HISTORY)])
    return ledger.claim(PARTS, limit=1)[0]


def lease_end(db: Database) -> datetime:
    with db.transaction() as conn:
        rows: list[tuple[datetime]] = conn.execute("SELECT lease_until FROM work.items").fetchall()
    return rows[0][0]


def expired(db: Database) -> bool:
    with db.transaction() as conn:
        row = conn.execute("SELECT lease_until < now() FROM work.items").fetchone()
    return bool(row and row[0])


def test_a_lease_outlives_its_length_while_the_work_moves(db: Database, claim: Claim) -> None:
    lease = timedelta(milliseconds=300)
    with LeaseKeeper(db, lease, MINUTE) as keeper, keeper.holding(claim):
        with db.transaction() as conn:
            conn.execute("UPDATE work.items SET lease_until = now() + %s", (lease,))
        first = lease_end(db)
        for _ in deadline.polls(60):
            if lease_end(db) > first + 5 * lease:
                break
        assert lease_end(db) > first + 5 * lease


def test_a_stalled_worker_loses_its_lease_though_its_process_lives(db: Database, claim: Claim) -> None:
    claim.progressed_at -= 61
    keeper = LeaseKeeper(db, MINUTE, stall=MINUTE)
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET lease_until = now() - interval '1 s'")
    with keeper.holding(claim):
        keeper.renew()
    assert expired(db)


def test_a_worker_whose_item_was_taken_over_is_told_to_stop(
    db: Database, ledger: Ledger, claim: Claim, expire: Callable[[], None]
) -> None:
    keeper = LeaseKeeper(db, MINUTE, MINUTE)
    with keeper.holding(claim):
        expire()
        ledger.claim(PARTS, limit=1, suspects=True)
        keeper.renew()
        with pytest.raises(LostLease):
            claim.tick()


def test_the_heartbeat_of_the_launch_goes_with_the_leases(db: Database) -> None:
    launches = Launches(db, silence=MINUTE, grace=MINUTE)
    n = launches.start("crm/acme", "run-1", WorkClass.ASKED, None)
    with db.transaction() as conn:
        conn.execute("UPDATE work.launches SET heartbeat_at = now() - interval '1 hour'")
    LeaseKeeper(db, MINUTE, MINUTE, ("crm/acme", n)).renew()
    assert launches.lose() == []


def test_a_worker_whose_launch_was_given_up_loses_what_it_holds(db: Database, claim: Claim) -> None:
    """It was suspended for longer than a run may be silent, and another was asked for in its place."""
    launches = Launches(db, silence=MINUTE, grace=MINUTE)
    n = launches.start("crm/acme", "run-1", WorkClass.ASKED, None)
    with db.transaction() as conn:
        conn.execute("UPDATE work.launches SET heartbeat_at = now() - interval '1 hour'")
    assert launches.lose() == ["run-1"]
    keeper = LeaseKeeper(db, MINUTE, MINUTE, ("crm/acme", n))
    with keeper.holding(claim):
        keeper.renew()
    with pytest.raises(LostLease):
        claim.tick()
