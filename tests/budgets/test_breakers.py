"""An outage of a source is one incident: all stop calling, one asks whether it is back, and all go on."""

import random
from datetime import timedelta

import pytest

from nooks_dagster.budgets.breakers import Breakers, Patience
from nooks_dagster.budgets.outages import SharedBreaker
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import SourceDown

CALLERS = ("acme-salesforce", "globex-salesforce", "initech-salesforce")


@pytest.fixture
def breakers(db: Database) -> Breakers:
    return Breakers(db)


def time_passes(db: Database, seconds: int) -> None:
    with db.transaction() as conn:
        moved = ", ".join(
            f"{name} = {name} - %(s)s::interval" for name in ("answered_at", "opened_at", "next_probe_at")
        )
        conn.execute(f"update budgets.breakers set {moved}".encode(), {"s": f"{seconds} seconds"})
        conn.execute("update budgets.failing set failed_at = failed_at - %s::interval", (f"{seconds} seconds",))


def nobody_is_answered(breakers: Breakers, callers: tuple[str, ...] = CALLERS, times: int = 3) -> None:
    for _ in range(times):
        for caller in callers:
            breakers.failed("salesforce", caller)


def test_it_opens_when_several_callers_fail_in_a_row_and_nobody_is_answered(breakers: Breakers, db: Database) -> None:
    breakers.answered("salesforce")
    time_passes(db, 11)
    nobody_is_answered(breakers, times=2)
    assert breakers.may_call("salesforce") is None
    nobody_is_answered(breakers, times=1)
    outage = breakers.may_call("salesforce")
    assert outage is not None
    assert 0 < outage.next_in.total_seconds() <= 5
    assert breakers.may_call("hubspot") is None


def test_one_customers_broken_account_opens_nothing(breakers: Breakers) -> None:
    nobody_is_answered(breakers, CALLERS[:2], times=50)
    assert breakers.may_call("salesforce") is None


def test_failures_between_which_others_were_answered_are_not_in_a_row(breakers: Breakers, db: Database) -> None:
    nobody_is_answered(breakers, times=2)
    breakers.answered("salesforce")
    time_passes(db, 11)
    nobody_is_answered(breakers, times=2)
    assert breakers.may_call("salesforce") is None


def test_it_does_not_open_while_anybody_is_answered(breakers: Breakers, db: Database) -> None:
    for _ in range(5):
        breakers.answered("salesforce")
        time_passes(db, 9)
        nobody_is_answered(breakers)
        assert breakers.may_call("salesforce") is None


def test_one_asks_at_a_time_and_later_each_time_it_asks_in_vain(breakers: Breakers, db: Database) -> None:
    nobody_is_answered(breakers)
    waits = []
    for _ in range(7):
        time_passes(db, 61)
        assert breakers.may_call("salesforce") is None
        assert breakers.may_call("salesforce") is not None
        breakers.failed("salesforce", CALLERS[0])
        breakers.failed("salesforce", CALLERS[1])  # was under way when it opened: no probe
        outage = breakers.may_call("salesforce")
        assert outage is not None
        waits.append(round(outage.next_in.total_seconds()))
    assert waits == [10, 20, 40, 60, 60, 60, 60]


def test_an_answer_closes_it_for_all(breakers: Breakers, db: Database) -> None:
    nobody_is_answered(breakers)
    assert list(breakers.outages()) == ["salesforce"]
    time_passes(db, 6)
    assert breakers.may_call("salesforce") is None
    breakers.answered("salesforce")
    assert breakers.outages() == {}
    assert [breakers.may_call("salesforce") for _ in range(3)] == [None] * 3


@pytest.mark.parametrize("probe", [timedelta(minutes=6), timedelta(seconds=90)])
def test_a_probe_whose_process_died_is_followed_by_another(db: Database, probe: timedelta) -> None:
    breakers = Breakers(db, Patience(probe=probe))
    nobody_is_answered(breakers)
    time_passes(db, 6)
    assert breakers.may_call("salesforce") is None
    time_passes(db, round(probe.total_seconds()) - 5)
    assert breakers.may_call("salesforce") is not None
    time_passes(db, 6)
    assert breakers.may_call("salesforce") is None


def test_failures_of_yesterday_do_not_count(breakers: Breakers, db: Database) -> None:
    nobody_is_answered(breakers, CALLERS[:2])
    time_passes(db, 86_400)
    nobody_is_answered(breakers, CALLERS[2:])
    assert breakers.may_call("salesforce") is None


def test_a_source_that_fails_now_and_then_is_never_given_up(breakers: Breakers, db: Database) -> None:
    draw = random.Random(7)
    for _ in range(300):
        caller = draw.choice(CALLERS)
        assert breakers.may_call("salesforce") is None
        if draw.random() < 0.015:
            breakers.failed("salesforce", caller)
        else:
            breakers.answered("salesforce")
        time_passes(db, 1)


def test_work_that_meets_a_probe_under_way_waits_seconds_and_not_for_as_long_as_a_probe_may_take(
    breakers: Breakers, db: Database
) -> None:
    nobody_is_answered(breakers)
    time_passes(db, 6)
    assert breakers.may_call("salesforce") is None
    with pytest.raises(SourceDown) as down:
        SharedBreaker(db, "salesforce", CALLERS[0]).check()
    assert down.value.retry_in is not None
    assert down.value.retry_in <= timedelta(seconds=15)
