"""Bulk API 2.0 query: making a job, watching it, reading its pages one behind the other or side by side."""

from itertools import chain
from typing import Any

import pytest
from simple_salesforce import Salesforce

from tests.sandbox.salesforce_http.bulk_client import Bulk, rows

PREFIX = "/services/data/v59.0/jobs/query"


@pytest.fixture
def bulk(org: Salesforce) -> Bulk:
    return Bulk(org)


def kept(sandbox: Any, sobject: str) -> list[str]:
    return [row["Id"] for row in sandbox.truth(sobject) if not row["IsDeleted"]]


def test_a_new_job_says_what_it_will_do(bulk: Bulk) -> None:
    job = bulk.create("SELECT Id FROM account")
    varying = {"id", "state", "createdById", "createdDate", "systemModstamp"}
    told = {name: job[name] for name in job if name not in varying}
    assert told == {
        "operation": "query",
        "object": "Account",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": 59.0,
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
    }
    assert (len(job["id"]), job["id"][:3]) == (18, "750")
    assert job["state"] in {"UploadComplete", "InProgress"}
    assert job["createdDate"].endswith("+0000")


def test_a_finished_job_tells_its_rows_and_time(sandbox: Any, bulk: Bulk) -> None:
    info = bulk.wait(bulk.create("SELECT Id FROM Lead")["id"])
    assert info["numberRecordsProcessed"] == len(kept(sandbox, "Lead"))
    assert (info["jobType"], info["retries"], info["totalProcessingTime"]) == ("V2Query", 0, 80)


def test_the_pages_behind_each_other_are_the_whole_result_once(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, Name FROM Account")
    pages = bulk.pages(job, maxRecords=700)
    found = [row["Id"] for page in pages for row in rows(page)]
    assert sorted(found) == sorted(kept(sandbox, "Account"))
    assert [int(page.headers["Sforce-NumberOfRecords"]) for page in pages] == [len(rows(page)) for page in pages]
    assert {page.text.partition("\n")[0] for page in pages} == {'"Id","Name"'}
    assert pages[0].headers["Content-Type"] == "text/csv; charset=UTF-8"


def test_query_all_brings_deleted_rows(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, IsDeleted FROM Lead", "queryAll")
    found = [(row["Id"], row["IsDeleted"]) for page in bulk.pages(job) for row in rows(page)]
    truth = [(row["Id"], str(row["IsDeleted"]).lower()) for row in sandbox.truth("Lead")]
    assert sorted(found) == sorted(truth)
    assert {flag for _, flag in found} == {"true", "false"}


def test_result_pages_lead_to_the_same_rows_side_by_side(sandbox: Any, bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id FROM Lead")
    reply = bulk.call(f"/{job}/resultPages").json()
    told = [reply]
    while not reply["done"]:
        assert reply["nextRecordsUrl"] == reply["nextRecordUrl"]
        reply = bulk.call(reply["nextRecordsUrl"].removeprefix(PREFIX)).json()
        told.append(reply)
    urls = [page["resultUrl"] for reply in told for page in reply["resultPages"]]
    found = [[row["Id"] for row in rows(bulk.call(url.removeprefix(PREFIX)))] for url in reversed(urls)]
    assert [len(reply["resultPages"]) for reply in told] == [5, 3]
    assert {len(page) for page in found[1:]} == {1000}
    assert sorted(chain.from_iterable(found)) == sorted(kept(sandbox, "Lead"))
    assert set(told[-1]) == {"resultPages", "done"}


def test_a_locator_is_the_row_in_base64_and_can_be_read_again(bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id FROM Lead")
    first = bulk.page(job, maxRecords=1500)
    assert first.headers["Sforce-Locator"] == "MTUwMA"
    again = [bulk.page(job, maxRecords=10, locator="MTUwMA").content for _ in range(2)]
    assert again[0] == again[1]
    assert first.text.splitlines()[1] not in again[0].decode()


def test_an_empty_result_is_a_header_and_no_locator(bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id, Name FROM Account WHERE SystemModstamp < 1999-01-01T00:00:00Z")
    page = bulk.page(job)
    assert (page.text, page.headers["Sforce-NumberOfRecords"]) == ('"Id","Name"\n', "0")
    assert page.headers["Sforce-Locator"] == "null"
    assert bulk.call(f"/{job}/resultPages").json()["done"] is True


def test_jobs_are_listed_newest_first_until_they_are_deleted(bulk: Bulk) -> None:
    old, new = (bulk.finished("SELECT Id FROM User") for _ in range(2))
    assert [job["id"] for job in bulk.call().json()["records"]][:2] == [new, old]
    assert bulk.call(f"/{new}", "DELETE").status_code == 204
    assert bulk.call(f"/{new}").status_code == 404
    assert new not in {job["id"] for job in bulk.call().json()["records"]}


def test_calls_rows_bytes_and_pages_fetched_twice_are_counted(sandbox: Any, bulk: Bulk) -> None:
    sandbox.control("/control/counters/reset", "POST")
    job = bulk.finished("SELECT Id FROM User")
    plain = {"Accept-Encoding": "identity"}
    size = sum(len(bulk.call(f"/{job}/results", headers=plain).content) for _ in range(2))
    bulk.call(f"/{job}/resultPages")
    counters = sandbox.control("/control/counters").json()
    calls = counters["requests"]["acme"]
    assert (calls["bulk_create"], calls["bulk_results"], calls["bulk_pages"]) == (1, 2, 1)
    assert (counters["pages"], counters["duplicate_pages"]) == (2, 1)
    assert counters["delivered"]["acme"]["bulk_results"] == {"rows": 2 * len(kept(sandbox, "User")), "bytes": size}


def test_every_call_spends_of_the_allowance_and_says_so(bulk: Bulk) -> None:
    job = bulk.finished("SELECT Id FROM User")
    used = [int(bulk.page(job).headers["Sforce-Limit-Info"].partition("=")[2].partition("/")[0]) for _ in range(2)]
    assert used[1] == used[0] + 1
