"""Calls that an app logs: upserted by a key of its own, and associated, with HubSpot's client and without."""

from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from hubspot import HubSpot
from hubspot.crm.associations import v4
from hubspot.crm.objects import calls
from hubspot.crm.properties import PropertyCreate

from sandbox.hubspot.portals import Portals
from sandbox.logged import of_portal, summary
from tests.sandbox.hubspot_http.conftest import Api
from tests.sandbox.process import Sandbox

CALLS = "/crm/v3/objects/calls"
KEY = "nooks_call_id"
SAID = {"hs_timestamp": "2026-11-20T10:00:00Z", "hs_call_title": "Call", "hs_call_duration": "61000"}


def given(key: str, trace: str | None = None, **properties: str) -> dict[str, Any]:
    """Return the input of an upsert."""
    traced = {} if trace is None else {"objectWriteTraceId": trace}
    return {"id": key, "idProperty": KEY, "properties": {**SAID, **properties}, **traced}


def upsert(api: Api, *inputs: dict[str, Any]) -> Any:
    return api.post(f"{CALLS}/batch/upsert", {"inputs": inputs})


def test_the_client_logs_calls_once_and_reads_each_result(client: HubSpot, sandbox: Sandbox) -> None:
    batch, edges = client.crm.objects.calls.batch_api, client.crm.associations.v4.batch_api
    contact = client.crm.contacts.basic_api.get_page(limit=1).results[0].id
    inputs = [
        calls.SimplePublicObjectBatchInputUpsert(
            id=f"client-{number}", id_property=KEY, object_write_trace_id=str(number), properties={**SAID, **wrong}
        )
        for number, wrong in enumerate(({}, {}, {"hs_call_direction": "SIDEWAYS"}))
    ]
    wish = calls.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    first, again = batch.upsert(wish), batch.upsert(wish)
    assert [(each.object_write_trace_id, each.new) for each in first.results] == [("0", True), ("1", True)]
    assert [(each.id, each.new) for each in again.results] == [(each.id, False) for each in first.results]
    (error,) = first.errors
    assert (error.category, error.context["objectWriteTraceId"]) == ("VALIDATION_ERROR", ["2"])
    made = v4.PublicAssociationMultiPost(
        _from=v4.PublicObjectId(id=first.results[0].id),
        to=v4.PublicObjectId(id=contact),
        types=[v4.AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=194)],
    )
    for _ in range(2):
        edges.create("calls", "contacts", v4.BatchInputPublicAssociationMultiPost(inputs=[made]))
    logged = {each["key"]: each for each in of_portal(Portals(sandbox.state), "globex")}
    assert logged["client-0"]["associations"] == {"contacts": [{"id": contact, "types": [194]}]}
    assert (logged["client-0"]["writes"], logged["client-1"]["associations"]) == (2, {})
    assert sandbox.control("/control/activities").json()["globex"]["again"] == []


def test_the_client_makes_changes_and_archives_a_call(client: HubSpot) -> None:
    basic = client.crm.objects.calls.basic_api
    made = basic.create(calls.SimplePublicObjectInputForCreate(properties=SAID, associations=[]))
    changed = basic.update(made.id, calls.SimplePublicObjectInput(properties={"hs_call_title": "Talk"}))
    assert changed.properties["hs_call_title"] == "Talk"
    basic.archive(made.id)
    with pytest.raises(calls.ApiException, match="404"):
        basic.get_by_id(made.id)


def test_the_client_makes_a_unique_property_to_upsert_by(client: HubSpot) -> None:
    client.crm.properties.core_api.create(
        "calls",
        PropertyCreate(
            name="dialer_id",
            label="Dialer id",
            type="string",
            field_type="text",
            group_name="call",
            has_unique_value=True,
        ),
    )
    wish = {"id": "d-1", "id_property": "dialer_id", "properties": SAID}
    inputs = [calls.SimplePublicObjectBatchInputUpsert(**wish)]
    batch = calls.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    told = [client.crm.objects.calls.batch_api.upsert(batch).results[0].new for _ in range(2)]
    assert told == [True, False]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"hs_timestamp": ""}, "REQUIRED_PROPERTIES_MISSING"),
        ({"hubspot_owner_id": "12"}, "INVALID_OWNER_ID"),
        ({"no_such_property": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"hs_call_duration": "long"}, "INVALID_INTEGER"),
    ],
)
def test_a_call_that_is_wrong_fails_alone_if_it_is_traced(api: Api, properties: dict[str, str], code: str) -> None:
    reply = upsert(api, given(f"right-{code}", "r"), given(f"wrong-{code}", "w", **properties))
    assert (reply.status, [each["objectWriteTraceId"] for each in reply.json["results"]]) == (207, ["r"])
    (error,) = reply.json["errors"]
    assert (error["errors"][0]["code"], error["context"]["objectWriteTraceId"]) == (code, ["w"])
    whole = upsert(api, given(f"whole-{code}"), given(f"wrong-{code}", **properties))
    assert (whole.status, whole.json["errors"][0]["code"]) == (400, code)
    assert f"whole-{code}" not in {each["key"] for each in of_portal(_folder(api), "globex")}


