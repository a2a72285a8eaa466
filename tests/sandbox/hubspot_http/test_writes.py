"""Records that are written, one by one and in batches."""

from typing import Any

import pytest

from tests.sandbox.hubspot_http.conftest import Api

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture
def made(api: Api) -> list[str]:
    """Ids of three contacts of this test alone."""
    inputs = [{"properties": {"lastname": name}} for name in ("One", "Two", "Three")]
    reply = api.post(f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert reply.status == 201
    return [record["id"] for record in reply.json["results"]]


def named(ids: list[str]) -> list[dict[str, Any]]:
    return [{"id": record_id} for record_id in ids]


def test_a_record_is_made_changed_and_archived(api: Api) -> None:
    made = api.post(CONTACTS, {"properties": {"lastname": "Ng", "hs_email_optout": True}})
    assert (made.status, made.json["properties"]["hs_email_optout"]) == (201, "true")
    path = f"{CONTACTS}/{made.json['id']}"
    changed = api("PATCH", path, {"properties": {"lastname": "", "firstname": "Su"}})
    assert (changed.status, changed.json["properties"]["firstname"]) == (200, "Su")
    assert not changed.json["properties"]["lastname"]
    assert [api("DELETE", path).status, api("DELETE", path).status, api.get(path).status] == [204, 204, 404]
    assert api("PATCH", path, {"properties": {}}).status == 404


@pytest.mark.parametrize(
    ("properties", "status", "code"),
    [({"nope": "1"}, 400, "PROPERTY_DOESNT_EXIST"), ({"hubspot_owner_id": "1", "num_employees_x": "1"}, 400, "")],
)
def test_a_wrong_value_refuses_the_whole_batch(api: Api, properties: Any, status: int, code: str) -> None:
    inputs = [{"properties": {"lastname": "Unwritten"}}, {"properties": properties}]
    refused = api.post(f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert refused.status == status
    assert refused.json["category"] == "VALIDATION_ERROR"
    assert not code or refused.json["errors"][0]["code"] == code
    assert "Unwritten" not in {record.properties.get("lastname") for record in _last(api)}


def test_with_a_trace_each_input_fails_alone(api: Api) -> None:
    inputs = [
        {"properties": {"lastname": "Traced"}, "objectWriteTraceId": "a"},
        {"properties": {"nope": "1"}, "objectWriteTraceId": "b"},
    ]
    reply = api.post(f"{CONTACTS}/batch/create", {"inputs": inputs})
    assert (reply.status, reply.json["numErrors"]) == (207, 1)
    assert [record["objectWriteTraceId"] for record in reply.json["results"]] == ["a"]
    assert reply.json["errors"][0]["context"]["objectWriteTraceId"] == ["b"]


def test_a_unique_value_that_is_taken_is_a_conflict(api: Api) -> None:
    email = api.get(f"{CONTACTS}?limit=1&properties=email").json["results"][0]["properties"]["email"]
    refused = api.post(CONTACTS, {"properties": {"email": email}})
    assert (refused.status, refused.json["category"]) == (409, "CONFLICT")


def test_a_batch_names_the_records_that_are_not_there(api: Api, made: list[str]) -> None:
    for word in ("read", "update"):
        inputs = [{"id": record_id, "properties": {"firstname": "Z"}} for record_id in [*made, "1"]]
        reply = api.post(f"{CONTACTS}/batch/{word}", {"inputs": inputs})
        assert (reply.status, len(reply.json["results"]), reply.json["numErrors"]) == (207, 3, 1)
        error = reply.json["errors"][0]
        assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["1"]})


def test_a_batch_reads_by_a_unique_property_and_each_record_once(api: Api) -> None:
    emails = [each["properties"]["email"] for each in api.get(f"{CONTACTS}?limit=2&properties=email").json["results"]]
    inputs = named([*emails, emails[0], "nobody@x.example"])
    reply = api.post(f"{CONTACTS}/batch/read", {"inputs": inputs, "idProperty": "email", "properties": ["email"]})
    assert [record["properties"]["email"] for record in reply.json["results"]] == emails
    assert reply.json["errors"][0]["context"]["ids"] == ["nobody@x.example"]


def test_archived_records_are_read_by_who_asks_for_them(api: Api, made: list[str]) -> None:
    assert api.post(f"{CONTACTS}/batch/archive", {"inputs": named(made[:1])}).status == 204
    body = {"inputs": named(made)}
    assert api.post(f"{CONTACTS}/batch/read", body).ids == [int(record_id) for record_id in made[1:]]
    assert api.post(f"{CONTACTS}/batch/read?archived=true", body).ids == [int(made[0])]


@pytest.mark.parametrize(("word", "most"), [("read", 100), ("create", 100), ("update", 100), ("upsert", 100)])
def test_a_batch_has_a_hundred_inputs_at_most(api: Api, word: str, most: int) -> None:
    inputs = [{"id": str(number), "properties": {}} for number in range(most + 1)]
    refused = api.post(f"{CONTACTS}/batch/{word}", {"inputs": inputs})
    assert (refused.status, refused.json["category"]) == (400, "VALIDATION_ERROR")
    told = (
        f"The maximum number of inputs supported in a batch is {most}. Please reduce the number of items and try again"
    )
    assert refused.json["message"] == told


