"""A bucket never grants more than its capacity and what flowed in, whoever asks, however they interleave."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.budgets.budgets import Budgets
from nooks_dagster.budgets.reservation import Reservation
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent

NOTHING = timedelta()
SLOW = 0.001  # tokens a second: nothing worth counting flows in during a test


@pytest.fixture
def budgets(db: Database) -> Budgets:
    return Budgets(db)


def age(db: Database, key: str, seconds: float) -> None:
    """Let time pass for a bucket."""
    with db.transaction() as conn:
        conn.execute(
            "update budgets.buckets set refilled_at = refilled_at - make_interval(secs => %s) where key = %s",
            [seconds, key],
        )


def test_a_new_bucket_is_full_and_an_empty_one_says_how_long_to_wait(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=2)
    assert budgets.take("calls", 10) == NOTHING
    assert timedelta(seconds=1.8) < budgets.take("calls", 4) <= timedelta(seconds=2)


def test_a_refused_take_takes_nothing(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=SLOW)
    assert budgets.take("calls", 6) == NOTHING
    assert budgets.take("calls", 5) > NOTHING
    assert budgets.take("calls", 4) == NOTHING


def test_a_bucket_fills_with_time_but_never_above_its_capacity(db: Database, budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=1)
    budgets.take("calls", 10)
    age(db, "calls", 5)
    assert budgets.take("calls", 5) == NOTHING
    age(db, "calls", 3600)
    assert budgets.take_up_to("calls", 1, 100) == (10, NOTHING)


def test_another_size_keeps_what_the_bucket_holds(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=SLOW)
    budgets.take("calls", 7)
    budgets.configure("calls", capacity=100, refill_per_second=SLOW)
    assert budgets.take("calls", 4) > NOTHING
    assert budgets.take("calls", 3) == NOTHING


def test_a_clock_that_steps_back_neither_grants_nor_takes_tokens(db: Database, budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=1)
    budgets.take("calls", 10)
    age(db, "calls", -60)
    assert budgets.take("calls", 1) > NOTHING


def test_a_budget_that_was_never_configured_is_refused_by_name(budgets: Budgets) -> None:
    with pytest.raises(Permanent, match="budget typo: There is no such budget"):
        budgets.take("typo")


def test_asking_for_more_than_a_bucket_can_hold_is_refused_instead_of_waited_for(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=10, refill_per_second=1)
    with pytest.raises(Permanent, match="It holds 10 at most, never 11"):
        budgets.take("calls", 11)


def test_a_reservation_asks_once_for_a_chunk_and_gives_back_the_rest(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=100, refill_per_second=SLOW)
    with Reservation(budgets, "calls", chunk=20) as reservation:
        assert [reservation.take() for _ in range(5)] == [NOTHING] * 5
        assert budgets.take("calls", 81) > NOTHING
    assert budgets.take("calls", 95) == NOTHING


def test_a_reservation_takes_the_last_tokens_even_if_they_are_no_whole_chunk(budgets: Budgets) -> None:
    budgets.configure("calls", capacity=7, refill_per_second=SLOW)
    reservation = Reservation(budgets, "calls", chunk=20)
    assert [reservation.take() for _ in range(7)] == [NOTHING] * 7
    assert reservation.take() > NOTHING


Step = tuple[str, int, int]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.integers(0, 2), st.integers(1, 8)),
        st.tuples(st.just("reserve"), st.integers(0, 2), st.integers(1, 4)),
        st.tuples(st.just("close"), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("wait"), st.just(0), st.integers(1, 6)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, capacity=st.integers(8, 20), refill=st.sampled_from([0.5, 1.0, 3.0]))
def test_whatever_several_holders_do_no_more_is_granted_than_capacity_and_inflow(
    db: Database, steps: list[Step], capacity: int, refill: float
) -> None:
    holders = [Budgets(db) for _ in range(3)]
    with db.transaction() as conn:
        conn.execute("delete from budgets.buckets")
    holders[0].configure("calls", capacity, refill)
    reservations = [Reservation(holder, "calls", chunk=5) for holder in holders]
    granted, waited, started = 0, 0.0, time.monotonic()
    for kind, holder, amount in steps:
        if kind == "take":
            granted += amount if holders[holder].take("calls", amount) == NOTHING else 0
        elif kind == "reserve":
            granted += amount if reservations[holder].take(amount) == NOTHING else 0
        elif kind == "close":
            reservations[holder].close()
        else:
            age(db, "calls", amount)
            waited += amount
        assert granted <= capacity + refill * (waited + time.monotonic() - started) + 1e-6


TAKER = """
import sys
from nooks_dagster.budgets.budgets import Budgets
from nooks_dagster.database.pool import Database

budgets = Budgets(Database(sys.argv[1], 1))
print(sum(not budgets.take("calls") for _ in range(60)))
"""


def test_threads_and_processes_together_get_exactly_what_there_is(database_url: str, budgets: Budgets) -> None:
    budgets.configure("calls", capacity=100, refill_per_second=SLOW)
    others = [
        subprocess.Popen([sys.executable, "-c", TAKER, database_url], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with Reservation(budgets, "calls", chunk=7) as reservation, ThreadPoolExecutor(8) as pool:
        ours = sum(wait == NOTHING for wait in pool.map(lambda _: reservation.take(), range(60)))
    theirs = sum(int(process.communicate(timeout=60)[0]) for process in others)
    left, _ = budgets.take_up_to("calls", 1, 100)
    assert ours + theirs + left == 100
    assert ours > 0
    assert theirs > 0
