"""What a call tells the breaker, and what an open one means for work: parked with a sentence, no attempt."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nooks_dagster.budgets import outages
from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.budgets.outages import SharedBreaker
from nooks_dagster.crm.access.tries import is_worth_another_try
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import (
    Failure,
    Permanent,
    QuotaExhausted,
    RateLimited,
    SourceDown,
    Transient,
    Unanswered,
    Unauthorized,
)
from tests.crm.fake_crm import FakeCrm, row

CALLERS = [f"w{number}-salesforce" for number in range(3)]


def meet(breaker: SharedBreaker, error: Failure | None) -> None:
    with breaker.call():
        if error:
            raise error


@pytest.fixture
def breakers(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[SharedBreaker]:
    """The breaker as three connections see it, which ask and tell at every call."""
    monkeypatch.setattr(outages, "ASK_EVERY", 0.0)
    monkeypatch.setattr(outages, "TELL_EVERY", 0.0)
    return [SharedBreaker(db, "salesforce", caller) for caller in CALLERS]


def all_meet(breakers: list[SharedBreaker], error: Failure) -> None:
    for breaker in breakers * 3:
        with pytest.raises(type(error)):
            meet(breaker, error)


def test_when_nobody_is_answered_nothing_is_sent_and_the_work_is_parked(breakers: list[SharedBreaker]) -> None:
    all_meet(breakers, Unanswered("The connection broke."))
    with pytest.raises(SourceDown, match="salesforce has answered nobody since") as refusal:
        meet(breakers[0], AssertionError("sent"))
    assert not refusal.value.counts_as_attempt
    assert not is_worth_another_try(refusal.value)
    assert refusal.value.retry_in is not None
    assert refusal.value.retry_in <= timedelta(seconds=10)


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("slow down"),
        QuotaExhausted("spent"),
        Permanent("no such field"),
        Unauthorized("refused"),
        Transient("locked"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_answer_that_refuses_is_an_answer(breakers: list[SharedBreaker], error: Failure, db: Database) -> None:
    all_meet(breakers, error)
    assert Breakers(db).outages() == {}


def test_the_first_that_is_answered_again_closes_it(breakers: list[SharedBreaker], db: Database) -> None:
    all_meet(breakers, Unanswered("The connection broke."))
    with db.transaction() as conn:
        conn.execute("update budgets.breakers set next_probe_at = now()")
    meet(breakers[1], None)
    for breaker in breakers:
        meet(breaker, None)


def test_an_outage_that_lasts_lets_work_wait_for_a_minute(breakers: list[SharedBreaker], db: Database) -> None:
    all_meet(breakers, Unanswered("The connection broke."))
    with db.transaction() as conn:
        conn.execute("update budgets.breakers set probes = 5")
    with pytest.raises(SourceDown) as refusal:
        meet(breakers[0], None)
    assert refusal.value.retry_in is not None
    assert timedelta(seconds=60) <= refusal.value.retry_in <= timedelta(seconds=95)


def test_a_window_that_meets_an_outage_is_parked_and_no_attempt_is_counted(
    crm: FakeCrm, click: Callable[..., list[WindowReport]], db: Database
) -> None:
    crm.write({"Account": [row(n) for n in range(20)]}, Account="SourceDown")
    (report,) = [report for report in click() if report.task.source == "Account"]
    assert report.ending is Ending.PARKED
    with db.transaction() as conn:
        counted = conn.execute("SELECT sum(attempts) FROM work.items").fetchall()
    assert counted == [(0,)]
    assert sum(crm.asked.values()) <= 3  # by the two workers, and no other chunk
