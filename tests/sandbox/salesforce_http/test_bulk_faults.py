"""Faults of bulk jobs: their ends, their pages, their connections."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.exceptions import ChunkedEncodingError
from simple_salesforce import Salesforce

from tests.sandbox.salesforce_http.bulk_client import Bulk, rows

AddFault = Callable[..., int]
SOQL = "SELECT Id, Name FROM Account"


@pytest.fixture
def bulk(org: Salesforce) -> Bulk:
    return Bulk(org)


def test_a_job_fails_with_the_message_of_the_fault_and_the_next_one_ends_well(bulk: Bulk, fault: AddFault) -> None:
    fault("job", message="retried more than 15 times", object="Account", times=1)
    info = bulk.wait(bulk.create(SOQL)["id"])
    assert (info["state"], info["errorMessage"]) == ("Failed", "retried more than 15 times")
    bulk.finished(SOQL)


def test_a_job_is_aborted_by_somebody_else(bulk: Bulk, fault: AddFault) -> None:
    fault("job", outcome="Aborted")
    assert bulk.wait(bulk.create(SOQL)["id"])["state"] == "Aborted"


def test_a_job_that_expired_is_gone_and_another_is_not(bulk: Bulk, fault: AddFault) -> None:
    first, second = bulk.finished(SOQL), bulk.finished(SOQL)
    fault("expired", times=1)
    assert bulk.page(first).json()[0]["errorCode"] == "NOT_FOUND"
    assert bulk.call(f"/{first}").status_code == 404
    assert bulk.page(second).status_code == 200


def test_pages_are_struck_by_the_object_of_their_job(bulk: Bulk, fault: AddFault) -> None:
    accounts, leads = bulk.finished(SOQL), bulk.finished("SELECT Id FROM Lead")
    fault("answer", status=503, calls="bulk_results", object="Lead")
    assert bulk.page(accounts).status_code == 200
    assert bulk.page(leads).status_code == 503


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_page_ends_early_between_two_rows_and_its_header_counts_them_all(
    bulk: Bulk, fault: AddFault, coding: str
) -> None:
    job = bulk.finished(SOQL)
    whole = rows(bulk.page(job, maxRecords=1000))
    fault("short_page", share=0.5)
    short = bulk.call(f"/{job}/results?maxRecords=1000", headers={"Accept-Encoding": coding})
    assert rows(short) == whole[:500]
    assert short.headers["Sforce-NumberOfRecords"] == "1000"


def test_a_page_comes_again_under_the_locator_of_the_next(bulk: Bulk, fault: AddFault) -> None:
    job = bulk.finished(SOQL)
    fault("page_again", times=1)
    first, second, third = bulk.pages(job, maxRecords=1000)[:3]
    assert rows(second) == rows(first)
    assert second.headers["Sforce-Locator"] != first.headers["Sforce-Locator"]
    assert rows(third) != rows(first)


def test_a_connection_is_cut_in_the_middle_of_a_page(bulk: Bulk, fault: AddFault) -> None:
    job = bulk.finished(SOQL)
    fault("cut", share=0.5, calls="bulk_results", times=1)
    with pytest.raises((ChunkedEncodingError, requests.ConnectionError), match="IncompleteRead"):
        bulk.page(job)
    assert rows(bulk.page(job))


def test_a_token_that_died_at_a_poll_leaves_the_job_to_the_next_session(
    bulk: Bulk, fault: AddFault, log_in: Any
) -> None:
    job = bulk.create(SOQL)["id"]
    fault("dead_token", calls="bulk_poll", times=1)
    assert bulk.call(f"/{job}").status_code == 401
    assert Bulk(log_in()).wait(job)["state"] == "JobComplete"
