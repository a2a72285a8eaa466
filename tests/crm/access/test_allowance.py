"""The shared throttle asks for the quota seldom while there is room, and at every call when there is none."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.crm.access import allowance as module
from nooks_dagster.crm.access.allowance import CHUNK, SharedAllowance
from nooks_dagster.crm.kinds import Rate
from nooks_dagster.crm.salesforce.kind import SALESFORCE
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import QuotaExhausted
from nooks_dagster.ledger.items import WorkClass

LIMIT = 1000
KIND = replace(SALESFORCE, rates={"api": Rate(500, timedelta(seconds=1))})

Open = Callable[[WorkClass], SharedAllowance]


@pytest.fixture
def opened(db: Database) -> Open:
    return lambda work_class: SharedAllowance(db, "acme-salesforce", work_class, KIND)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the quotas are asked, counted."""
    counted: Counter[str] = Counter()

    class Counting(Quotas):
        def check(self, key: str, share: float) -> None:
            counted["check"] += 1
            super().check(key, share)

        def report_usage(self, key: str, used: int, limit: int) -> None:
            counted["report"] += 1
            super().report_usage(key, used, limit)

    monkeypatch.setattr(module, "Quotas", Counting)
    return counted


def call(allowance: SharedAllowance, used: int) -> None:
    with allowance.call("api"):
        allowance.told_allowance(used, LIMIT)


def test_far_from_the_share_the_quota_is_asked_at_every_tenth_call(asked: Counter[str], opened: Open) -> None:
    allowance = opened(WorkClass.HISTORY)
    for used in range(4 * CHUNK):
        call(allowance, used)
    assert all(0 < asked[what] <= 6 for what in ("check", "report"))


def test_the_call_that_reaches_the_share_is_the_last(opened: Open) -> None:
    allowance = opened(WorkClass.HISTORY)
    for used in range(595, 601):
        call(allowance, used)
    with pytest.raises(QuotaExhausted, match="600 of 1,000"):
        call(allowance, 601)


def test_what_another_process_used_up_is_noticed_within_ten_calls(opened: Open) -> None:
    allowance = opened(WorkClass.HISTORY)
    call(allowance, 10)
    opened(WorkClass.INCREMENTAL).told_allowance(700, LIMIT)
    with pytest.raises(QuotaExhausted):
        for _ in range(CHUNK + 1):
            call(allowance, 10)


def test_what_is_new_goes_on_where_a_history_stops(opened: Open) -> None:
    call(opened(WorkClass.ASKED), 700)
    with pytest.raises(QuotaExhausted):
        call(opened(WorkClass.HISTORY), 700)
    call(opened(WorkClass.ASKED), 900)
    with pytest.raises(QuotaExhausted):
        call(opened(WorkClass.ASKED), 900)


def test_a_person_at_a_terminal_may_use_what_is_left_and_log_in_always(opened: Open) -> None:
    call(opened(WorkClass.LIVE), 990)
    call(opened(WorkClass.LIVE), LIMIT)
    with pytest.raises(QuotaExhausted):
        call(opened(WorkClass.LIVE), LIMIT)
    with opened(WorkClass.HISTORY).call("login"):
        pass


def test_connections_to_one_account_spend_from_one_allowance(db: Database) -> None:
    first, second = (SharedAllowance(db, name, WorkClass.HISTORY, KIND, "acme.my") for name in ("one", "two"))
    with first.call("api"):
        first.told_allowance(700, LIMIT)
    with pytest.raises(QuotaExhausted, match=r"acme\.my: 700 of 1,000"), second.call("api"):
        pass
