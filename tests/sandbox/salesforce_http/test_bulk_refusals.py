"""What Bulk API 2.0 refuses, in Salesforce's statuses, codes and words."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from tests.sandbox.salesforce_http.bulk_client import Bulk, rows


@pytest.fixture
def bulk(org: Salesforce) -> Bulk:
    return Bulk(org)


def refusal(reply: requests.Response) -> tuple[int, str, str]:
    (error,) = reply.json()
    return reply.status_code, error["errorCode"], error["message"]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, BillingAddress FROM Account", "API_ERROR", "Selecting compound data not supported in Bulk Query"),
        ("SELECT COUNT() FROM Account", "API_ERROR", "Aggregate functions not supported in Bulk Query"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "MALFORMED_QUERY", ""),
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        (" ", "MALFORMED_QUERY", "A query string has to be specified"),
    ],
)
def test_a_query_that_cannot_go_by_bulk_makes_no_job(bulk: Bulk, soql: str, code: str, message: str) -> None:
    status, found, said = refusal(bulk.ask(soql))
    assert (status, found) == (400, code)
    assert message in said


@pytest.mark.parametrize(
    "wrong", [{"columnDelimiter": "SPACE"}, {"lineEnding": "CR"}, {"contentType": "JSON"}, {"operation": "insert"}]
)
def test_a_word_that_is_no_choice_is_refused_by_its_name(bulk: Bulk, wrong: dict[str, str]) -> None:
    body = {"operation": "query", "query": "SELECT Id FROM User", **wrong}
    status, _, message = refusal(bulk.call(method="POST", json=body))
    assert status == 400
    assert message.startswith(f"{next(iter(wrong))}: choose one of ")


def test_a_body_that_is_no_json_is_refused(bulk: Bulk) -> None:
    assert refusal(bulk.call(method="POST", data="SELECT"))[:2] == (400, "JSON_PARSER_ERROR")


def test_results_are_read_with_the_version_of_the_job_or_not_at_all(org: Salesforce, bulk: Bulk) -> None:
    job, other = bulk.finished("SELECT Id FROM User"), Bulk(org, "60.0")
    for path in (f"/{job}/results", f"/{job}/resultPages"):
        assert refusal(other.call(path))[0] == 409
    assert other.call(f"/{job}").json()["apiVersion"] == 59.0


def test_result_pages_came_with_version_58(org: Salesforce) -> None:
    old = Bulk(org, "57.0")
    job = old.finished("SELECT Id FROM User")
    assert refusal(old.call(f"/{job}/resultPages"))[:2] == (404, "NOT_FOUND")
    assert old.page(job).ok


@pytest.mark.parametrize("locator", ["MTUwMA==", "MDA", "nonsense", "LTE", "OTk5OTk5OTk", "é"])
def test_a_locator_that_leads_nowhere_is_refused(bulk: Bulk, locator: str) -> None:
    job = bulk.finished("SELECT Id FROM Lead")
    for path in ("results", "resultPages"):
        reply = bulk.call(f"/{job}/{path}", params={"locator": locator})
        assert refusal(reply) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


@pytest.mark.parametrize("most", ["0", "-1", "many"])
def test_a_page_has_at_least_one_row(bulk: Bulk, most: str) -> None:
    job = bulk.finished("SELECT Id FROM User")
    assert refusal(bulk.page(job, maxRecords=most))[0] == 400


def test_a_job_that_nobody_made_is_not_found(bulk: Bulk, log_in: Callable[..., Salesforce]) -> None:
    job = bulk.finished("SELECT Id FROM User")
    for stranger, path in ((bulk, "/750000000000000AAA"), (Bulk(log_in("globex")), f"/{job}")):
        assert refusal(stranger.call(path))[:2] == (404, "NOT_FOUND")
        assert refusal(stranger.call(f"{path}/results"))[:2] == (404, "NOT_FOUND")


def test_a_method_that_is_none_names_those_that_are(bulk: Bulk) -> None:
    assert refusal(bulk.call(method="PUT")) == (
        405,
        "METHOD_NOT_ALLOWED",
        "HTTP Method 'PUT' not allowed. Allowed are POST,GET",
    )


def test_a_job_does_not_go_through_a_batch(bulk: Bulk) -> None:
    body = {"batchRequests": [{"method": "POST", "url": "v59.0/jobs/query"}]}
    reply = bulk.session.session.post(
        f"{bulk.session.base_url}composite/batch", json=body, headers=bulk.session.headers, timeout=60
    )
    assert [result["statusCode"] for result in reply.json()["results"]] == [404]


def test_a_stopped_job_stays_stopped_and_has_no_results(start_sandbox: Any, log_in: Callable[..., Salesforce]) -> None:
    start_sandbox("--bulk", "seconds=60", accounts=100)
    bulk = Bulk(log_in())
    job = bulk.create("SELECT Id FROM User")["id"]
    assert refusal(bulk.page(job))[:2] == (400, "INVALIDJOBSTATE")
    assert bulk.call(f"/{job}", "PATCH", json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert refusal(bulk.call(f"/{job}", "PATCH", json={"state": "Aborted"}))[:2] == (400, "INVALIDJOBSTATE")
    assert refusal(bulk.page(job))[:2] == (400, "INVALIDJOBSTATE")


def test_a_day_has_so_many_jobs_and_limits_tells_how_many_are_left(
    start_sandbox: Any, log_in: Callable[..., Salesforce]
) -> None:
    start_sandbox("--bulk", "daily_jobs=2", "--bulk", "seconds=0", accounts=100)
    bulk = Bulk(log_in())
    bulk.call(f"/{bulk.create('SELECT Id FROM User')['id']}", "DELETE")
    assert bulk.session.limits()["DailyBulkV2QueryJobs"] == {"Max": 2, "Remaining": 1}
    bulk.create("SELECT Id FROM User")
    assert refusal(bulk.ask("SELECT Id FROM User")) == (
        400,
        "LIMIT_EXCEEDED",
        "Max bulk v2 query jobs (2) per 24 hrs has been reached (2)",
    )


def test_a_day_has_so_many_kilobytes_of_results(start_sandbox: Any, log_in: Callable[..., Salesforce]) -> None:
    start_sandbox("--bulk", "daily_kilobytes=5", "--bulk", "seconds=0", accounts=1000)
    bulk = Bulk(log_in())
    job = bulk.create("SELECT Id FROM Account")["id"]
    assert len(rows(bulk.page(job))) > 900
    status, code, message = refusal(bulk.ask("SELECT Id FROM User"))
    assert (status, code) == (400, "LIMIT_EXCEEDED")
    assert message == "Max bulk v2 query result size stored (5) kb per 24 hrs has been exceeded"
