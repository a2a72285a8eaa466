"""What is watched of a sync, and when there is nothing left to wait for."""

from datetime import timedelta

import pytest

from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.reporting.watch import Watch
from nooks_dagster.crm.sync.asking import ask
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import DISCOVERIES, IDS, SWEEPS, WINDOWS, Request, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry


@pytest.fixture
def ledger(platform: Platform) -> Ledger:
    return Ledger(platform.db, "worker", timedelta(minutes=1))


def watch(db: Database, *objects: str) -> Watch:
    return Watch(db, Registry(db).connections("acme"), objects)


def plan(ledger: Ledger, key: str, source: str = "Account", canonical: str = "accounts") -> None:
    task = WindowTask("acme", "acme-salesforce", source, canonical, WindowKind.REFRESH)
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [task.item(key, WorkClass.HISTORY)])


def claim(ledger: Ledger) -> Claim:
    (found,) = ledger.claim(WINDOWS, limit=1)
    return found


def complete(ledger: Ledger, window: Claim) -> None:
    with ledger.db.transaction() as conn:
        ledger.complete(conn, window, {})


def test_nothing_under_way_is_over_at_once(ledger: Ledger) -> None:
    look = watch(ledger.db).look()
    assert (look.over, look.troubles, look.windows) == (True, [], [])


def test_a_sweep_is_waited_for_only_by_who_asked_for_one(ledger: Ledger) -> None:
    sweep = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.SWEEP, sweep=(IDS,))
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [sweep.item("weekly", WorkClass.NIGHTLY)])
    assert watch(ledger.db).look().over
    look = Watch(ledger.db, Registry(ledger.db).connections("acme"), (), SWEEPS).look()
    assert (look.over, [window.kind for window in look.windows]) == (False, ["sweep"])


def test_it_is_not_over_while_a_wish_has_not_become_windows(ledger: Ledger) -> None:
    watching = watch(ledger.db)
    ask(ledger, Registry(ledger.db).connections(), "wish", Request())
    look = watching.look()
    assert not look.over
    assert [(f.connection, f.stuck) for f in look.findings] == [("acme-salesforce", False)]


def test_a_window_that_came_and_ended_between_two_looks_is_seen(ledger: Ledger) -> None:
    watching = watch(ledger.db)
    plan(ledger, "first")
    complete(ledger, claim(ledger))
    look = watching.look()
    assert [w.standing for w in look.windows] == [Standing.COMPLETE]
    assert look.over


def test_what_is_planned_later_is_not_waited_for(ledger: Ledger) -> None:
    plan(ledger, "first")
    watching = watch(ledger.db)
    assert not watching.look().over
    window = claim(ledger)
    plan(ledger, "later")
    complete(ledger, window)
    look = watching.look()
    assert (look.over, len(look.windows), look.troubles) == (True, 1, [])


def test_windows_behind_one_that_is_blocked_are_not_waited_for(ledger: Ledger) -> None:
    plan(ledger, "first")
    plan(ledger, "behind")
    ledger.fail(WINDOWS, claim(ledger), Permanent("it cannot be read"))
    look = watch(ledger.db).look()
    assert look.over
    assert look.troubles == ["acme-salesforce/Account is blocked: it cannot be read"]


def test_a_wait_of_seconds_is_waited_for_and_a_long_one_is_told(ledger: Ledger) -> None:
    plan(ledger, "first")
    ledger.release_claim(claim(ledger), timedelta(seconds=5), "asked to slow down")
    assert not watch(ledger.db).look().over
    with ledger.db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now()")
    ledger.release_claim(claim(ledger), timedelta(minutes=10), "the day's calls are used up")
    look = watch(ledger.db).look()
    assert (look.over, look.troubles) == (True, ["acme-salesforce/Account is parked: the day's calls are used up"])


def test_objects_that_nobody_asked_for_are_not_watched(ledger: Ledger) -> None:
    plan(ledger, "first")
    plan(ledger, "first", "Contact", "contacts")
    assert [w.source for w in watch(ledger.db, "contacts").look().windows] == ["Contact"]


def test_the_workspaces_of_others_are_not_watched(ledger: Ledger) -> None:
    Registry(ledger.db).add_connection("globex", "salesforce", {}, "env:NONE", sandbox=True)
    plan(ledger, "first")
    look = Watch(ledger.db, Registry(ledger.db).connections("globex")).look()
    assert (look.windows, look.findings) == ([], [])


def test_a_discovery_that_is_parked_is_told(ledger: Ledger) -> None:
    ask(ledger, Registry(ledger.db).connections(), "wish", Request())
    (discovery,) = ledger.claim(DISCOVERIES, limit=1)
    ledger.release_claim(discovery, timedelta(minutes=10), "the day's calls are used up")
    look = watch(ledger.db).look()
    assert look.over
    assert look.troubles == ["acme-salesforce cannot be looked into: the day's calls are used up"]
