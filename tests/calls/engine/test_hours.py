"""Which hours are worked in and closed: no gap after downtime, nothing twice, and again when something came late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.calls.closing.hours import HOUR, plan_hours, reopen
from nooks_dagster.calls.live.turns import relieved, take_turn
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.ledger import Ledger
from tests.calls.engine.things import World


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "worker-1", timedelta(seconds=30))


def plan(world: World, workers: int = 2) -> int:
    with world.db.transaction() as conn:
        return plan_hours(conn, workers, "test")


def this_hour(world: World) -> datetime:
    hour: datetime = world.rows("select date_trunc('hour', now())")[0][0]
    return hour


def closings(world: World) -> list[Any]:
    query = "select payload->>'hour', due_at from work.items where queue = 'calls.hours' order by id"
    return [(datetime.fromisoformat(hour), due) for hour, due in world.rows(query)]


def test_planning_twice_is_planning_once(world: World) -> None:
    assert plan(world) in {3, 5}  # at two minutes before the hour, the next one's workers too
    assert plan(world) in {0, 2}
    assert closings(world) == [(this_hour(world), this_hour(world) + HOUR + timedelta(minutes=5))]


def test_after_downtime_every_hour_that_passed_is_closed_and_nobody_is_to_work_in_it(world: World) -> None:
    plan(world)
    world.run(
        "update work.items set key = 'old/' || key, payload = jsonb_set(payload, '{hour}',"
        " to_jsonb((payload->>'hour')::timestamptz - interval '7 hours'))"
    )
    plan(world)
    hours = [hour for hour, _ in closings(world)]
    assert hours == [this_hour(world) - n * HOUR for n in range(7, -1, -1)]
    states = world.rows("select key like 'old/%%', state from work.items where queue = 'calls.workers'")
    assert set(states) == {(True, "done"), (False, "waiting")}


def test_the_first_hour_that_is_closed_is_that_of_the_first_call(world: World) -> None:
    world.accept()
    world.run("update calls.calls set accepted_at = accepted_at - interval '3 hours'")
    plan(world)
    assert len(closings(world)) == 4


def test_late_results_of_an_hour_close_it_once_more_and_not_for_each(world: World) -> None:
    hour = this_hour(world) - 5 * HOUR
    with world.db.transaction() as conn:
        for _ in range(5):
            reopen(conn, hour, "test")
        (now,) = conn.execute("select clock_timestamp()").fetchone() or (None,)
    found = closings(world)
    assert len(found) in {1, 2}  # two at the turn of a quarter
    assert {closed for closed, _ in found} == {hour}
    assert all(now < due <= now + timedelta(minutes=16) for _, due in found)


AN_HOUR_AGO = """
    create schema earlier;
    create function earlier.now() returns timestamptz language sql as $$ select pg_catalog.now() - interval '1 hour' $$;
    set local search_path = earlier, pg_catalog, public
"""


def test_a_closing_is_asked_for_by_the_clock_however_long_ago_the_transaction_began(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute(AN_HOUR_AGO)
        reopen(conn, this_hour(world), "test")
        assert conn.execute("select min(due_at) > clock_timestamp() from work.items").fetchone() == (True,)
        conn.execute("drop schema earlier cascade")


def test_a_turn_is_taken_by_one_worker_and_is_never_a_dead_letter(world: World, ledger: Ledger) -> None:
    plan(world, workers=1)
    hour = this_hour(world)
    for _ in range(9):
        assert take_turn(ledger, 0, hour)
        assert not take_turn(Ledger(world.db, "worker-2", timedelta(seconds=30)), 0, hour)
        world.expire()


def test_a_worker_is_relieved_when_its_hour_is_over_and_its_successor_is_there(world: World, ledger: Ledger) -> None:
    plan(world, workers=1)
    hour = this_hour(world)

    def over(of: datetime) -> bool:
        with world.db.transaction() as conn:
            return relieved(conn, 0, of)

    assert not over(hour - HOUR)
    assert take_turn(ledger, 0, hour)
    assert over(hour - HOUR)
    assert not over(hour)
    world.expire()
    assert not over(hour - HOUR)