def test_a_batch_with_history_has_fifty(api: Api) -> None:
    asked = {"inputs": named([str(number) for number in range(51)]), "propertiesWithHistory": ["email"]}
    assert api.post(f"{CONTACTS}/batch/read", asked).status == 400


def test_upsert_tells_what_is_new_and_wants_a_unique_property(api: Api) -> None:
    inputs = [{"id": "up@x.example", "idProperty": "email", "properties": {"lastname": "Up"}}]
    first, second = (api.post(f"{CONTACTS}/batch/upsert", {"inputs": inputs}).json["results"][0] for _ in range(2))
    assert (first["new"], second["new"], first["id"]) == (True, False, second["id"])
    wrong = [{**inputs[0], "idProperty": "lastname"}]
    refused = api.post(f"{CONTACTS}/batch/upsert", {"inputs": wrong})
    told = f"Unable to perform update/upsert by non-unique 0-1 property lastname in portal ID {api.portal.hub_id}"
    assert (refused.status, refused.json["category"], refused.json["message"]) == (400, "VALIDATION_ERROR", told)


@pytest.mark.parametrize("word", ["update", "upsert"])
def test_an_id_that_comes_twice_refuses_the_batch_traced_or_not(api: Api, made: list[str], word: str) -> None:
    by = {"id": "twice@x.example", "idProperty": "email"} if word == "upsert" else {"id": made[0]}
    inputs = [{**by, "properties": {"lastname": "Twice"}, "objectWriteTraceId": trace} for trace in "ab"]
    refused = api.post(f"{CONTACTS}/batch/{word}", {"inputs": inputs})
    assert (refused.status, refused.json["context"]) == (400, {"ids": [by["id"]]})
    assert refused.json["message"] == f"Duplicate IDs found in batch input: [{by['id']}]. IDs must be unique"


def test_every_property_that_is_wrong_is_named(api: Api) -> None:
    refused = api.post(CONTACTS, {"properties": {"nope": "1", "email": "nobody", "lastname": "Ng"}})
    assert [(each["code"], each["context"]) for each in refused.json["errors"]] == [
        ("PROPERTY_DOESNT_EXIST", {"propertyName": ["nope"]}),
        ("INVALID_EMAIL", {"propertyName": ["email"]}),
    ]
    assert refused.json["message"].startswith('Property values were not valid: [{"isValid":false,')


def test_an_update_says_something(api: Api, made: list[str]) -> None:
    refused = api("PATCH", f"{CONTACTS}/{made[0]}", {"properties": {}})
    assert (refused.status, refused.json["message"]) == (
        400,
        "No properties found to update, please provide at least one.",
    )


def test_ids_that_were_merged_away_lead_on_but_not_in_batches(api: Api, made: list[str]) -> None:
    merged = api.post(f"{CONTACTS}/merge", {"primaryObjectId": made[0], "objectIdToMerge": made[1]}).json
    assert int(merged["id"]) > int(made[2])
    for old in made[:2]:
        assert api.get(f"{CONTACTS}/{old}").json["id"] == merged["id"]
        assert api("PATCH", f"{CONTACTS}/{old}", {"properties": {"firstname": old}}).json["id"] == merged["id"]
        for word in ("read", "update"):
            reply = api.post(f"{CONTACTS}/batch/{word}", {"inputs": [{"id": old, "properties": {}}]})
            assert (reply.status, reply.ids) == (207, [])
    assert api.post(f"{CONTACTS}/merge", {"primaryObjectId": made[0], "objectIdToMerge": made[0]}).status == 400


def test_an_erased_record_is_nowhere(api: Api, made: list[str]) -> None:
    assert api.post(f"{CONTACTS}/gdpr-delete", {"objectId": made[0]}).status == 204
    assert [api.get(f"{CONTACTS}/{made[0]}{query}").status for query in ("", "?archived=true")] == [404, 404]


def test_a_record_is_made_with_its_associations(api: Api) -> None:
    company = api.get("/crm/v3/objects/companies?limit=1").ids[0]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    wish = {"properties": {"lastname": "Tied"}, "associations": [{"to": {"id": str(company)}, "types": types}]}
    made = api.post(CONTACTS, wish).json
    edges = api.get(f"{CONTACTS}/{made['id']}?associations=companies").json["associations"]["companies"]["results"]
    assert {edge["id"] for edge in edges} == {str(company)}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"inputs":{}}', b'{"inputs":[1]}', b'{"inputs":[]}'])
def test_a_body_that_is_no_batch_is_refused(api: Api, body: bytes) -> None:
    assert api.post(f"{CONTACTS}/batch/read", body).status == 400


def _last(api: Api) -> Any:
    return api.portal.truth(api.portal.type("contacts"))
