"""Paging through query results as simple-salesforce does."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

Get = Callable[..., requests.Response]


def page(get: Get, soql: str, *, size: int = 2000, resource: str = "query") -> dict[str, Any]:
    headers = {"Sforce-Query-Options": f"batchSize={size}"}
    reply: dict[str, Any] = get(resource, params={"q": soql}, headers=headers).json()
    return reply


def test_query_all_iter_sees_every_row_that_is_not_deleted_once(sandbox: Any, org: Salesforce) -> None:
    seen = [row["Id"] for row in org.query_all_iter("SELECT Id FROM Account")]
    kept = [row["Id"] for row in sandbox.truth("Account") if not row["IsDeleted"]]
    assert len(seen) > 4000
    assert sorted(seen) == sorted(kept)


def test_query_all_with_deleted_sees_the_truth_field_by_field(sandbox: Any, org: Salesforce) -> None:
    truth = {row["Id"]: row for row in sandbox.truth("User")}
    fields = [field["name"] for field in org.User.describe()["fields"] if field["type"] not in {"address", "location"}]
    seen = 0
    for row in org.query_all_iter(f"SELECT {','.join(fields)} FROM User", include_deleted=True):
        assert {field: row[field] for field in fields} == {field: truth[row["Id"]][field] for field in fields}
        seen += 1
    assert seen == len(truth)


def test_a_page_is_as_large_as_asked_within_salesforces_bounds(get: Get) -> None:
    soql = "SELECT Id FROM Account"
    assert [len(page(get, soql, size=size)["records"]) for size in (1, 500, 9999)] == [200, 500, 2000]


def test_a_page_names_its_total_its_rows_types_and_the_next_page(get: Get) -> None:
    first = page(get, "SELECT Name, Id FROM Account")
    record = first["records"][0]
    assert first["done"] is False
    assert first["totalSize"] > 2000
    assert record["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v59.0/sobjects/Account/{record['Id']}",
    }
    assert list(record) == ["attributes", "Name", "Id"]
    locator, _, row = first["nextRecordsUrl"].removeprefix("/services/data/v59.0/query/").partition("-")
    assert (len(locator), locator[:3], row) == (18, "0r8", "2000")


def test_the_last_page_has_no_next(get: Get) -> None:
    last = page(get, "SELECT Id FROM Account LIMIT 3")
    assert (last["done"], last["totalSize"], len(last["records"])) == (True, 3, 3)
    assert "nextRecordsUrl" not in last


def test_a_locator_of_query_all_goes_on_to_include_deleted_rows(get: Get) -> None:
    soql = "SELECT Id, IsDeleted FROM Contact"
    reply = page(get, soql, resource="queryAll")
    deleted = sum(row["IsDeleted"] for row in reply["records"])
    pages = 1
    while not reply["done"]:
        assert "/query/" in reply["nextRecordsUrl"]
        reply = get(reply["nextRecordsUrl"].removeprefix("/services/data/v59.0/")).json()
        deleted += sum(row["IsDeleted"] for row in reply["records"])
        pages += 1
    assert pages > 2
    assert deleted > 0


def test_a_page_can_be_fetched_again_and_is_counted_as_a_duplicate(sandbox: Any, get: Get) -> None:
    first = page(get, "SELECT Id FROM Account")
    address = first["nextRecordsUrl"].removeprefix("/services/data/v59.0/")
    sandbox.control("/control/counters/reset", "POST")
    assert get(address).json()["records"] == get(address).json()["records"]
    counters = sandbox.control("/control/counters").json()
    assert counters["duplicate_pages"] == 1
    assert counters["requests"] == {"acme": {"query_more": 2}}


@pytest.mark.parametrize("locator", ["0r8xx0000000000AAA-2000", "0r8", "nonsense-x"])
def test_a_locator_that_was_never_given_out_is_refused(get: Get, locator: str) -> None:
    reply = get(f"query/{locator}")
    assert reply.status_code == 400
    assert reply.json() == [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]


def test_a_locator_opens_nothing_in_another_org(get: Get, log_in: Callable[..., Salesforce]) -> None:
    address = page(get, "SELECT Id FROM Account")["nextRecordsUrl"]
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_QUERY_LOCATOR"):
        log_in("globex").query_more(address, identifier_is_url=True)


def test_a_count_is_a_total_without_rows(sandbox: Any, org: Salesforce) -> None:
    reply = org.query("SELECT COUNT() FROM Lead")
    kept = sum(not row["IsDeleted"] for row in sandbox.truth("Lead"))
    assert (reply["totalSize"], reply["done"], reply["records"]) == (kept, True, [])


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELEKT Id FROM Account", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
    ],
)
def test_a_query_that_salesforce_would_refuse_is_refused(get: Get, soql: str, code: str) -> None:
    reply = get("query", params={"q": soql})
    assert reply.status_code == 400
    assert [error["errorCode"] for error in reply.json()] == [code]
