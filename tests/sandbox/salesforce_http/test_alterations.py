"""An org that changes under its clients: fields, objects, a transaction that stays open."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

Get = Callable[..., requests.Response]
Alter = Callable[..., None]


def fields_of(get: Get, name: str = "Account") -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in get(f"sobjects/{name}/describe").json()["fields"]}


def query(get: Get, soql: str, resource: str = "query") -> Any:
    return get(resource, params={"q": soql}).json()


def test_a_field_that_vanished_is_neither_described_nor_found(get: Get, alter: Alter) -> None:
    alter("vanish", object="account", field="Description")
    assert "Description" not in fields_of(get)
    (refusal,) = query(get, "SELECT Id, Description FROM Account")
    assert refusal["errorCode"] == "INVALID_FIELD"
    assert "No such column 'Description' on entity 'Account'" in refusal["message"]
    assert "Description" in fields_of(get, "Contact")


def test_a_field_that_vanishes_between_two_pages_ends_the_paging(get: Get, alter: Alter) -> None:
    page = query(get, "SELECT Id, Description FROM Account")
    alter("vanish", object="Account", field="Description")
    reply = get("query/" + page["nextRecordsUrl"].rpartition("/query/")[2])
    assert reply.json()[0]["errorCode"] == "INVALID_FIELD"


def test_a_new_field_is_described_and_filled_and_can_be_filtered(get: Get, alter: Alter) -> None:
    alter("appear", object="Account", field="Surprise__c")
    described = fields_of(get)["Surprise__c"]
    assert (described["type"], described["custom"], described["nillable"]) == ("string", True, True)
    values = [row["Surprise__c"] for row in query(get, "SELECT Surprise__c FROM Account")["records"]]
    assert {type(value) for value in values} == {str, type(None)}
    wanted = next(value for value in values if value)
    found = query(get, f"SELECT Id, Surprise__c FROM Account WHERE Surprise__c = '{wanted}'")
    assert {row["Surprise__c"] for row in found["records"]} == {wanted}


@pytest.mark.parametrize(("kind", "before"), [("double", float), ("boolean", bool)])
def test_a_new_field_may_be_of_another_type(get: Get, alter: Alter, kind: str, before: type) -> None:
    alter("appear", object="Account", field="Surprise__c", type=kind)
    assert fields_of(get)["Surprise__c"]["type"] == kind
    values = [row["Surprise__c"] for row in query(get, "SELECT Surprise__c FROM Account")["records"]]
    assert {type(value) for value in values} - {type(None)} == {before}


def test_a_field_of_another_type_has_the_same_values_as_that_type(get: Get, alter: Alter) -> None:
    soql = "SELECT Id, NumberOfEmployees FROM Account ORDER BY Id"
    before = query(get, soql)["records"]
    alter("retype", object="Account", field="NumberOfEmployees", type="string")
    assert fields_of(get)["NumberOfEmployees"]["type"] == "string"
    after = query(get, soql)["records"]
    numbers = [row["NumberOfEmployees"] for row in before]
    assert [row["NumberOfEmployees"] for row in after] == [None if n is None else str(n) for n in numbers]
    some = next(number for number in numbers if number)
    assert query(get, f"SELECT COUNT() FROM Account WHERE NumberOfEmployees = '{some}'")["totalSize"] > 0
    (refusal,) = query(get, f"SELECT Id FROM Account WHERE NumberOfEmployees = {some}")
    assert "must be of type string" in refusal["message"]


def test_an_object_that_the_user_may_no_longer_read_is_not_there(get: Get, alter: Alter) -> None:
    alter("hide", object="Contact")
    assert get("sobjects/Contact/describe").status_code == 404
    assert query(get, "SELECT Id FROM Contact")[0]["errorCode"] == "INVALID_TYPE"
    assert "Contact" not in {item["name"] for item in get("sobjects").json()["sobjects"]}
    assert query(get, "SELECT Id FROM Lead")["totalSize"] > 0


def test_the_rows_of_an_open_transaction_are_not_seen_and_nothing_since_its_start_is_covered(
    get: Get, alter: Alter, sandbox: Any
) -> None:
    rows = sandbox.truth("Account")
    stamps = sorted(row["SystemModstamp"] for row in rows)
    since, until = stamps[-200], stamps[-100]
    inside = [row["Id"] for row in rows if since <= row["SystemModstamp"] < until]
    alter("transaction", since=since, until=until)
    assert query(get, "SELECT COUNT() FROM Account", "queryAll")["totalSize"] == len(rows) - len(inside)
    late = query(get, f"SELECT Id FROM Account WHERE SystemModstamp >= {since[:19]}Z", "queryAll")["records"]
    assert not {row["Id"] for row in late} & set(inside)
    assert any(row["SystemModstamp"] >= until for row in rows)
    assert late
    assert get(f"sobjects/Account/{inside[0]}").status_code == 404
    assert len(sandbox.truth("Account")) == len(rows) - len(inside)
    sandbox.control("/control/alterations/acme", "DELETE")
    assert query(get, "SELECT COUNT() FROM Account", "queryAll")["totalSize"] == len(rows)


def test_what_is_covered_ends_where_the_oldest_open_transaction_began(get: Get, alter: Alter) -> None:
    now = parsedate_to_datetime(get("limits").headers["Date"]).replace(second=0)
    hours_ago = [now - timedelta(hours=hours) for hours in range(4)]
    alter("transaction", since=hours_ago[1].isoformat())
    alter("transaction", since=hours_ago[2].isoformat())
    asked = {"start": hours_ago[3].isoformat(), "end": now.isoformat()}
    for resource in ("updated", "deleted"):
        covered = get(f"sobjects/Account/{resource}/", params=asked).json()["latestDateCovered"]
        assert covered == f"{hours_ago[2]:%Y-%m-%dT%H:%M:%S}.000+0000"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"kind": "vanish", "object": "Nothing", "field": "Name"}, "the org acme has no object Nothing"),
        ({"kind": "vanish", "object": "Account", "field": "Nothing"}, "Account has no Nothing"),
        ({"kind": "appear", "object": "Account", "field": "Name"}, "Account has already Name"),
        ({"kind": "retype", "object": "Account", "field": "Id", "type": "string"}, "Id cannot be altered"),
        ({"kind": "transaction", "since": "2026-01-01T00:00:00"}, "transaction.since: Input should have timezone info"),
        ({"kind": "transaction", "since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "later than since"),
        ({"kind": "explode"}, "explode"),
    ],
)
def test_an_alteration_that_is_none_is_refused_with_a_sentence(sandbox: Any, wish: Any, sentence: str) -> None:
    reply = sandbox.control("/control/alterations/acme", "POST", wish)
    assert reply.status_code == 400
    assert sentence in reply.json()["error"]
    assert sandbox.control("/control/alterations/acme").json() == []


def test_an_org_that_is_not_there_is_not_altered(sandbox: Any) -> None:
    reply = sandbox.control("/control/alterations/nobody")
    assert (reply.status_code, reply.json()) == (404, {"error": "there is no org 'nobody'"})


def test_alterations_survive_a_crash_and_faults_do_not(start_sandbox: Any, log_in: Any) -> None:
    sandbox = start_sandbox()
    sandbox.control("/control/alterations/acme", "POST", {"kind": "hide", "object": "Lead"})
    sandbox.control("/control/faults", "POST", {"kind": "outage", "uptime": 0})
    sandbox.kill()
    sandbox.start()
    assert sandbox.control("/control/faults").json() == []
    assert "Lead" not in {item["name"] for item in log_in().describe()["sobjects"]}
