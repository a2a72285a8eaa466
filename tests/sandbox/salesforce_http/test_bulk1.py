"""Bulk API 1.0 as older clients speak it: a job in JSON or XML, its batches in the language of its content."""

import csv
import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
from simple_salesforce import Salesforce

from nooks_dagster.local import deadline

JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}
NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"


class Async:
    """Calls below `/services/async/59.0` with the session's token."""

    def __init__(self, session: Salesforce) -> None:
        self.session = session

    def call(self, path: str, method: str = "GET", token: str = "", **options: Any) -> requests.Response:
        headers = {"X-SFDC-Session": token or self.session.session_id, **options.pop("headers", JSON)}
        url = self.session.bulk_url + path
        return self.session.session.request(method, url, headers=headers, timeout=60, **options)

    def job(self, content: str = "CSV", operation: str = "queryAll") -> str:
        body = {"operation": operation, "object": "User", "contentType": content}
        reply = self.call("job", "POST", json=body, headers={**JSON, "Sforce-Enable-PKChunking": "true"})
        assert reply.status_code == 201
        return str(reply.json()["id"])


@pytest.fixture
def bulk1(org: Salesforce) -> Async:
    return Async(org)


def told(reply: requests.Response) -> dict[str, str]:
    """Read what an XML reply holds, one level deep."""
    return {child.tag.removeprefix(f"{{{NAMESPACE}}}"): child.text or "" for child in ET.fromstring(reply.content)}


def test_a_csv_batch_is_spoken_of_in_xml_and_read_as_csv(sandbox: Any, bulk1: Async) -> None:
    job = bulk1.job()
    batch = told(bulk1.call(f"job/{job}/batch", "POST", data="SELECT Id, Name FROM User", headers={}))
    assert (batch["jobId"], batch["id"][:3]) == (job, "751")
    assert batch["state"] in {"Queued", "InProgress"}
    assert bulk1.call(f"job/{job}", "POST", json={"state": "Closed"}).json()["state"] == "Closed"

    looks = (told(bulk1.call(f"job/{job}/batch/{batch['id']}")) for _ in deadline.polls(60))
    assert any(info["state"] == "Completed" for info in looks)
    result = told(bulk1.call(f"job/{job}/batch/{batch['id']}/result"))["result"]
    page = bulk1.call(f"job/{job}/batch/{batch['id']}/result/{result}")
    assert {row["Id"]: row["Name"] for row in csv.DictReader(io.StringIO(page.content.decode()))} == {
        row["Id"]: row["Name"] for row in sandbox.truth("User")
    }
    (listed,) = ET.fromstring(bulk1.call(f"job/{job}/batch").content)
    assert listed.findtext(f"{{{NAMESPACE}}}id") == batch["id"]


def test_a_job_is_made_and_shown_in_xml_to_who_speaks_it(bulk1: Async) -> None:
    body = (
        f'<jobInfo xmlns="{NAMESPACE}"><operation>query</operation><object>Account</object>'
        "<contentType>CSV</contentType></jobInfo>"
    )
    made = told(bulk1.call("job", "POST", data=body, headers=XML))
    assert (made["state"], made["object"], made["apiVersion"]) == ("Open", "Account", "59.0")
    assert told(bulk1.call(f"job/{made['id']}", headers=XML))["numberBatchesTotal"] == "0"


def test_a_batch_for_another_object_fails_when_it_is_processed(bulk1: Async) -> None:
    job = bulk1.job("JSON")
    batch = bulk1.call(f"job/{job}/batch", "POST", data="SELECT Id FROM Lead").json()
    looks = (bulk1.call(f"job/{job}/batch/{batch['id']}").json() for _ in deadline.polls(60))
    info = next(info for info in looks if info["state"] == "Failed")
    assert info["stateMessage"].endswith(
        "INVALID_TYPE_FOR_OPERATION: The root entity of the requested query (Lead) does not match the entity of "
        "the requested Bulk API Job (User)."
    )
    assert bulk1.call(f"job/{job}/batch/{batch['id']}/result").json()["exceptionCode"] == "InvalidBatch"


def test_refusals_have_status_400_and_the_language_of_the_question(bulk1: Async) -> None:
    unknown = bulk1.call("job/750000000000000AAA")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (400, "application/json")
    assert unknown.json()["exceptionCode"] == "InvalidJob"
    stranger = bulk1.call("job/750000000000000AAA", token="nobody's", headers=XML)
    assert (stranger.status_code, told(stranger)["exceptionCode"]) == (400, "InvalidSessionId")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "insert", "object": "User", "contentType": "CSV"}, "InvalidJob"),
        ({"operation": "query", "object": "Nope", "contentType": "CSV"}, "InvalidJob"),
        ({"operation": "query", "object": "User", "contentType": "XML"}, "InvalidJob"),
        ([], "InvalidJob"),
    ],
)
def test_a_job_that_is_not_served_here_is_refused(bulk1: Async, body: Any, code: str) -> None:
    reply = bulk1.call("job", "POST", json=body)
    assert (reply.status_code, reply.json()["exceptionCode"]) == (400, code)


def test_a_closed_job_takes_no_batch(bulk1: Async) -> None:
    job = bulk1.job()
    bulk1.call(f"job/{job}", "POST", json={"state": "Closed"})
    reply = bulk1.call(f"job/{job}/batch", "POST", data="SELECT Id FROM User")
    assert (reply.status_code, reply.json()["exceptionCode"]) == (400, "InvalidJobState")


def test_batches_count_for_the_allowance_of_the_day(bulk1: Async) -> None:
    before = bulk1.session.limits()["DailyBulkApiBatches"]["Remaining"]
    bulk1.call(f"job/{bulk1.job()}/batch", "POST", data="SELECT Id FROM User")
    assert bulk1.session.limits()["DailyBulkApiBatches"]["Remaining"] == before - 1
