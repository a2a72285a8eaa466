"""Ingest jobs of Bulk API 2.0, and rows of 1.0, through simple-salesforce."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceOperationError

SOON: Any = 0.1
"""Seconds between two looks at a job; the client says whole ones, and takes fractions."""

KEY = "Nooks_Call_Id__c"


def test_rows_are_upserted_and_each_is_told_of(org: Salesforce) -> None:
    rows = [{KEY: f"bulk-{number}", "Subject": "Call", "Status": "Completed"} for number in range(250)]
    rows[7]["Subject"] = "x" * 256
    (job,) = org.bulk2.Task.upsert(records=rows, external_id_field=KEY, wait=SOON)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (250, 1)
    results = org.bulk2.Task.get_all_ingest_records(str(job["job_id"]))
    assert len(results["successfulRecords"]) == 249
    assert {row["sf__Created"] for row in results["successfulRecords"]} == {"true"}
    (failed,) = results["failedRecords"]
    assert failed[KEY] == "bulk-7"
    assert failed["sf__Error"].startswith("STRING_TOO_LONG:Subject: data value too large: ")
    assert failed["sf__Error"].endswith(" (max length=255):Subject --")
    assert results["unprocessedRecords"] == []
    (again,) = org.bulk2.Task.upsert(records=rows[:3], external_id_field=KEY, wait=SOON)
    told = org.bulk2.Task.get_all_ingest_records(str(again["job_id"]))["successfulRecords"]
    assert [row["sf__Created"] for row in told] == ["false"] * 3


def test_rows_are_changed_and_deleted_by_their_ids(org: Salesforce) -> None:
    made = org.Task.create({"Subject": "Before", "Description": "kept"})["id"]
    org.bulk2.Task.update(records=[{"Id": made, "Subject": "#N/A", "Description": ""}], wait=SOON)
    task = org.Task.get(made)
    assert (task["Subject"], task["Description"]) == (None, "kept")
    (job,) = org.bulk2.Task.delete(records=[{"Id": made}], wait=SOON)
    assert job["numberRecordsFailed"] == 0
    assert org.query(f"SELECT COUNT() FROM Task WHERE Id = '{made}'")["totalSize"] == 0


def test_a_column_that_is_no_field_fails_the_job(org: Salesforce) -> None:
    with pytest.raises(SalesforceOperationError, match="Field name not found : Nope"):
        org.bulk2.Task.insert(records=[{"Nope": "1"}], wait=SOON)


def test_a_job_that_is_aborted_writes_nothing(org: Salesforce, get: Callable[..., requests.Response]) -> None:
    job = _open(get, "insert")
    assert get(f"jobs/ingest/{job}", "PATCH", json={"state": "Aborted"}).json()["state"] == "Aborted"
    told = get(f"jobs/ingest/{job}/unprocessedrecords")
    assert told.text.splitlines() == ['"Subject"', '"Aborted call"']
    assert get(f"jobs/ingest/{job}/unprocessedRecords").text == told.text
    assert get(f"jobs/ingest/{job}", "PATCH", json={"state": "UploadComplete"}).status_code == 400
    assert org.query("SELECT COUNT() FROM Task WHERE Subject = 'Aborted call'")["totalSize"] == 0


def test_a_job_may_fail_on_command(get: Callable[..., requests.Response], fault: Callable[..., int]) -> None:
    fault("job", object="Task", times=1)
    job = _open(get, "insert")
    get(f"jobs/ingest/{job}", "PATCH", json={"state": "UploadComplete"})
    told: dict[str, Any] = {}
    while told.get("state") not in {"Failed", "JobComplete"}:
        told = get(f"jobs/ingest/{job}").json()
    assert (told["state"], told["numberRecordsProcessed"]) == ("Failed", 0)
    assert "retried more than 15 times" in told["errorMessage"]


@pytest.mark.parametrize(
    "wish",
    [
        {"operation": "hardDelete"},
        {"operation": "upsert", "externalIdFieldName": "Subject"},
        {"operation": "insert", "contentType": "JSON"},
    ],
)
def test_a_job_that_cannot_be_is_refused(get: Callable[..., requests.Response], wish: dict[str, str]) -> None:
    assert get("jobs/ingest", "POST", json={"object": "Task", **wish}).status_code == 400


@pytest.mark.parametrize(("said", "ending"), [("LF", "\r\n"), ("CRLF", "\n")])
def test_rows_that_end_otherwise_than_the_job_says_fail_it(
    org: Salesforce, get: Callable[..., requests.Response], said: str, ending: str
) -> None:
    asked = {"object": "Task", "operation": "insert", "lineEnding": said}
    job = get("jobs/ingest", "POST", json=asked).json()["id"]
    get(f"jobs/ingest/{job}/batches", "PUT", data=f"Subject{ending}Ended {said}{ending}")
    get(f"jobs/ingest/{job}", "PATCH", json={"state": "UploadComplete"})
    told: dict[str, Any] = {}
    while told.get("state") not in {"Failed", "JobComplete"}:
        told = get(f"jobs/ingest/{job}").json()
    assert told["state"] == "Failed"
    assert told["errorMessage"] == (
        f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {said}"
    )
    assert org.query(f"SELECT COUNT() FROM Task WHERE Subject = 'Ended {said}'")["totalSize"] == 0


def test_a_job_is_deleted_when_it_is_over_and_not_while_it_is_open(get: Callable[..., requests.Response]) -> None:
    job = _open(get, "insert")
    assert get(f"jobs/ingest/{job}", "DELETE").status_code == 400
    get(f"jobs/ingest/{job}", "PATCH", json={"state": "Aborted"})
    assert get(f"jobs/ingest/{job}", "DELETE").status_code == 204
    assert get(f"jobs/ingest/{job}").status_code == 404


def _open(get: Callable[..., requests.Response], operation: str) -> str:
    job: str = get("jobs/ingest", "POST", json={"object": "Task", "operation": operation}).json()["id"]
    assert get(f"jobs/ingest/{job}/batches", "PUT", data="Subject\nAborted call\n").status_code == 201
    return job


def test_the_older_api_writes_rows_and_tells_of_each_in_its_order(org: Salesforce) -> None:
    rows = [{KEY: f"older-{number}", "Subject": "Call", "CallDurationInSeconds": 5} for number in range(250)]
    rows[7]["Subject"] = "x" * 256
    told = list(org.bulk.Task.upsert(rows, KEY, batch_size=100))
    assert [each["success"] for each in told] == [number != 7 for number in range(250)]
    assert (told[7]["id"], told[7]["errors"][0]["statusCode"]) == (None, "STRING_TOO_LONG")
    assert [each["created"] for each in org.bulk.Task.upsert(rows[:2], KEY)] == [False, False]
    changed = list(org.bulk.Task.update([{"Id": told[0]["id"], "Subject": None}], include_detailed_results=True))
    assert (changed[0]["success"], org.Task.get(told[0]["id"])["Subject"]) == (True, None)
    gone = list(org.bulk.Task.delete([{"Id": told[0]["id"]}, {"Id": "00T000000000000AAA"}]))
    assert [each["success"] for each in gone] == [True, False]


def test_the_older_api_upserts_by_external_ids_only(org: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="External ID was blank or is not valid"):
        org.bulk.Task.upsert([{"Subject": "Call"}], "Subject")
