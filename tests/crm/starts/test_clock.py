"""No start of a rhythm is forgotten, none is planned twice, whatever becomes of the ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.starts.clock import CATCH_UP, Rhythm, Starts, starts
from nooks_dagster.database.pool import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

connections = st.sampled_from(["acme-salesforce", "globex-hubspot", "initech-hubspot"])
cadences = st.integers(1, 1440).map(lambda minutes: timedelta(minutes=minutes))
gaps = st.integers(0, 3 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
aheads = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))


@dataclass(frozen=True)
class Tick:
    """A look at the clock so long after the one before: its answer may be lost with its transaction."""

    gap: timedelta
    ahead: timedelta
    raises: bool
    every: timedelta


ticks = st.lists(st.builds(Tick, gaps, aheads, st.booleans(), cadences), min_size=1, max_size=12)


def planned(connection: str, series: Sequence[Tick]) -> tuple[list[tuple[Tick, datetime, list[datetime]]], datetime]:
    """Play ticks as `starts` does; returns what each planned from where on, and up to where all is planned."""
    now = until = NOON
    found = []
    for tick in series:
        now += tick.gap
        fresh = Rhythm(connection, tick.every).starts("incremental", until, now, now + tick.ahead)
        if not tick.raises:
            found.append((tick, until, list(fresh)))
            until = max(until, now + tick.ahead)
    return found, until


@given(connections, cadences, ticks)
def test_no_start_is_forgotten_and_none_planned_twice_whatever_ticks_are_missed_doubled_or_lost(
    connection: str, every: timedelta, series: list[Tick]
) -> None:
    found, until = planned(connection, [Tick(t.gap, t.ahead, t.raises, every) for t in series])
    at_once = Rhythm(connection, every).starts("incremental", NOON, NOON, until)
    assert [start for _, _, fresh in found for start in fresh] == list(at_once)
    assert all(one + every == other for one, other in pairwise(at_once))
    assert len(at_once) in {(until - NOON) // every, (until - NOON) // every + 1}


@given(connections, ticks)
def test_a_cadence_that_is_changed_leaves_no_gap_and_doubles_nothing(connection: str, series: list[Tick]) -> None:
    found, _ = planned(connection, series)
    for tick, before, fresh in found:
        assert all(start > before for start in fresh)
        assert not fresh or fresh[0] - before <= tick.every
    everything = [start for _, _, fresh in found for start in fresh]
    assert everything == sorted(set(everything))


@given(cadences, gaps)
def test_after_a_pause_one_start_follows_for_all_that_fell_due_in_it(every: timedelta, pause: timedelta) -> None:
    resumed = NOON + pause
    after = Rhythm("acme-salesforce", every, usable_since=resumed)
    found = after.starts("incremental", NOON, resumed, resumed + 2 * every)
    assert sum(start <= resumed for start in found) == (1 if pause >= every else len(found) - 2)
    assert sum(start > resumed for start in found) == 2


def test_a_clock_that_stood_for_ten_years_catches_up_with_one() -> None:
    found = Rhythm("acme-salesforce", QUARTER).starts("incremental", NOON - 10 * CATCH_UP, NOON, NOON)
    assert len(found) == CATCH_UP / QUARTER
    assert [list(found[-2:]), found[0]] == [[found[-1] - QUARTER, found[-1]], found[-1] - QUARTER * (len(found) - 1)]


def test_connections_do_not_start_at_the_same_time() -> None:
    names = [f"customer-{n}-salesforce" for n in range(200)]
    firsts = [Rhythm(name, QUARTER).starts("incremental", NOON, NOON, NOON + QUARTER)[0] for name in names]
    by_minute = [
        sum(NOON + timedelta(minutes=m) <= f < NOON + timedelta(minutes=m + 1) for f in firsts) for m in range(15)
    ]
    assert len(set(firsts)) > 150
    assert max(by_minute) <= 30  # 13 on average


def look(conn: psycopg.Connection[Any], ahead: timedelta = timedelta(hours=1)) -> Starts:
    return starts(conn, "incremental", [Rhythm("acme-salesforce", QUARTER)], ahead)["acme-salesforce"]


def test_a_new_connection_begins_with_its_next_start(db: Database) -> None:
    with db.transaction() as conn:
        ((now,),) = conn.execute("SELECT now()").fetchall()
        found = look(conn)
    assert len(found) == 4
    assert now < found[0] <= now + QUARTER


def test_a_tick_whose_transaction_is_lost_leaves_its_starts_to_the_next(db: Database) -> None:
    with db.transaction() as conn:
        look(conn, timedelta())
    with db.transaction() as conn:
        lost = list(look(conn))
        conn.rollback()
    with db.transaction() as conn:
        assert list(look(conn))[:3] == lost[:3]
    with db.transaction() as conn:
        assert len(look(conn)) == 0


def test_what_fell_due_while_nobody_looked_is_found_by_the_next_tick_in_order(db: Database) -> None:
    with db.transaction() as conn:
        look(conn, timedelta())
        conn.execute("UPDATE crm.rhythms SET planned_until = planned_until - interval '3 hours'")
    with db.transaction() as conn:
        found = list(look(conn, timedelta()))
    assert len(found) == 12
    assert found == sorted(found)


def test_two_ticks_at_once_share_no_start(db: Database) -> None:
    with db.transaction() as conn:
        look(conn, timedelta())
    with db.transaction() as first:
        found = look(first)
        with db.transaction() as second:
            second.execute("SET LOCAL lock_timeout = '100ms'")
            try:
                also = list(look(second))
            except psycopg.errors.LockNotAvailable:
                also = []
                second.rollback()
        assert (len(found), also) == (4, [])
