"""The unmodified simple-salesforce reads an org by bulk, through the proxy, and gets exactly the truth.

Belongs here: its own `bulk2` and `bulk`, with their traps. Does not: the wire (`tests/sandbox/salesforce_http`).
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceGeneralError, SalesforceMalformedRequest, SalesforceResourceNotFound

from tests.crm.salesforce.world import SECRET, World

pytestmark = pytest.mark.acceptance

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Task", "Territory_Plan__c", "User")


@pytest.fixture
def session(org: World) -> Salesforce:
    return Salesforce(**SECRET)


def simple_fields(session: Salesforce, sobject: str) -> dict[str, str]:
    """Names and types of what bulk can select."""
    fields = getattr(session, sobject).describe()["fields"]
    return {field["name"]: field["type"] for field in fields if field["type"] not in {"address", "location"}}


def everything(sobject: str, fields: Iterable[str]) -> str:
    return f"SELECT {', '.join(fields)} FROM {sobject}"


def parsed(pages: Iterable[str]) -> list[dict[str, str]]:
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""), strict=True)]


def meant(kind: str, text: str) -> Any:
    """Read a text of CSV as REST would have put the value; null and empty are one there."""
    if text == "":
        return None
    if kind in {"int", "double", "currency", "percent", "boolean"}:
        return json.loads(text)
    return text.replace("Z", "+0000") if kind == "datetime" else text


def assert_rows_equal_truth(found: list[dict[str, str]], truth: list[dict[str, Any]], fields: dict[str, str]) -> None:
    rows = {row["Id"]: {name: meant(kind, row[name]) for name, kind in fields.items()} for row in found}
    assert len(rows) == len(found)
    assert rows == {row["Id"]: {name: row[name] if row[name] != "" else None for name in fields} for row in truth}


@pytest.mark.parametrize("sobject", OBJECTS)
def test_query_all_of_bulk2_is_the_truth_row_by_row(session: Salesforce, org: World, sobject: str) -> None:
    fields = simple_fields(session, sobject)
    pages = getattr(session.bulk2, sobject).query_all(everything(sobject, fields), max_records=150, wait=0.2)
    assert_rows_equal_truth(parsed(pages), org.truth(sobject), fields)


def test_query_of_bulk2_leaves_deleted_rows_out(session: Salesforce, org: World) -> None:
    fields = simple_fields(session, "Contact")
    pages = session.bulk2.Contact.query(everything("Contact", fields), wait=0.2)
    assert_rows_equal_truth(parsed(pages), [row for row in org.truth("Contact") if not row["IsDeleted"]], fields)


def test_download_of_bulk2_leaves_whole_files(session: Salesforce, org: World, tmp_path: Path) -> None:
    fields = simple_fields(session, "Task")
    files = session.bulk2.Task.download(everything("Task", fields), str(tmp_path), max_records=500, wait=0.2)
    texts = [Path(file["file"]).read_bytes().decode() for file in files]
    assert len(files) > 2
    assert [file["number_of_records"] for file in files] == [len(parsed([text])) for text in texts]
    assert_rows_equal_truth(parsed(texts), [row for row in org.truth("Task") if not row["IsDeleted"]], fields)


def test_delete_job_of_bulk2_raises_although_the_job_is_deleted(session: Salesforce, org: World) -> None:
    client = session.bulk2.Account._client
    job = client.create_job("query", "SELECT Id FROM Account")["id"]
    client.wait_for_job(job, True, 0.2)
    with pytest.raises(json.JSONDecodeError):
        client.delete_job(job, is_query=True)
    with pytest.raises(SalesforceResourceNotFound):
        client.get_job(job, is_query=True)


def test_bulk2_tells_why_a_query_is_refused(session: Salesforce, org: World) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="Selecting compound data not supported in Bulk Query"):
        list(session.bulk2.Account.query("SELECT BillingAddress FROM Account"))


def test_query_all_of_bulk_is_the_truth_with_moments_as_numbers(session: Salesforce, org: World) -> None:
    fields = simple_fields(session, "Opportunity")
    found = session.bulk.Opportunity.query_all(everything("Opportunity", fields), wait=1)
    rows = {row["Id"]: {name: row[name] for name in fields} for row in found}
    assert {row["attributes"]["type"] for row in found} == {"Opportunity"}
    assert rows == {row["Id"]: {name: numbered(fields[name], row[name]) for name in fields} for row in truth_of(org)}


def test_query_of_bulk_tells_why_a_batch_failed(session: Salesforce, org: World) -> None:
    with pytest.raises(SalesforceGeneralError, match="InvalidBatch : Failed to process query: INVALID_FIELD"):
        session.bulk.Account.query("SELECT Nope FROM Account", wait=1)


def truth_of(org: World) -> list[dict[str, Any]]:
    return org.truth("Opportunity")


def numbered(kind: str, value: Any) -> Any:
    """Write days and moments as Bulk API 1.0 does: milliseconds since 1970."""
    if value is None or kind not in {"date", "datetime"}:
        return value
    return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp() * 1000)
