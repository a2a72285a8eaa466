"""A spent quota parks work in words, and finds out by itself when it may go on."""

from datetime import timedelta

import pytest

from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import QuotaExhausted


@pytest.fixture
def quotas(db: Database) -> Quotas:
    return Quotas(db)


def ten_minutes_pass(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("update budgets.quotas set next_probe_at = next_probe_at - interval '10 minutes'")


def test_a_connection_that_never_reported_may_call(quotas: Quotas) -> None:
    quotas.check("acme-salesforce", 0.60)


def test_each_kind_of_work_stops_at_its_own_share(quotas: Quotas) -> None:
    quotas.report_usage("acme-salesforce", 70_000, 100_000)
    quotas.check("acme-salesforce", 0.85)
    with pytest.raises(QuotaExhausted):
        quotas.check("acme-salesforce", 0.60)


def test_the_refusal_says_whose_calls_how_much_and_when_again(quotas: Quotas) -> None:
    quotas.report_usage("acme-salesforce", 60_000, 100_000)
    with pytest.raises(QuotaExhausted) as refusal:
        quotas.check("acme-salesforce", 0.60)
    assert str(refusal.value) == (
        "acme-salesforce: 60,000 of 100,000 API calls are used, and this work stops at 60% of them. "
        "It is tried again in 10 minutes, and goes on once the usage has fallen."
    )
    assert refusal.value.retry_in is not None
    assert timedelta(minutes=9) < refusal.value.retry_in <= timedelta(minutes=10)


def test_after_ten_minutes_one_caller_is_let_through_to_ask_again(db: Database, quotas: Quotas) -> None:
    quotas.report_usage("acme-salesforce", 90_000, 100_000)
    ten_minutes_pass(db)
    quotas.check("acme-salesforce", 0.60)
    with pytest.raises(QuotaExhausted):
        quotas.check("acme-salesforce", 0.60)


def test_work_goes_on_when_the_usage_has_fallen(quotas: Quotas) -> None:
    quotas.report_usage("acme-salesforce", 90_000, 100_000)
    quotas.report_usage("acme-salesforce", 50_000, 100_000)
    quotas.check("acme-salesforce", 0.60)


def test_one_connection_does_not_spend_for_another(quotas: Quotas) -> None:
    quotas.report_usage("acme-salesforce", 100_000, 100_000)
    quotas.check("maven-salesforce", 0.60)
