"""The dispatcher: a start that fell due is never forgotten and never runs twice at once."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from nooks_dagster.database.migrate import MIGRATION_LOCK
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.launches import ALONE, Launches
from nooks_dagster.ledger.ledger import Ledger

WINDOWS = Queue("windows", serial=True, blocks=True)
SCOPES = ["crm/acme", "crm/asked", "crm/history"]
MINUTE = timedelta(seconds=60)


@pytest.fixture
def launches(db: Database) -> Launches:
    return Launches(db, silence=MINUTE, grace=MINUTE)


def plan(
    ledger: Ledger, scope: str, work_class: WorkClass = WorkClass.HISTORY, due_in: timedelta = timedelta()
) -> None:
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(WINDOWS, scope, scope, "1", {}, work_class, due_in=due_in)])


def keys(launches: Launches) -> list[str]:
    return [launch.key for launch in launches.due(10, 10, SCOPES)]


def age(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("""
            UPDATE work.launches SET requested_at = requested_at - interval '1 hour',
                heartbeat_at = heartbeat_at - interval '1 hour', ended_at = ended_at - interval '1 hour'""")


def test_due_work_is_launched_once_however_often_the_clock_ticks(launches: Launches, ledger: Ledger) -> None:
    plan(ledger, "crm/acme")
    assert keys(launches) == ["crm/acme:1"]
    assert keys(launches) == []


def test_work_that_is_not_due_yet_is_left_alone(launches: Launches, ledger: Ledger) -> None:
    plan(ledger, "crm/acme", due_in=timedelta(hours=1))
    assert keys(launches) == []


def test_what_falls_due_later_and_was_never_begun_holds_up_nothing(launches: Launches, ledger: Ledger) -> None:
    plan(ledger, "crm/acme", due_in=timedelta(hours=1))
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(WINDOWS, "crm/acme", "crm/acme", "2", {}, WorkClass.HISTORY)])
    assert keys(launches) == ["crm/acme:1"]
    (second,) = ledger.claim(WINDOWS, limit=9)
    with ledger.db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state = 'waiting'")
    assert ledger.claim(WINDOWS, limit=9) == []  # the lane goes one after the other all the same
    ledger.release_claim(second, timedelta())
    assert [claim.item.key for claim in ledger.claim(WINDOWS, limit=9)] == ["1"]


def test_a_lane_whose_head_is_parked_is_not_launched_for_what_waits_behind_it(
    launches: Launches, ledger: Ledger
) -> None:
    plan(ledger, "crm/acme")
    (head,) = ledger.claim(WINDOWS, limit=1)
    ledger.release_claim(head, timedelta(hours=1))
    with ledger.db.transaction() as conn:
        ledger.plan(conn, [NewItem(WINDOWS, "crm/acme", "crm/acme", "2", {}, WorkClass.HISTORY)])
    assert keys(launches) == []


def test_the_more_urgent_scope_is_launched_first(launches: Launches, ledger: Ledger) -> None:
    plan(ledger, "crm/history", WorkClass.HISTORY)
    plan(ledger, "crm/asked", WorkClass.ASKED)
    assert keys(launches) == ["crm/asked:1", "crm/history:1"]


def test_a_requested_run_that_never_started_is_lost_and_followed(
    launches: Launches, ledger: Ledger, db: Database
) -> None:
    plan(ledger, "crm/acme")
    launches.due(10, 10, SCOPES)
    age(db)
    assert launches.lose() == []
    age(db)
    assert keys(launches) == ["crm/acme:2"]


def test_a_run_whose_heartbeat_died_is_named_so_that_it_can_be_marked(
    launches: Launches, ledger: Ledger, db: Database
) -> None:
    plan(ledger, "crm/acme")
    launches.due(10, 10, SCOPES)
    launches.start("crm/acme", "run-1", WorkClass.HISTORY, 1)
    assert launches.lose() == []
    age(db)
    assert launches.lose() == ["run-1"]


def test_a_run_that_failed_three_times_in_a_row_does_not_wedge_its_scope(
    launches: Launches, ledger: Ledger, db: Database
) -> None:
    plan(ledger, "crm/acme")
    for n in (1, 2, 3):
        assert keys(launches) == [f"crm/acme:{n}"]
        launches.start("crm/acme", f"run-{n}", WorkClass.HISTORY, n)
        launches.end("crm/acme", n, "failed")
        assert keys(launches) == []
        age(db)
    assert keys(launches) == ["crm/acme:4"]


def test_a_click_takes_the_next_number_and_holds_the_dispatcher_back(launches: Launches, ledger: Ledger) -> None:
    assert launches.start("crm/acme", "click", WorkClass.ASKED, None) == 1
    plan(ledger, "crm/acme")
    assert keys(launches) == []
    launches.end("crm/acme", 1, "done")
    assert keys(launches) == ["crm/acme:2"]


def test_a_run_that_comes_after_its_launch_was_given_up_joins_under_a_new_number(
    launches: Launches, ledger: Ledger, db: Database
) -> None:
    plan(ledger, "crm/acme")
    launches.due(10, 10, SCOPES)
    age(db)
    launches.lose()
    assert launches.start("crm/acme", "late", WorkClass.HISTORY, 1) == 2


def test_a_run_that_waits_in_the_queue_is_late_but_not_lost(launches: Launches, ledger: Ledger, db: Database) -> None:
    plan(ledger, "crm/acme")
    launches.due(10, 10, SCOPES)
    age(db)
    launches.lose(queued=["crm/acme:1"])
    assert keys(launches) == []


def test_no_more_launches_live_than_there_is_room_for(launches: Launches, ledger: Ledger) -> None:
    for scope in SCOPES:
        plan(ledger, scope, WorkClass.INCREMENTAL)
    assert len(launches.due(2, 9, SCOPES)) == 2
    assert launches.due(2, 9, SCOPES) == []


def test_histories_never_take_the_place_of_what_is_due_now(launches: Launches, ledger: Ledger) -> None:
    for scope in SCOPES:
        plan(ledger, scope)
    assert len(launches.due(2, 2, SCOPES)) == 2
    plan(ledger, "crm/urgent", WorkClass.INCREMENTAL)
    assert [launch.scope for launch in launches.due(2, 2, [*SCOPES, "crm/urgent"])] == ["crm/urgent"]


def test_each_family_of_work_has_places_of_its_own(launches: Launches, ledger: Ledger) -> None:
    plan(ledger, "crm/acme")
    plan(ledger, "signals/acme")
    assert [launch.scope for launch in launches.due(1, 1, ["crm/acme"])] == ["crm/acme"]
    assert [launch.scope for launch in launches.due(1, 1, ["signals/acme"])] == ["signals/acme"]


def always_busy(ledger: Ledger) -> None:
    """Let something urgent be due in a scope whose slow work has waited for two hours."""
    for lane, work_class in (("news", WorkClass.INCREMENTAL), ("sweep", WorkClass.NIGHTLY)):
        with ledger.db.transaction() as conn:
            ledger.plan(conn, [NewItem(WINDOWS, "crm/acme", lane, "1", {}, work_class)])
    with ledger.db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = due_at - interval '2 hours' WHERE lane = 'sweep'")


def test_slow_work_that_was_passed_over_for_an_hour_gets_a_run_that_does_both(
    launches: Launches, ledger: Ledger
) -> None:
    always_busy(ledger)
    assert [launch.work_class for launch in launches.due(10, 10, SCOPES)] == [WorkClass.NIGHTLY]


def test_urgent_work_does_not_wait_for_a_slow_place(launches: Launches, ledger: Ledger) -> None:
    always_busy(ledger)
    assert [launch.work_class for launch in launches.due(10, 0, SCOPES)] == [WorkClass.INCREMENTAL]


@pytest.mark.parametrize("failures", [6, 41, 1100])
def test_a_scope_that_failed_for_days_neither_stops_nor_starves_the_others(
    launches: Launches, ledger: Ledger, db: Database, failures: int
) -> None:
    plan(ledger, "crm/asked")
    plan(ledger, "crm/acme")
    with db.transaction() as conn:
        conn.execute(
            """INSERT INTO work.launches (scope, n, class, failures, ended_at, outcome)
            VALUES ('crm/asked', 2000, 40, %s, now() - interval '4 minutes', 'failed')""",
            (failures,),
        )
    assert keys(launches) == ["crm/acme:1"]
    age(db)
    launches.end("crm/acme", 1, "done")
    assert keys(launches)[0] == "crm/asked:2001"


def test_a_migration_does_not_hold_up_the_dispatcher(launches: Launches, ledger: Ledger, db: Database) -> None:
    plan(ledger, "crm/acme")
    with db.transaction() as conn:
        conn.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        assert keys(launches) == ["crm/acme:1"]


def all_wait(conn: psycopg.Connection, asked: Sequence[Future[list[str]]]) -> None:
    """Return once each of them is answered, or waits for the lock that a connection holds."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ((count,),) = conn.execute(waiting).fetchall()
        if count + sum(one.done() for one in asked) == len(asked):
            return
        time.sleep(0.01)
    raise TimeoutError("not all dispatchers came to the lock")


def test_dispatchers_and_clicks_that_wait_for_each_other_start_nothing_twice_and_no_more_than_there_is_room_for(
    launches: Launches, ledger: Ledger, db: Database
) -> None:
    scopes = [f"crm/{n}" for n in range(6)]
    for scope in scopes:
        plan(ledger, scope, WorkClass.INCREMENTAL)

    def dispatch() -> list[str]:
        return [launch.key for launch in launches.due(4, 4, scopes)]

    def click() -> list[str]:
        return [f"crm/0:{launches.start('crm/0', 'click', WorkClass.ASKED, None)}"]

    with ThreadPoolExecutor(3) as threads:
        with db.transaction() as conn:
            conn.execute(ALONE)
            asked = [threads.submit(one) for one in (dispatch, dispatch, click)]
            all_wait(conn, asked)
        found = [key for one in asked for key in one.result()]
    with db.transaction() as conn:
        remembered = [f"{scope}:{n}" for scope, n in conn.execute("SELECT scope, n FROM work.launches")]
    assert sorted(found) == sorted(remembered)
    assert sum(key.endswith(":1") for key in found) == 4  # a click that comes later joins as the second
