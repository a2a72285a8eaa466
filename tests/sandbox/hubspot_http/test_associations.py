"""Associations: many at once, in pages, with labels."""

from typing import Any

import pytest

from sandbox.hubspot.http import records
from tests.sandbox.hubspot_http.conftest import Api

CONTACTS, COMPANIES = "/crm/v3/objects/contacts", "/crm/v3/objects/companies"
EDGES = "/crm/v4/associations/companies/contacts"


def test_reading_many_tells_the_truth_and_names_those_without_any(api: Api) -> None:
    kind, to = api.portal.type("contacts"), api.portal.type("deals")
    ids = api.get(f"{CONTACTS}?limit=100").ids
    asked = {"inputs": [{"id": str(record_id)} for record_id in ids]}
    reply = api.post("/crm/v4/associations/contacts/deals/batch/read", asked)
    truth = api.portal.associated(kind, ids, to)
    told = {int(each["from"]["id"]): [edge["toObjectId"] for edge in each["to"]] for each in reply.json["results"]}
    assert told == {record_id: [edge.to for edge in edges] for record_id, edges in truth.items()}
    without = {error["context"]["fromObjectId"][0] for error in reply.json["errors"]}
    assert without == {str(record_id) for record_id in ids if record_id not in truth}
    assert (reply.status, reply.json["numErrors"]) == (207, len(without))


@pytest.fixture
def crowded(api: Api, monkeypatch: pytest.MonkeyPatch) -> int:
    """A company with five contacts, of which three are told at once."""
    for module in ("associations", "records"):
        monkeypatch.setattr(f"sandbox.hubspot.http.{module}.MOST_EDGES", 3)
    company = int(api.post(COMPANIES, {"properties": {"name": "Crowd"}}).json["id"])
    inputs = [
        {"from": {"id": str(company)}, "to": {"id": str(contact)}, "types": _types(api)[:1]}
        for contact in api.get(f"{CONTACTS}?limit=5").ids
    ]
    assert api.post(f"{EDGES}/batch/create", {"inputs": inputs}).status == 201
    assert records.MOST_EDGES == 3
    return company


def _types(api: Api) -> list[dict[str, Any]]:
    labels = api.get(f"{EDGES}/labels").json["results"]
    return [{"associationCategory": label["category"], "associationTypeId": label["typeId"]} for label in labels]


def test_many_edges_come_in_pages_for_each_input(api: Api, crowded: int) -> None:
    told: list[int] = []
    asked: dict[str, str] = {"id": str(crowded)}
    while asked:
        (result,) = api.post(f"{EDGES}/batch/read", {"inputs": [asked]}).json["results"]
        told += [edge["toObjectId"] for edge in result["to"]]
        after = result.get("paging", {}).get("next", {}).get("after")
        asked = {"id": str(crowded), "after": after} if after else {}
    assert told == api.get(f"{CONTACTS}?limit=5").ids


def test_a_record_with_many_edges_says_where_the_rest_is(api: Api, crowded: int) -> None:
    inside = api.get(f"{COMPANIES}/{crowded}?associations=contacts").json["associations"]["contacts"]
    rest = api.get(inside["paging"]["next"]["link"].removeprefix("https://api.hubapi.com")).json
    told = [int(each["id"]) for each in inside["results"]] + [each["toObjectId"] for each in rest["results"]]
    assert told == api.get(f"{CONTACTS}?limit=5").ids


def test_edges_are_seen_from_both_ends_and_go_from_both(api: Api, crowded: int) -> None:
    contact = api.get(f"{CONTACTS}?limit=1").ids[0]
    path = f"/crm/v4/objects/contacts/{contact}/associations/companies"
    assert crowded in [edge["toObjectId"] for edge in api.get(f"{path}?after={crowded}").json["results"]]
    assert api("DELETE", f"{path}/{crowded}").status == 204
    assert contact not in [
        edge["toObjectId"]
        for edge in api.get(f"/crm/v4/objects/companies/{crowded}/associations/contacts").json["results"]
    ]


def test_labels_are_taken_off_and_the_type_without_one_takes_the_edge_along(api: Api, crowded: int) -> None:
    contact = api.get(f"{CONTACTS}?limit=1").ids[0]
    types, ends = _types(api), {"from": {"id": str(crowded)}, "to": {"id": str(contact)}}
    api.post(f"{EDGES}/batch/create", {"inputs": [{**ends, "types": types}]})

    def held() -> list[int]:
        edge = api.get(f"/crm/v4/objects/companies/{crowded}/associations/contacts").json["results"][0]
        return [label["typeId"] for label in edge["associationTypes"]] if edge["toObjectId"] == contact else []

    every = [each["associationTypeId"] for each in types]
    assert sorted(held()) == sorted(every)
    assert api.post(f"{EDGES}/batch/labels/archive", {"inputs": [{**ends, "types": types[1:]}]}).status == 204
    assert held() == every[:1]
    api.post(f"{EDGES}/batch/labels/archive", {"inputs": [{**ends, "types": types[:1]}]})
    assert held() == []


def test_types_that_are_not_between_the_two_are_refused(api: Api) -> None:
    ends = {"from": {"id": "1"}, "to": {"id": "2"}}
    for types in ([], [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 9_999}], "x"):
        assert api.post(f"{EDGES}/batch/create", {"inputs": [{**ends, "types": types}]}).status == 400
    missing = api.post(f"{EDGES}/batch/create", {"inputs": [{**ends, "types": _types(api)[:1]}]})
    assert (missing.status, missing.json["results"]) == (207, [])


def test_a_thousand_are_read_and_two_thousand_written_at_most(api: Api) -> None:
    inputs = [{"id": str(number)} for number in range(1, 1002)]
    assert api.post(f"{EDGES}/batch/read", {"inputs": inputs}).status == 400
    assert api.post(f"{EDGES}/batch/create", {"inputs": inputs * 2}).status == 400
