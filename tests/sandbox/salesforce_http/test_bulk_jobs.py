"""What becomes of a job as time goes by: its states, its failure, its end, the allowance of a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.salesforce.bulk.admission import admit
from sandbox.salesforce.bulk.jobs import Api, Job, Request, State
from sandbox.salesforce.bulk.registry import Jobs
from sandbox.salesforce.bulk.terms import BulkTerms
from sandbox.salesforce.generated.population import populate
from sandbox.salesforce.generated.table import GeneratedTable, generated_tables
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.org import Page, SObjectType, SoqlError
from sandbox.salesforce.query import TableQuery
from sandbox.salesforce.table_org import TableOrg
from sandbox.terms import changed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = generated_tables(seed=1, accounts=100)
USERS = Request(Api.V2, "59.0", "query", "SELECT Id FROM User")


class NotForBulk(GeneratedTable):
    @property
    def sobject(self) -> SObjectType:
        return replace(super().sobject, bulkable=False)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def acme(days_ago: float = 0) -> TableOrg:
    """The org as its clock stood so many days ago."""
    return TableOrg("acme", TABLES, lambda: datetime.now(UTC) - timedelta(days=days_ago))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "salesforce.sqlite")


def test_a_job_waits_works_and_is_complete_by_the_clock() -> None:
    job = Job("750", USERS, "User", 9000, None, NOON, seconds(10))
    told = [(str(job.state(NOON + seconds(s))), job.processed(NOON + seconds(s))) for s in (0, 0.9, 1, 4, 9.9, 10, 99)]
    assert told == [
        ("UploadComplete", 0),
        ("UploadComplete", 0),
        ("InProgress", 0),
        ("InProgress", 3000),
        ("InProgress", 8900),
        ("JobComplete", 9000),
        ("JobComplete", 9000),
    ]


def test_a_job_takes_as_long_as_its_rows_need_and_no_less_than_the_least(store: Store) -> None:
    terms = BulkTerms(seconds=2, rows_per_second=100)
    assert [terms.duration(rows) for rows in (0, 199, 1000)] == [2, 2, 10]
    job = Jobs(store, terms).create(acme(), USERS)
    assert job.duration == seconds(2)


def test_a_stopped_job_keeps_what_it_had_processed() -> None:
    job = Job("750", USERS, "User", 9000, None, NOON, seconds(10), aborted=NOON + seconds(4))
    assert (job.state(NOON + seconds(60)), job.processed(NOON + seconds(60))) == (State.ABORTED, 3000)


def test_a_query_that_cannot_be_sorted_makes_a_job_that_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*_: object) -> Page:
        raise SoqlError("QUERY_TIMEOUT", "Your query request was running for too long.")

    monkeypatch.setattr(TableQuery, "page", too_long)
    org, jobs = acme(), Jobs(store, BulkTerms())
    by_name = Request(Api.V2, "59.0", "query", "SELECT Id FROM Account ORDER BY Name")
    job = jobs.find(org, Api.V2, jobs.create(org, by_name).id)
    assert job.state(org.now()) is State.UPLOAD_COMPLETE
    assert job.state(org.now() + seconds(5)) is State.FAILED
    assert job.error == "QUERY_TIMEOUT: Your query request was running for too long."


def test_a_job_can_be_found_for_a_week_after_its_end(store: Store) -> None:
    jobs = Jobs(store, BulkTerms())
    young, old = (jobs.create(acme(days_ago=days), USERS) for days in (6.9, 7.1))
    assert jobs.find(acme(), Api.V2, young.id[:15]) == young
    assert jobs.all_of(acme()) == [young]
    with pytest.raises(SoqlError, match="NOT_FOUND"):
        jobs.find(acme(), Api.V2, old.id)


def test_an_expired_job_is_forgotten_when_the_next_is_made(store: Store) -> None:
    jobs = Jobs(store, BulkTerms())
    old = jobs.create(acme(days_ago=8), USERS)
    jobs.delivered(old, 0, 1000)
    jobs.create(acme(), USERS)
    assert store.run("SELECT count(*) FROM bulk_jobs") == [(1,)]
    assert store.run("SELECT count(*) FROM bulk_pages") == [(0,)]


def test_the_allowance_of_a_day_comes_back_after_24_hours(store: Store) -> None:
    jobs = Jobs(store, BulkTerms(daily_jobs=1))
    jobs.create(acme(days_ago=1.1), USERS)
    jobs.create(acme(), USERS)
    with pytest.raises(SoqlError, match=r"LIMIT_EXCEEDED: Max bulk v2 query jobs \(1\)"):
        jobs.create(acme(), USERS)


def test_an_object_that_is_not_made_for_bulk_is_refused() -> None:
    world = populate(seed=1, accounts=100)
    org = TableOrg("acme", [NotForBulk(world, world["User"])], lambda: datetime.now(UTC))
    with pytest.raises(SoqlError, match=r"INVALIDENTITY: Entity 'User' is not supported by the Bulk API\."):
        admit(org, "SELECT Id FROM User", include_deleted=False)


@pytest.mark.parametrize("pair", ["speed=3", "page_rows", "page_rows=many", "rows_per_second=0", "page_rows=0"])
def test_a_term_that_cannot_be_is_named(pair: str) -> None:
    with pytest.raises(ValueError, match=pair.partition("=")[0]):
        changed(BulkTerms(), [pair], "bulk")
