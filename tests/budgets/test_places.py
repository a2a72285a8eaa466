"""A rate is never exceeded in any span, whoever calls, however long a call takes, and hardly any of it is lost."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.budgets.places import LATEST, MOST, Place, Places
from nooks_dagster.database.pool import Database
from tests.budgets.timeline import Timeline, move_clock

SPAN = timedelta(seconds=10)


@pytest.fixture
def places(db: Database) -> Places:
    return Places(db)


@pytest.fixture
def timeline(db: Database, database_url: str) -> Timeline:
    """Time that only the test lets pass."""
    move_clock(database_url)
    return Timeline(db)


def taken(found: Place | timedelta) -> Place:
    assert isinstance(found, Place)
    return found


def test_a_place_is_free_a_span_after_its_answer(places: Places) -> None:
    first = taken(places.take("calls", 1, SPAN))
    assert places.take("calls", 1, SPAN) == SPAN
    places.leave(first)
    wait = places.take("calls", 1, SPAN)
    assert isinstance(wait, timedelta)
    assert wait < SPAN


def test_what_the_source_tells_holds_for_every_process_at_once(places: Places, db: Database) -> None:
    taken(places.take("calls", 1, SPAN))
    Places(db).tell("calls", 3, SPAN)
    assert [type(places.take("calls", 1, SPAN)) for _ in range(3)] == [Place, Place, timedelta]
    Places(db).tell("calls", 2, SPAN)
    assert isinstance(places.take("calls", 1, SPAN), timedelta)


def test_a_rate_that_is_no_bound_is_not_counted(places: Places, db: Database) -> None:
    places.tell("calls", MOST + 1, SPAN)
    places.leave(taken(places.take("calls", 1, SPAN)))
    with db.transaction() as conn:
        assert conn.execute("select count(*) from budgets.places").fetchone() == (0,)


def test_one_key_does_not_wait_for_another(places: Places) -> None:
    taken(places.take("acme/search", 1, SPAN))
    taken(places.take("globex/search", 1, SPAN))


def test_a_dead_callers_place_frees_itself_and_a_late_answer_frees_no_others(timeline: Timeline, db: Database) -> None:
    places = Places(db)
    late = taken(places.take("calls", 1, SPAN))
    timeline.at((SPAN + LATEST).total_seconds(), timeline.show)
    timeline.run(100)
    taken(places.take("calls", 1, SPAN))
    places.leave(late)
    timeline.at(timeline.now + SPAN.total_seconds() + 1, timeline.show)
    timeline.run(100)
    assert isinstance(places.take("calls", 1, SPAN), timedelta)


def test_a_clock_that_was_set_back_holds_no_place_for_long(timeline: Timeline, db: Database) -> None:
    places = Places(db)
    timeline.at(3600, timeline.show)
    timeline.run(3600)
    taken(places.take("calls", 1, SPAN))
    timeline.now = 0
    timeline.show()
    taken(places.take("calls", 1, SPAN))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.integers(1, 8), callers=st.integers(1, 6), chance=st.randoms(use_true_random=False))
def test_no_span_sees_more_calls_than_the_rate_whatever_requests_and_answers_take(
    timeline: Timeline, db: Database, calls: int, callers: int, chance: Random
) -> None:
    with db.transaction() as conn:
        conn.execute("truncate budgets.places")
    fresh = Timeline(db)
    for _ in range(callers):
        fresh.caller(Places(db), (calls, SPAN), lambda: latency(chance))
    fresh.run(40)
    assert 0 < fresh.most_within(SPAN.total_seconds()) <= calls


def latency(chance: Random) -> tuple[float, float]:
    """A request that takes up to what one may, an answer that may come after its place is another's, or never."""
    there = chance.choice([0.001, 0.2, chance.uniform(0, LATEST.total_seconds())])
    return there, chance.choice([0.001, 0.5, chance.uniform(0, 30), 1e9])


def test_callers_enough_use_98_percent_of_the_rate(timeline: Timeline, db: Database) -> None:
    chance = Random(1)
    for _ in range(4):
        timeline.caller(Places(db), (40, SPAN), lambda: (chance.uniform(0, 0.02), chance.uniform(0, 0.1)))
    timeline.run(60)
    assert timeline.most_within(10) == 40
    assert sum(time >= 10 for time in timeline.arrivals) >= 0.98 * 40 * 5
