"""Single records over REST, and the field by which a call is named."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMoreThanOneRecord, SalesforceResourceNotFound

from sandbox.logged import of_org
from sandbox.salesforce.orgs import Orgs
from tests.sandbox.process import Sandbox

KEY = "Nooks_Call_Id__c"


def test_a_record_is_made_changed_and_deleted(org: Salesforce) -> None:
    made = org.Contact.create({"FirstName": "Su", "LastName": "Ng", "MailingCity": "Bonn", "Email": "su@ng.example"})
    contact = org.Contact.get(made["id"])
    assert (made["success"], contact["Name"], contact["MailingAddress"]["city"]) == (True, "Su Ng", "Bonn")
    assert org.Contact.update(made["id"], {"LastName": "Oe", "Email": ""}) == 204
    contact = org.Contact.get(made["id"])
    assert (contact["Name"], contact["Email"], contact["FirstName"]) == ("Su Oe", None, "Su")
    assert org.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound, match="ENTITY_IS_DELETED"):
        org.Contact.get(made["id"])


def test_what_is_required_must_be_said(get: Callable[..., requests.Response]) -> None:
    reply = get("sobjects/Contact", "POST", json={"FirstName": "Nobody"})
    assert reply.status_code == 400
    assert reply.json() == [
        {
            "message": "Required fields are missing: [LastName]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["LastName"],
        }
    ]


def test_a_record_is_upserted_by_its_external_id(org: Salesforce) -> None:
    made = org.Task.upsert(f"{KEY}/one/two", {"Subject": "Call"}, raw_response=True)
    again = org.Task.upsert(f"{KEY}/one/two", {"Subject": "Talk"}, raw_response=True)
    assert [(each.status_code, each.json()["created"]) for each in (made, again)] == [(201, True), (200, False)]
    assert org.Task.get(made.json()["id"])["Subject"] == "Talk"
    assert org.Task.get(f"{KEY}/one/two")["Id"] == made.json()["id"]


def test_the_external_id_is_not_said_twice(get: Callable[..., requests.Response]) -> None:
    reply = get(f"sobjects/Task/{KEY}/said", "PATCH", json={KEY: "said"})
    assert (reply.status_code, reply.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_describe_tells_that_the_field_names_calls(org: Salesforce) -> None:
    fields = {field["name"]: field for field in org.Task.describe()["fields"]}
    told = ("externalId", "unique", "idLookup", "createable", "updateable")
    assert [fields[KEY][word] for word in told] == [True] * 5
    assert fields[KEY]["length"] == 128
    assert (fields["TaskSubtype"]["createable"], fields["TaskSubtype"]["updateable"]) == (True, False)
    assert not fields["AccountId"]["createable"]
    wanted = (each for each in fields.values() if each["createable"] and not each["nillable"])
    assert [each["name"] for each in wanted if not each["defaultedOnCreate"]] == []


def test_an_admin_may_not_have_made_the_field(
    org: Salesforce, alter: Callable[..., None], get: Callable[..., requests.Response]
) -> None:
    alter("vanish", object="Task", field=KEY)
    assert KEY not in {field["name"] for field in org.Task.describe()["fields"]}
    body = {"records": [{"attributes": {"type": "Task"}, KEY: "x"}]}
    assert get(f"composite/sobjects/Task/{KEY}", "PATCH", json=body).status_code == 404


def test_an_external_id_that_is_not_unique_may_name_several(org: Salesforce, alter: Callable[..., None]) -> None:
    alter("create", object="Task", field="Dialer_Id__c", unique=False)
    ids = [org.Task.create({"Dialer_Id__c": "both"})["id"] for _ in range(2)]
    with pytest.raises(SalesforceMoreThanOneRecord) as several:
        org.Task.upsert("Dialer_Id__c/both", {"Subject": "Which?"})
    assert [address.rpartition("/")[2] for address in several.value.content] == ids


def test_a_field_that_an_admin_made_is_empty_until_it_is_written(org: Salesforce, alter: Callable[..., None]) -> None:
    alter("create", object="Task", field="Made_Later__c", length=20)
    made = org.Task.create({"Made_Later__c": "mine"})
    found = org.query("SELECT Id FROM Task WHERE Made_Later__c != null")["records"]
    assert [task["Id"] for task in found] == [made["id"]]
    taken = org.restful("composite/sobjects", method="POST", json={"records": [_task(Made_Later__c="MINE")]})
    assert taken[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"


def test_whoever_opens_the_folder_again_knows_what_was_logged(org: Salesforce, sandbox: Sandbox) -> None:
    for subject in ("Call", "Talk"):
        org.Task.upsert(f"{KEY}/kept", {"Subject": subject, "Status": "Completed"})
    logged = [each for each in of_org(Orgs(sandbox.state), "acme") if each["key"] == "kept"]
    assert [(each["writes"], each["deleted"], each["fields"]["Subject"]) for each in logged] == [(2, False, "Talk")]
    told = sandbox.control("/control/activities").json()["acme"]
    assert told["again"] == []
    assert told["writes"] > told["activities"] >= told["keys"] > 0


def _task(**values: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Task"}, **values}
