"""Rules that an administrator makes for records: required fields, restricted picklists, validation rules."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceMalformedRequest

Alter = Callable[..., None]
TASK = {"Subject": "Call", "Status": "Completed", "Priority": "Normal"}


def refusal(org: Any, **values: Any) -> dict[str, Any]:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        org.Task.create({**TASK, **values})
    (error,) = json.loads(json.dumps(refused.value.content))
    return dict(error)


def test_a_field_that_is_required_is_described_so_and_wanted_of_new_records(
    org: Any, get: Callable[..., requests.Response], alter: Alter, sandbox: Any
) -> None:
    made = str(org.Task.create(TASK)["id"])
    alter("create", object="Task", field="Call_Source__c", external_id=False, unique=False)
    alter("require", object="Task", field="Call_Source__c")

    described = {field["name"]: field["nillable"] for field in get("sobjects/Task/describe").json()["fields"]}
    assert described["Call_Source__c"] is False
    assert refusal(org) == {
        "errorCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [Call_Source__c]",
        "fields": ["Call_Source__c"],
    }
    assert org.Task.update(made, {"Subject": "Later"}) == 204
    assert org.Task.create({**TASK, "Call_Source__c": "Nooks"})["success"]

    sandbox.control("/control/alterations/acme/require", "DELETE")
    assert org.Task.create(TASK)["success"]


def test_a_restricted_picklist_takes_its_own_values(org: Any, alter: Alter) -> None:
    alter("restrict", object="Task", field="CallDisposition", values=["Reached"])

    assert refusal(org, CallDisposition="Connected")["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert org.Task.create({**TASK, "CallDisposition": "Reached"})["success"]


@pytest.mark.parametrize("at_field", [True, False])
def test_a_validation_rule_refuses_with_its_own_words_until_its_field_is_filled(
    org: Any, alter: Alter, at_field: bool
) -> None:
    made = str(org.Task.create(TASK)["id"])
    alter("validate", object="Task", field="CallObject", message="Which call?", at_field=at_field)

    told = {"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Which call?"}
    assert refusal(org) == {**told, "fields": ["CallObject"] if at_field else []}
    with pytest.raises(SalesforceMalformedRequest, match="Which call"):
        org.Task.update(made, {"Subject": "Later"})
    assert org.Task.update(made, {"CallObject": "c-1"}) == 204
    assert org.Task.update(made, {"Subject": "Later"}) == 204
