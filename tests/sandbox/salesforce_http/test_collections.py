"""Up to two hundred records in one call: upserted, made, changed, deleted, each item by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest

from sandbox.salesforce.orgs import Orgs
from tests.sandbox.process import Sandbox

Upsert = Callable[..., list[dict[str, Any]]]
Ids = dict[str, str]


@pytest.fixture
def ids(org: Salesforce) -> Ids:
    """A contact of an account, a lead, an active user and one that has left."""
    asked = {
        "contact": "SELECT Id FROM Contact WHERE AccountId != null LIMIT 1",
        "lead": "SELECT Id FROM Lead WHERE IsConverted = false LIMIT 1",
        "converted": "SELECT Id FROM Lead WHERE IsConverted = true LIMIT 1",
        "user": "SELECT Id FROM User WHERE IsActive = true LIMIT 1",
        "gone": "SELECT Id FROM User WHERE IsActive = false LIMIT 1",
    }
    return {name: org.query(soql)["records"][0]["Id"] for name, soql in asked.items()}


def call(key: str | None, **values: Any) -> dict[str, Any]:
    """Return a task as a client logs it."""
    said = {"Subject": "Call", "Status": "Completed", "ActivityDate": "2026-11-20", "CallDurationInSeconds": 90}
    return {"attributes": {"type": "Task"}, "Nooks_Call_Id__c": key, **said, **values}


@pytest.fixture
def upsert(org: Salesforce) -> Upsert:
    def upsert(*records: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
        body = {"allOrNone": all_or_none, "records": records}
        told: list[dict[str, Any]] = org.restful("composite/sobjects/Task/Nooks_Call_Id__c", method="PATCH", json=body)
        return told

    return upsert


def test_an_upsert_makes_what_is_not_there_and_changes_what_is(org: Salesforce, upsert: Upsert, ids: Ids) -> None:
    made = upsert(*(call(f"twice-{number}", WhoId=ids["contact"], TaskSubtype="Call") for number in range(3)))
    assert [(each["success"], each["created"], each["errors"]) for each in made] == [(True, True, [])] * 3
    changed = upsert(call("new"), call("TWICE-1", Subject="Called again"))
    assert [each["created"] for each in changed] == [True, False]
    assert changed[1]["id"] == made[1]["id"]
    task = org.Task.get(made[1]["id"])
    assert (task["Subject"], task["WhoId"], task["IsClosed"]) == ("Called again", ids["contact"], True)
    assert task["AccountId"] == org.Contact.get(ids["contact"])["AccountId"]


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"Subject": "x" * 256}, "STRING_TOO_LONG", "Subject"),
        ({"Nope__c": "1"}, "INVALID_FIELD", None),
        ({"WhoId": "abc"}, "MALFORMED_ID", "WhoId"),
        ({"WhoId": "003000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY", None),
        ({"WhoId": "converted"}, "CANNOT_UPDATE_CONVERTED_LEAD", None),
        ({"OwnerId": "gone"}, "INACTIVE_OWNER_OR_USER", None),
        ({"IsClosed": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", "IsClosed"),
        ({"CallType": "Sideways"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "CallType"),
        ({"TaskSubtype": "Chat"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "TaskSubtype"),
        ({"ActivityDate": "soon"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", "ActivityDate"),
        ({"Nooks_Call_Id__c": None}, "MISSING_ARGUMENT", "Nooks_Call_Id__c"),
    ],
)
def test_an_item_that_is_wrong_fails_alone(
    upsert: Upsert, ids: Ids, values: dict[str, Any], code: str, field: str | None
) -> None:
    said = {name: ids.get(str(value), value) for name, value in values.items()}
    before, wrong, after = upsert(call(f"b-{code}"), call(f"w-{code}", **said), call(f"a-{code}"))
    assert (before["success"], wrong["success"], after["success"]) == (True, False, True)
    assert wrong["errors"][0]["statusCode"] == code
    assert wrong["errors"][0]["fields"] == ([field] if field else [])
    assert "id" not in wrong


def test_a_task_of_a_lead_is_about_nothing_else(org: Salesforce, upsert: Upsert, ids: Ids) -> None:
    account = org.Contact.get(ids["contact"])["AccountId"]
    both, with_lead, about = upsert(
        call("lead-and-account", WhoId=ids["lead"], WhatId=account),
        call("with-lead", WhoId=ids["lead"]),
        call("about-account", WhatId=account),
    )
    assert (with_lead["success"], about["success"]) == (True, True)
    later = upsert(call("with-lead", WhatId=account), call("about-account", WhoId=ids["lead"]))
    for refused in (both, *later):
        assert refused["errors"][0]["statusCode"] == "FIELD_INTEGRITY_EXCEPTION"
        assert refused["errors"][0]["fields"] == ["WhoId", "WhatId"]


def test_a_lead_that_was_converted_changes_no_more(org: Salesforce, ids: Ids) -> None:
    with pytest.raises(SalesforceMalformedRequest, match="CANNOT_UPDATE_CONVERTED_LEAD"):
        org.Lead.update(ids["converted"], {"Title": "Late"})


def test_a_subtype_is_said_once_for_ever(upsert: Upsert) -> None:
    upsert(call("subtype", TaskSubtype="Call"))
    (again,) = upsert(call("subtype", TaskSubtype="Call"))
    assert again["errors"][0]["statusCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_one_key_twice_in_a_request_fails_both_items(org: Salesforce, upsert: Upsert) -> None:
    told = upsert(call("same", Subject="1"), call("other"), call("SAME", Subject="2"))
    assert [each["success"] for each in told] == [False, True, False]
    assert told[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert org.query("SELECT COUNT() FROM Task WHERE Nooks_Call_Id__c = 'same'")["totalSize"] == 0


def test_all_or_none_leaves_nothing_behind(org: Salesforce, upsert: Upsert) -> None:
    told = upsert(call("all-1"), call("all-2", WhoId="abc"), all_or_none=True)
    assert [each["errors"][0]["statusCode"] for each in told] == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "MALFORMED_ID"]
    assert org.query("SELECT COUNT() FROM Task WHERE Nooks_Call_Id__c LIKE 'all-%'")["totalSize"] == 0


def test_records_are_made_changed_and_deleted(org: Salesforce, get: Callable[..., requests.Response]) -> None:
    records = [call("plain-1"), call("plain-2"), call("plain-1")]
    made = get("composite/sobjects", "POST", json={"records": records}).json()
    assert [each["success"] for each in made] == [True, True, False]
    assert made[0]["id"] in made[2]["errors"][0]["message"]
    changes = [{"attributes": {"type": "Task"}, "id": made[0]["id"], "Description": "Long"}]
    assert get("composite/sobjects", "PATCH", json={"records": changes}).json()[0]["success"]
    assert org.Task.get(made[0]["id"])["Description"] == "Long"
    gone = get(f"composite/sobjects?ids={made[1]['id']},00T000000000000AAA,bad", "DELETE").json()
    assert [each["success"] for each in gone] == [True, False, False]
    assert gone[2]["errors"][0] == {"statusCode": "MALFORMED_ID", "message": "bad id bad", "fields": []}
    asked = {"ids": [made[1]["id"], made[0]["id"]], "fields": ["Subject"]}
    for read in (
        get("composite/sobjects/Task", "POST", json=asked).json(),
        get(f"composite/sobjects/Task?ids={','.join(asked['ids'])}&fields=Subject").json(),
    ):
        assert read[0] is None
        assert (read[1]["Id"], read[1]["Subject"]) == (made[0]["id"], "Call")
    assert get(f"sobjects/Task/{made[1]['id']}").json()[0]["errorCode"] == "ENTITY_IS_DELETED"


@pytest.mark.parametrize("records", [[], [call(str(number)) for number in range(201)], [{"Subject": "no type"}], None])
def test_a_request_that_is_not_well_formed_is_refused(get: Callable[..., requests.Response], records: Any) -> None:
    assert get("composite/sobjects/Task/Nooks_Call_Id__c", "PATCH", json={"records": records}).status_code == 400


def test_a_record_that_somebody_is_writing_to_is_locked(sandbox: Sandbox, upsert: Upsert, ids: Ids) -> None:
    living = Orgs(sandbox.state).living("acme")
    theirs = living.begin()
    living.edit("Lead", [ids["lead"][:15]], {"Title": "Held"}, theirs)
    free, locked = upsert(call("free"), call("locked", WhoId=ids["lead"]))
    assert (free["success"], locked["errors"][0]["statusCode"]) == (True, "UNABLE_TO_LOCK_ROW")
    assert ids["lead"] in locked["errors"][0]["message"]
    living.end(theirs)
    assert upsert(call("locked", WhoId=ids["lead"]))[0]["success"]


def test_what_is_written_is_seen_by_whoever_reads(org: Salesforce, upsert: Upsert, ids: Ids) -> None:
    before = org.Contact.get(ids["contact"])
    (made,) = upsert(call("seen", WhoId=ids["contact"], ActivityDate="2031-01-01"))
    (queried,) = org.query("SELECT Id, SystemModstamp FROM Task WHERE Nooks_Call_Id__c = 'seen'")["records"]
    assert queried["Id"] == made["id"]
    soql = f"SELECT Id FROM Task WHERE SystemModstamp >= {queried['SystemModstamp']}"
    (page,) = org.bulk2.Task.query(soql, wait=0.1)
    assert made["id"] in page
    start = datetime.now(UTC) - timedelta(minutes=30)
    assert made["id"] in org.Task.updated(start, start + timedelta(minutes=40))["ids"]
    after = org.Contact.get(ids["contact"])
    assert after["LastActivityDate"] == "2031-01-01"
    assert after["SystemModstamp"] > before["SystemModstamp"]
    assert after["LastModifiedDate"] == before["LastModifiedDate"]


def test_more_than_two_hundred_are_refused_in_words_of_their_own(get: Callable[..., requests.Response]) -> None:
    records = [call(str(number)) for number in range(201)]
    (told,) = get("composite/sobjects", "POST", json={"records": records}).json()
    assert told["errorCode"] == "EXCEEDED_ID_LIMIT"
    assert told["message"] == "record limit reached. cannot submit more than 200 records into this call"


def test_what_an_id_must_not_be_or_must_is_said(get: Callable[..., requests.Response]) -> None:
    task = {"attributes": {"type": "Task"}, "Subject": "Call"}
    with_id = {**task, "id": "00T000000000000AAA"}
    (made,) = get("composite/sobjects", "POST", json={"records": [with_id]}).json()
    (changed,) = get("composite/sobjects", "PATCH", json={"records": [task]}).json()
    assert made["errors"][0]["message"] == "cannot specify Id in an insert call"
    assert changed["errors"][0]["message"] == "Id not specified in an update call"


def test_a_batch_of_requests_may_write(org: Salesforce) -> None:
    made = org.Task.create({"Subject": "Before"})["id"]
    base = f"v{org.sf_version}/sobjects/Task"
    requests_ = [
        {"method": "PATCH", "url": f"{base}/{made}", "richInput": {"Subject": "Batched"}},
        {"method": "POST", "url": base, "richInput": {"Subject": "Batched too"}},
        {"method": "POST", "url": base, "richInput": {"Nope": 1}},
    ]
    told = org.restful("composite/batch", method="POST", json={"batchRequests": requests_})
    assert [each["statusCode"] for each in told["results"]] == [204, 201, 400]
    assert told["hasErrors"] is True
    assert org.Task.get(made)["Subject"] == "Batched"
    assert org.Task.get(told["results"][1]["result"]["id"])["Subject"] == "Batched too"