def test_a_contact_knows_of_the_calls_that_are_associated_with_it(api: Api) -> None:
    contact = api.get("/crm/v3/objects/contacts?limit=1").ids[0]
    asked = f"/crm/v3/objects/contacts/{contact}?properties=num_notes,notes_last_contacted,lastmodifieddate"
    before = api.get(asked).json["properties"]
    reply = upsert(api, *(given(f"notes-{day}", hs_timestamp=f"2031-01-0{day}T00:00:00Z") for day in (2, 1)))
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    edges = [{"from": {"id": str(made)}, "to": {"id": str(contact)}, "types": types} for made in reply.ids]
    for _ in range(2):
        assert api.post("/crm/v4/associations/calls/contacts/batch/create", {"inputs": edges}).status == 201
    after = api.get(asked).json["properties"]
    assert float(after["num_notes"]) == float(before["num_notes"] or 0) + 2
    assert after["notes_last_contacted"] == "2031-01-02T00:00:00.000Z"
    assert after["lastmodifieddate"] > before["lastmodifieddate"]


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_other_end_that_is_not_there_is_named(api: Api, version: str) -> None:
    (made,) = upsert(api, given(f"alone-{version}")).ids
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    contact = api.get("/crm/v3/objects/contacts?limit=1").ids[0]
    word = {"types": types} if version == "v4" else {"type": "call_to_contact"}
    edges = [{"from": {"id": str(made)}, "to": {"id": str(end)}, **word} for end in (contact, 1)]
    reply = api.post(f"/crm/{version}/associations/calls/contacts/batch/create", {"inputs": edges})
    assert (reply.status, len(reply.json["results"])) == (207, 1)
    (error,) = reply.json["errors"]
    assert (error["category"], error["subCategory"]) == (
        "OBJECT_NOT_FOUND",
        "crm.associations.TO_OBJECT_NOT_FOUND",
    )
    assert error["context"] == {"objectType": ["contact"], "id": ["1"]}


def test_a_call_is_not_made_with_an_end_that_is_not_there(api: Api) -> None:
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    (made,) = upsert(api, given("single")).ids
    refused = [
        api.post(CALLS, {"properties": SAID, "associations": [{"to": {"id": "1"}, "types": types}]}),
        api("PUT", f"/crm/v4/objects/calls/{made}/associations/contacts/1", types),
        api("PUT", f"/crm/v4/objects/calls/{made}/associations/default/contacts/1"),
        api("PUT", f"{CALLS}/{made}/associations/contacts/1/194"),
        api.post(
            "/crm/v4/associations/calls/contacts/batch/associate/default",
            {"inputs": [{"from": {"id": str(made)}, "to": {"id": "1"}}]},
        ),
    ]
    for reply in refused:
        assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
        assert reply.json["message"] == "One or more associations are invalid"
        assert reply.json["context"] == {
            "INVALID_OBJECT_IDS": ["CONTACT=1 is not valid"],
            "objectId": ["1"],
            "objectType": ["CONTACT"],
        }


@pytest.mark.parametrize(("to", "named"), [("contact", "194"), ("contacts", "call_to_contact")])
def test_a_call_is_associated_as_of_old_by_the_address_alone(api: Api, to: str, named: str) -> None:
    (made,) = upsert(api, given(f"typed-{named}")).ids
    contact = api.get("/crm/v3/objects/contacts?limit=1").ids[0]
    path = f"{CALLS}/{made}/associations/{to}/{contact}"
    told = api("PUT", f"{path}/{named}")
    assert (told.status, told.json["id"]) == (200, str(made))
    assert [each["id"] for each in told.json["associations"]["contacts"]["results"]] == [str(contact)]
    assert api("DELETE", f"{path}/{named}").status == 204
    assert api.get(f"/crm/v4/objects/calls/{made}/associations/contacts").json["results"] == []


def test_a_type_of_association_that_is_none_is_named(api: Api) -> None:
    (made,) = upsert(api, given("untyped")).ids
    contact = api.get("/crm/v3/objects/contacts?limit=1").ids[0]
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 3}]
    edge = {"from": {"id": str(made)}, "to": {"id": str(contact)}, "types": types}
    refused = api.post("/crm/v4/associations/calls/contacts/batch/create", {"inputs": [edge]})
    assert (refused.status, refused.json["message"]) == (400, "One or more associations are invalid")
    assert refused.json["context"] == {
        "associationSpec": ["USER_DEFINED=3"],
        "INVALID_ASSOCIATION_TYPE_ID": ["USER_DEFINED=3 is not a valid association definition id"],
    }


def test_items_are_locked_and_answers_lost_on_command(
    client: HubSpot, sandbox: Sandbox, fault: Callable[..., int]
) -> None:
    inputs = [
        calls.SimplePublicObjectBatchInputUpsert(
            id=f"fault-{number}", id_property=KEY, object_write_trace_id=str(number), properties=SAID
        )
        for number in range(4)
    ]
    wish = calls.BatchInputSimplePublicObjectBatchInputUpsert(inputs=inputs)
    fault("item", calls="write", every=2, times=2)
    told = client.crm.objects.calls.batch_api.upsert(wish)
    assert [each.object_write_trace_id for each in told.results] == ["0", "2"]
    assert {each.category for each in told.errors} == {"LOCKED"}
    # Without a wait the client would not notice: behind a proxy, its urllib3 asks again when it is hung up on.
    fault("lost", calls="write", times=1, after_seconds=60)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        client.crm.objects.calls.batch_api.upsert(wish, _request_timeout=0.5)
    assert [each.new for each in client.crm.objects.calls.batch_api.upsert(wish).results] == [False] * 4
    mine = (each for each in of_portal(Portals(sandbox.state), "globex") if str(each["key"]).startswith("fault-"))
    assert summary(mine)["globex"]["activities"] == 4


def _folder(api: Api) -> Any:
    """Return the portal of the application under test as a folder of portals."""

    class One:
        def living(self, _: str) -> Any:
            return api.portal

    return One()
