"""One bound on requests in flight, whoever asks: never exceeded, shared equally, smaller after refusals."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.budgets import permits
from nooks_dagster.budgets.permits import Permit
from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline
from tests.budgets.permit_user import STARTED
from tests.budgets.timeline import move_clock
from tests.programs import Programs

HOLD = timedelta(seconds=100)
PROCESSES = 8
READY = "select count(*) from pg_locks where locktype = 'advisory' and not granted"


def take(db: Database, sharer: str = "acme", most: int = 4, **how: Any) -> Permit | None:
    with db.transaction() as conn:
        permits.prepare(conn, "llm", most)
    with db.transaction() as conn:
        return permits.take(conn, "llm", most, sharer, HOLD, **how)


def taken(db: Database, sharer: str = "acme", most: int = 4, **how: Any) -> Permit:
    permit = take(db, sharer, most, **how)
    assert permit is not None
    return permit


def leave(db: Database, permit: Permit) -> None:
    with db.transaction() as conn:
        permits.leave(conn, permit)


def slow_down(db: Database, most: int = 100, seconds: float = 0.0, *, refused: bool = True) -> None:
    with db.transaction() as conn:
        permits.slow_down(conn, "llm", most, timedelta(seconds=seconds), refused=refused)


def allowed(db: Database, most: int = 100) -> int:
    with db.transaction() as conn:
        return permits.allowed(conn, "llm", most)


@pytest.fixture
def clock(db: Database, database_url: str) -> Database:
    """A database whose clock stands still until `passes`."""
    move_clock(database_url)
    return db


def passes(db: Database, seconds: float) -> None:
    with db.transaction() as conn:
        conn.execute("update moved.clock set now = now + %s", (timedelta(seconds=seconds),))


def test_no_more_than_the_bound_and_what_is_left_is_free_at_once(db: Database) -> None:
    first, *others = [taken(db) for _ in range(4)]
    assert take(db) is None
    assert len({permit.n for permit in (first, *others)}) == 4
    leave(db, first)
    assert taken(db).n == first.n


def test_a_dead_callers_permit_is_free_once_its_request_must_be_over_and_its_own_end_means_nothing(
    clock: Database,
) -> None:
    dead = taken(clock, most=1)
    passes(clock, 99.9)
    assert take(clock, most=1) is None
    passes(clock, 0.1)
    taken(clock, most=1)
    leave(clock, dead)
    assert take(clock, most=1) is None


def test_what_fails_in_the_same_transaction_leaves_its_permit(db: Database) -> None:
    with db.transaction() as conn:
        permits.prepare(conn, "llm", 1)
    with pytest.raises(ZeroDivisionError), db.transaction() as conn:
        assert permits.take(conn, "llm", 1, "acme", HOLD)
        _ = 1 // 0
    taken(db, most=1)


def test_a_storm_of_refusals_leaves_one_and_the_bound_is_whole_again_within_a_minute(clock: Database) -> None:
    for refusals in range(1, 121):
        slow_down(clock)
        assert allowed(clock) == max(1, 100 - refusals)
    passes(clock, 30)
    assert allowed(clock) == 51
    passes(clock, 30)
    assert allowed(clock) == 100


def test_a_stray_refusal_a_second_costs_one_permit_however_long_that_goes_on(clock: Database) -> None:
    for _ in range(600):
        passes(clock, 1)
        slow_down(clock, seconds=1)
        assert allowed(clock) >= 99
    taken(clock, most=100)


def test_refusals_at_once_count_each(db: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: slow_down(db), range(40)))
    assert 60 <= allowed(db) <= 68  # what has grown back meanwhile is 1.7 a second


def test_who_is_told_to_wait_waits_alone_until_a_quarter_of_the_permits_are_gone(clock: Database) -> None:
    for _ in range(25):
        slow_down(clock, seconds=7)
    taken(clock, most=100)
    slow_down(clock, seconds=7)
    passes(clock, 6.9)
    assert take(clock, most=100) is None
    passes(clock, 0.2)
    taken(clock, most=100)


@pytest.mark.parametrize("most", [1, 2])
def test_the_smallest_bounds_pause_too(clock: Database, most: int) -> None:
    for _ in range(most):
        slow_down(clock, most, seconds=7)
    assert take(clock, most=most) is None
    passes(clock, 7.1)
    taken(clock, most=most)


def test_once_a_limit_is_used_up_nobody_asks_before_its_time_and_no_permit_is_lost(clock: Database) -> None:
    slow_down(clock, seconds=1, refused=False)
    assert take(clock, most=100) is None
    passes(clock, 1.1)
    taken(clock, most=100)
    assert allowed(clock) == 100


def test_a_pause_of_a_day_is_tried_again_after_a_minute(clock: Database) -> None:
    slow_down(clock, seconds=86_400, refused=False)
    passes(clock, 59)
    assert take(clock, most=100) is None
    passes(clock, 2)
    taken(clock, most=100)


def test_who_has_more_than_its_part_lets_those_with_less_go_first(db: Database) -> None:
    big = [taken(db, "big") for _ in range(4)]
    assert take(db, "small") is None
    leave(db, big.pop())
    assert take(db, "big") is None
    first = taken(db, "small")
    leave(db, big.pop())
    taken(db, "big")  # nobody else waits
    assert take(db, "small") is None
    leave(db, big.pop())
    assert take(db, "big") is None
    taken(db, "small")
    leave(db, first)
    taken(db, "big")


def test_who_does_not_look_any_more_holds_nobody_up(clock: Database) -> None:
    big = [taken(clock, "big") for _ in range(4)]
    assert take(clock, "small") is None
    leave(clock, big.pop())
    assert take(clock, "big") is None
    passes(clock, 0.6)
    taken(clock, "big")


def test_what_is_kept_for_live_work_is_there_for_it(db: Database) -> None:
    assert [taken(db, kept=1).n for _ in range(3)] == [1, 2, 3]
    assert take(db, kept=1) is None
    assert taken(db, kept=1, urgent=True).n == 0


def test_of_fewer_that_are_allowed_as_large_a_part_is_kept_for_live_work(clock: Database) -> None:
    for _ in range(60):
        slow_down(clock, most=90)
    assert allowed(clock, 90) == 30
    assert [taken(clock, most=90, kept=30).n for _ in range(20)] == list(range(10, 30))
    assert take(clock, most=90, kept=30) is None


def test_a_bound_of_one_is_not_kept_from_everybody(clock: Database) -> None:
    for _ in range(20):
        slow_down(clock, most=4)
    assert taken(clock, kept=3).n >= 0


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    most=st.integers(1, 6),
    steps=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["take", "take", "leave", "refused"])), max_size=40
    ),
)
def test_whatever_happens_the_bound_holds_and_somebody_is_served(
    db: Database, most: int, steps: list[tuple[str, str]]
) -> None:
    with db.transaction() as conn:
        conn.execute("truncate budgets.permits, budgets.bounds, budgets.waiting")
    held: list[tuple[str, Permit]] = []
    for sharer, what in steps:
        if what == "take":
            if permit := take(db, sharer, most):
                held.append((sharer, permit))
        elif held:
            _, permit = held.pop(0)
            if what == "refused":
                slow_down(db, most)
            leave(db, permit)
        assert len(held) <= most
        assert len({permit.n for _, permit in held}) == len(held)
    for _, permit in held:
        leave(db, permit)
    assert [sharer for sharer in "abc" if take(db, sharer, most)]


def test_eight_processes_keep_the_bound_together(
    database_url: str, db: Database, programs: Programs, tmp_path: Path
) -> None:
    with db.transaction() as conn:
        conn.execute("select pg_advisory_xact_lock(%s)", (STARTED,))
        users = [
            programs.start("tests.budgets.permit_user", database_url, f"w{number}", str(tmp_path / f"{number}"))
            for number in range(PROCESSES)
        ]
        assert any(conn.execute(READY).fetchone() == (PROCESSES,) for _ in deadline.polls(60))
    assert [user.wait() for user in users] == [0] * PROCESSES
    told = [(tmp_path / f"{number}").read_text() for number in range(PROCESSES)]
    spans = sorted(
        (float(start), float(end), sharer)
        for sharer, text in enumerate(told)
        for start, end in (line.split() for line in text.splitlines())
    )
    assert len(spans) == PROCESSES * 20
    moments = [(start, 1) for start, _, _ in spans] + [(end, -1) for _, end, _ in spans]
    flying, peak = 0, 0
    for _, change in sorted(moments):
        flying += change
        peak = max(peak, flying)
    assert 2 <= peak <= 4
