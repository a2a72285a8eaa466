"""The shared throttle asks Postgres seldom while there is room, and at every call when there is none."""

from collections import Counter
from datetime import timedelta

import pytest

from nooks_dagster.budgets.budgets import Budgets
from nooks_dagster.crm.allowance import CHUNK, SharedAllowance
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import QuotaExhausted
from nooks_dagster.ledger.items import WorkClass

LIMIT = 1000


class CountingBudgets(Budgets):
    """Budgets that count what they are asked."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.asked: Counter[str] = Counter()

    def check(self, key: str, share: float) -> None:
        self.asked["check"] += 1
        super().check(key, share)

    def report_usage(self, key: str, used: int, limit: int) -> None:
        self.asked["report"] += 1
        super().report_usage(key, used, limit)

    def take_up_to(self, key: str, least: int, most: int) -> tuple[int, timedelta]:
        self.asked["take"] += 1
        return super().take_up_to(key, least, most)


@pytest.fixture
def budgets(db: Database) -> CountingBudgets:
    return CountingBudgets(db)


def call(allowance: SharedAllowance, used: int) -> None:
    allowance.before_call("query")
    allowance.after_call(used, LIMIT)


def test_far_from_the_share_postgres_is_asked_at_every_tenth_call(budgets: CountingBudgets) -> None:
    allowance = SharedAllowance(budgets, "acme-salesforce", WorkClass.HISTORY)
    for used in range(4 * CHUNK):
        call(allowance, used)
    assert all(budgets.asked[what] <= 6 for what in ("check", "report", "take"))


def test_the_call_that_reaches_the_share_is_the_last(budgets: CountingBudgets) -> None:
    allowance = SharedAllowance(budgets, "acme-salesforce", WorkClass.HISTORY)
    for used in range(595, 601):
        call(allowance, used)
    with pytest.raises(QuotaExhausted, match="600 of 1,000"):
        allowance.before_call("query")


def test_what_another_process_used_up_is_noticed_within_ten_calls(budgets: CountingBudgets) -> None:
    allowance = SharedAllowance(budgets, "acme-salesforce", WorkClass.HISTORY)
    call(allowance, 10)
    SharedAllowance(budgets, "acme-salesforce", WorkClass.INCREMENTAL).after_call(700, LIMIT)
    with pytest.raises(QuotaExhausted):
        for _ in range(CHUNK + 1):
            allowance.before_call("query")


def test_what_is_new_goes_on_where_a_history_stops(budgets: CountingBudgets) -> None:
    call(SharedAllowance(budgets, "acme-salesforce", WorkClass.ASKED), 700)
    with pytest.raises(QuotaExhausted):
        SharedAllowance(budgets, "acme-salesforce", WorkClass.HISTORY).before_call("query")
    SharedAllowance(budgets, "acme-salesforce", WorkClass.ASKED).before_call("query")
