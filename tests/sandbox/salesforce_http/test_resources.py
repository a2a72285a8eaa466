"""Describes, records, limits, batches, and the refusals that hold for every resource."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

Get = Callable[..., requests.Response]

# What the connectors that we know of read of a field.
READ_BY_CLIENTS = {
    *("name", "type", "soapType", "length", "precision", "scale", "nillable", "calculated", "custom"),
    *("externalId", "idLookup", "unique", "filterable", "sortable", "createable", "updateable"),
    *("compoundFieldName", "referenceTo", "relationshipName", "picklistValues", "defaultedOnCreate"),
}


def test_the_global_describe_lists_standard_and_custom_objects(org: Salesforce) -> None:
    reply = org.describe()
    assert reply is not None
    objects = {entry["name"]: entry for entry in reply["sobjects"]}
    assert set(objects) >= {"Account", "Contact", "Lead", "Opportunity", "User", "Task"}
    assert objects["Account"]["keyPrefix"] == "001"
    assert objects["Account"]["queryable"]
    assert any(entry["custom"] and name.endswith("__c") for name, entry in objects.items())


def test_an_objects_describe_has_what_clients_read_of_every_field(org: Salesforce) -> None:
    fields = {field["name"]: field for field in org.Account.describe()["fields"]}
    assert all(set(field) >= READ_BY_CLIENTS for field in fields.values())
    assert (fields["Id"]["type"], fields["Id"]["soapType"], fields["Id"]["length"]) == ("id", "tns:ID", 18)
    assert fields["Name"]["nameField"]
    assert fields["OwnerId"]["referenceTo"] == ["User"]
    assert fields["BillingAddress"]["type"] == "address"
    assert not fields["BillingAddress"]["filterable"]
    assert fields["BillingCity"]["compoundFieldName"] == "BillingAddress"
    assert any(field["custom"] for field in fields.values())
    assert {value["value"] for value in fields["Industry"]["picklistValues"]}


def test_children_of_an_object_are_described(org: Salesforce) -> None:
    children = {(child["childSObject"], child["field"]) for child in org.Account.describe()["childRelationships"]}
    assert ("Contact", "AccountId") in children


def test_a_record_is_found_by_either_form_of_its_id(org: Salesforce) -> None:
    row = org.query("SELECT Id, Name FROM Account LIMIT 1")["records"][0]
    assert org.Account.get(row["Id"])["Name"] == row["Name"]
    assert org.Account.get(row["Id"][:15])["Id"] == row["Id"]


def test_only_the_asked_fields_of_a_record_are_sent(org: Salesforce, get: Get) -> None:
    record = org.query("SELECT Id FROM Account LIMIT 1")["records"][0]["Id"]
    assert set(get(f"sobjects/Account/{record}?fields=name").json()) == {"attributes", "Id", "Name"}
    refused = get(f"sobjects/Account/{record}?fields=Nope")
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD"


def test_a_deleted_record_is_said_to_be_deleted(org: Salesforce, get: Get) -> None:
    row = org.query("SELECT Id FROM Account WHERE IsDeleted = true LIMIT 1", include_deleted=True)["records"][0]
    assert get(f"sobjects/Account/{row['Id']}").json()[0]["errorCode"] == "ENTITY_IS_DELETED"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "nowhere", 404, "NOT_FOUND"),
        ("GET", "sobjects/Nope/describe", 404, "NOT_FOUND"),
        ("GET", "sobjects/Account/001000000000000", 404, "NOT_FOUND"),
        ("DELETE", "limits", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "query?q=" + "x" * 16_400, 414, "URI_TOO_LONG"),
        ("POST", "composite/batch", 400, "JSON_PARSER_ERROR"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_code(
    get: Get, method: str, path: str, status: int, code: str
) -> None:
    reply = get(path, method)
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (status, code)


def test_headers_that_are_too_large_are_refused(get: Get) -> None:
    assert get("limits", headers={"X-Large": "x" * 16_400}).status_code == 431


def test_versions_are_listed_without_a_token_and_only_those_are_answered(get: Get) -> None:
    listed = requests.get("https://acme.my.salesforce.com/services/data/", timeout=60).json()
    assert listed[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
    assert listed[-1]["version"] == "67.0"
    assert get("../v31.0/limits").status_code == 200
    assert get("../v30.0/limits").status_code == 410
    assert get("../v68.0/limits").status_code == 404
    assert get("../v59.1/limits").status_code == 404


def test_a_batch_answers_describes_and_refusals_side_by_side(get: Get) -> None:
    requested = ["v59.0/sobjects/Account/describe", "/services/data/v59.0/sobjects/Nope/describe"]
    body = {"batchRequests": [{"method": "GET", "url": url} for url in requested]}
    reply = get("composite/batch", "POST", json=body).json()
    assert reply["hasErrors"]
    assert [result["statusCode"] for result in reply["results"]] == [200, 404]
    assert reply["results"][0]["result"]["name"] == "Account"


def test_every_reply_tells_the_usage_which_grows_by_one_a_call(get: Get) -> None:
    def used(reply: requests.Response) -> int:
        return int(reply.headers["Sforce-Limit-Info"].removeprefix("api-usage=").partition("/")[0])

    before = used(get("limits"))
    assert used(get("sobjects/Nope/describe")) == before + 1
    limits = get("limits")
    assert limits.headers["Sforce-Limit-Info"] == f"api-usage={before + 2}/115000"
    assert limits.json()["DailyApiRequests"] == {"Max": 115_000, "Remaining": 115_000 - before - 2}


def test_record_counts_leave_deleted_rows_and_unknown_objects_out(sandbox: Any, get: Get) -> None:
    counts = get("limits/recordCount?sObjects=User,Nope").json()["sObjects"]
    kept = sum(not row["IsDeleted"] for row in sandbox.truth("User")) if counts else 0
    assert counts == [{"count": kept, "name": "User"}]


def test_the_date_header_is_the_orgs_clock_seven_minutes_behind(get: Get) -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # as the header tells it
    for reply in (get("limits"), requests.get("https://acme.my.salesforce.com/services/data", timeout=60)):
        assert before <= parsedate_to_datetime(reply.headers["Date"]) + timedelta(minutes=7) <= datetime.now(UTC)


def test_a_small_reply_does_not_wait_for_an_acknowledgement(get: Get) -> None:
    # It takes about 2 ms; with Nagle's algorithm on anywhere over 40, however often one asks.
    assert any(get("limits").elapsed < timedelta(milliseconds=30) for _ in range(200))


def test_a_large_reply_is_compressed_for_those_who_accept_it(get: Get) -> None:
    for accepted, sent in (("gzip", "gzip"), ("identity", None)):
        reply = get("sobjects/Account/describe", headers={"Accept-Encoding": accepted})
        assert reply.headers.get("Content-Encoding") == sent
        assert reply.json()["name"] == "Account"


def test_calls_are_refused_once_the_allowance_is_spent(start_sandbox: Any, log_in: Any) -> None:
    start_sandbox("--daily-requests", "2")
    session = log_in()
    replies = [requests.get(session.base_url + "limits", headers=session.headers, timeout=60) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 403]
    assert replies[2].json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    assert replies[2].headers["Sforce-Limit-Info"] == "api-usage=2/2"
