"""What of a workspace's work is under way, and what is left as it is."""

from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.crm.sync.neighbours import Neighbours
from nooks_dagster.crm.work import Request, WindowKind, WindowTask, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.holds import hold
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.ledger import Ledger

SCOPE = scope_of("acme")
LEASE = timedelta(minutes=5)
CHANGE = "UPDATE work.items SET state = %(state)s, fence = 1, due_at = now() + %(due)s, lease_until = now() + %(lease)s"
SILENT = "UPDATE work.launches SET heartbeat_at = now() - interval '1 hour'"


def plan(db: Database, key: str = "first", canonical: str = "accounts") -> None:
    task = WindowTask("acme", "acme-salesforce", "Account", canonical, WindowKind.INCREMENTAL)
    with db.transaction() as conn:
        Ledger(db, "planner", LEASE).plan(conn, [task.item(key, WorkClass.INCREMENTAL)])


def change(db: Database, state: str, due: int = 0, lease: int | None = None) -> None:
    values: dict[str, Any] = {"state": state, "due": timedelta(seconds=due)}
    with db.transaction() as conn:
        conn.execute(CHANGE, {**values, "lease": None if lease is None else timedelta(seconds=lease)})


def under_way(db: Database, n: int = 1, objects: tuple[str, ...] = ()) -> bool:
    neighbours = Neighbours(SCOPE, n, Request().queues, objects, timedelta(seconds=45), LEASE)
    with db.transaction() as conn:
        return neighbours.under_way(conn)


@pytest.fixture
def another_lives(db: Database) -> None:
    launches = Launches(db, LEASE, LEASE)
    launches.start(SCOPE, "other", WorkClass.INCREMENTAL, None)


@pytest.mark.parametrize("lease", [-60, 60])
def test_what_is_leased_is_under_way_even_if_its_holder_died_for_it_is_taken_over(db: Database, lease: int) -> None:
    plan(db)
    change(db, "leased", lease=lease)
    assert under_way(db)


def test_what_is_due_and_in_nobodys_hands_is_taken_next(db: Database) -> None:
    assert not under_way(db)
    plan(db)
    assert under_way(db)


@pytest.mark.usefixtures("another_lives")
def test_what_failed_and_falls_due_soon_is_tried_again_by_the_run_that_it_failed_in(db: Database) -> None:
    plan(db)
    change(db, "waiting", due=30)
    assert under_way(db, n=2)
    assert not under_way(db, n=1)
    with db.transaction() as conn:
        conn.execute(SILENT)
    assert not under_way(db, n=2)


@pytest.mark.usefixtures("another_lives")
@pytest.mark.parametrize("state", ["waiting", "blocked", "done", "dead"])
def test_what_rests_or_ended_is_not_waited_for(db: Database, state: str) -> None:
    plan(db)
    change(db, state, due=600)
    assert not under_way(db, n=2)


def test_what_waits_behind_a_blocked_window_is_not_waited_for(db: Database) -> None:
    plan(db)
    change(db, "blocked", due=600)
    plan(db, "second")
    assert not under_way(db)


def test_what_a_person_holds_is_not_waited_for(db: Database) -> None:
    plan(db)
    with db.transaction() as conn:
        hold(conn, SCOPE, "acme-salesforce", "paused")
    assert not under_way(db)


def test_the_windows_of_other_objects_are_not_waited_for(db: Database) -> None:
    plan(db, canonical="contacts")
    assert under_way(db, objects=("contacts",))
    assert not under_way(db, objects=("accounts",))
