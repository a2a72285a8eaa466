"""The official client's typed models, generated from HubSpot's documents, lose nothing of a reply."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm import objects, properties
from hubspot.crm.contacts import PublicGdprDeleteInput, PublicMergeInput

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")


class Typed:
    """Calls methods of the client and compares what its models hold with what was sent."""

    def __init__(self, client: HubSpot) -> None:
        self.client = client

    def __call__(self, call: Callable[[Any], Any], api: Any, status: int = 200) -> Any:
        result = call(api)
        reply = api.api_client.last_response
        assert reply.status == status
        if status == 204:
            return None
        raw = json.loads(reply.data)
        assert _plain(api.api_client.sanitize_for_serialization(result)) == _plain(raw)
        return raw


def _plain(value: Any) -> Any:
    """Nulls left out, numbers as texts, moments as such: models write them otherwise, and lose nothing."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value)
    return value if isinstance(value, bool) else str(value)


@pytest.fixture
def typed(client: HubSpot) -> Typed:
    return Typed(client)


@pytest.fixture
def contact(client: HubSpot) -> str:
    """A contact of this test alone."""
    made = objects.SimplePublicObjectInputForCreate(properties={"lastname": "Typed"})
    return str(client.crm.objects.basic_api.create("contacts", made).id)


def test_pages_and_single_records_lose_nothing(typed: Typed) -> None:
    api = typed.client.crm.objects.basic_api
    for kind in ("contacts", "companies", "deals", "leads", "calls", "meetings", "subscriptions"):
        page = typed(lambda api, kind=kind: api.get_page(kind, limit=5), api)
        assert page["paging"]["next"]["link"].startswith("https://api.hubapi.com/")
    asked = {"properties": ["email", "phone"], "associations": ["companies", "deals"]}
    page = typed(lambda api: api.get_page("contacts", properties_with_history=["lastname"], **asked), api)
    first = page["results"][0]
    assert first["propertiesWithHistory"]["lastname"]
    assert any("associations" in record for record in page["results"])
    typed(lambda api: api.get_by_id("contacts", first["id"], **asked), api)
    typed(lambda api: api.get_page("contacts", archived=True), api)


def test_the_apis_of_single_types_lose_nothing(typed: Typed) -> None:
    crm = typed.client.crm
    for api in (crm.contacts.basic_api, crm.companies.basic_api, crm.deals.basic_api):
        typed(lambda api: api.get_page(limit=3), api)


def test_records_are_written_merged_and_erased(typed: Typed, contact: str) -> None:
    api = typed.client.crm.objects.basic_api
    made = objects.SimplePublicObjectInputForCreate(properties={"lastname": "Other"})
    other = typed(lambda api: api.create("contacts", made), api, 201)["id"]
    changed = objects.SimplePublicObjectInput(properties={"firstname": "Ann"})
    assert typed(lambda api: api.update("contacts", contact, changed), api)["properties"]["firstname"] == "Ann"
    contacts = typed.client.crm.contacts.basic_api
    wish = PublicMergeInput(primary_object_id=contact, object_id_to_merge=other)
    merged = typed(lambda api: api.merge(wish), contacts)
    assert typed(lambda api: api.get_by_id("contacts", other), api)["id"] == merged["id"]
    erased = PublicGdprDeleteInput(object_id=merged["id"])
    typed(lambda api: api.purge(erased), contacts, 204)
    typed(lambda api: api.archive("contacts", contact), api, 204)


def test_batches_are_read_created_updated_upserted_and_archived(typed: Typed, contact: str) -> None:
    api = typed.client.crm.objects.batch_api
    wish = objects.BatchReadInputSimplePublicObjectId(
        inputs=[{"id": contact}, {"id": "1"}], properties=["lastname"], properties_with_history=["lastname"]
    )
    assert typed(lambda api: api.read("contacts", wish), api, 207)["numErrors"] == 1
    inputs = [{"properties": {"lastname": "A"}}, {"properties": {"lastname": "B"}}]
    made = typed(lambda api: api.create("contacts", {"inputs": inputs}), api, 201)["results"]
    changes = [{"id": record["id"], "properties": {"firstname": "Z"}} for record in made]
    typed(lambda api: api.update("contacts", {"inputs": changes}), api)
    wishes = [{"id": "typed@x.example", "idProperty": "email", "properties": {"firstname": "Y"}}]
    assert typed(lambda api: api.upsert("contacts", {"inputs": wishes}), api)["results"][0]["new"]
    assert not typed(lambda api: api.upsert("contacts", {"inputs": wishes}), api)["results"][0]["new"]
    typed(lambda api: api.archive("contacts", {"inputs": [{"id": made[0]["id"]}]}), api, 204)


def test_a_search_loses_nothing(typed: Typed) -> None:
    wish = {
        "filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "GT", "value": "0"}]}],
        "limit": 3,
    }
    found = typed(lambda api: api.do_search("deals", wish), typed.client.crm.objects.search_api)
    assert found["total"] > 3


def test_properties_and_their_groups_lose_nothing(typed: Typed) -> None:
    crm = typed.client.crm.properties
    assert typed(lambda api: api.get_all("contacts"), crm.core_api)["results"]
    typed(lambda api: api.get_by_name("contacts", "email"), crm.core_api)
    wish = properties.PropertyCreate(
        name="typed",
        label="Typed",
        type="enumeration",
        field_type="select",
        group_name="contactinformation",
        options=[{"label": "One", "value": "one", "hidden": False}],
    )
    typed(lambda api: api.create("contacts", wish), crm.core_api, 201)
    names = {"inputs": [{"name": "typed"}, {"name": "nope"}], "archived": False}
    typed(lambda api: api.read("contacts", names), crm.batch_api, 207)
    typed(lambda api: api.archive("contacts", "typed"), crm.core_api, 204)
    typed(lambda api: api.get_all("contacts"), crm.groups_api)
    group = properties.PropertyGroupCreate(name="typed_group", label="Typed", display_order=3)
    typed(lambda api: api.create("contacts", group), crm.groups_api, 201)
    typed(lambda api: api.get_by_name("contacts", "typed_group"), crm.groups_api)
    typed(lambda api: api.update("contacts", "typed_group", {"label": "Other"}), crm.groups_api)
    typed(lambda api: api.archive("contacts", "typed_group"), crm.groups_api, 204)


def test_owners_pipelines_and_schemas_lose_nothing(typed: Typed) -> None:
    crm = typed.client.crm
    page = typed(lambda api: api.get_page(limit=2), crm.owners.owners_api)
    typed(lambda api: api.get_by_id(int(page["results"][0]["id"])), crm.owners.owners_api)
    typed(lambda api: api.get_page(archived=True), crm.owners.owners_api)
    pipelines = typed(lambda api: api.get_all("deals"), crm.pipelines.pipelines_api)["results"]
    name, stage = pipelines[0]["id"], pipelines[0]["stages"][0]["id"]
    typed(lambda api: api.get_by_id("deals", name), crm.pipelines.pipelines_api)
    typed(lambda api: api.get_all("deals", name), crm.pipelines.pipeline_stages_api)
    typed(lambda api: api.get_by_id("deals", name, stage), crm.pipelines.pipeline_stages_api)
    typed(lambda api: api.get_audit("deals", name), crm.pipelines.pipeline_audits_api)
    schemas = typed(lambda api: api.get_all(), crm.schemas.core_api)["results"]
    typed(lambda api: api.get_by_id(schemas[0]["objectTypeId"]), crm.schemas.core_api)


def test_associations_of_both_versions_lose_nothing(typed: Typed, contact: str) -> None:
    crm = typed.client.crm.associations
    company = typed.client.crm.companies.basic_api.get_page(limit=1).results[0].id
    kinds = ("contacts", "companies")
    labels = typed(lambda api: api.get_all(*kinds), crm.v4.schema.definitions_api)["results"]
    specs = [{"associationCategory": label["category"], "associationTypeId": label["typeId"]} for label in labels[:2]]
    ends = {"from": {"id": contact}, "to": {"id": company}}
    typed(lambda api: api.create(kinds[0], contact, kinds[1], company, specs), crm.v4.basic_api, 201)
    typed(lambda api: api.get_page(kinds[0], contact, kinds[1]), crm.v4.basic_api)
    typed(lambda api: api.create_default(kinds[0], contact, kinds[1], company), crm.v4.basic_api)
    typed(lambda api: api.create(*kinds, {"inputs": [{**ends, "types": specs}]}), crm.v4.batch_api, 201)
    typed(lambda api: api.create_default(*kinds, {"inputs": [ends]}), crm.v4.batch_api)
    asked = {"inputs": [{"id": contact}]}
    told = typed(lambda api: api.get_page(*kinds, asked), crm.v4.batch_api)["results"][0]["to"][0]
    assert told["toObjectId"] == int(company)
    typed(lambda api: api.read(*kinds, asked), crm.batch_api)
    typed(lambda api: api.get_all(*kinds), crm.schema.types_api)
    labelled = {"inputs": [{**ends, "types": specs[1:]}]}
    typed(lambda api: api.archive_labels(*kinds, labelled), crm.v4.batch_api, 204)
    typed(lambda api: api.create(*kinds, {"inputs": [{**ends, "types": specs}]}), crm.v4.batch_api, 201)
    gone = {"inputs": [{"from": {"id": contact}, "to": [{"id": company}]}]}
    typed(lambda api: api.archive(*kinds, gone), crm.v4.batch_api, 204)
    missing = typed(lambda api: api.get_page(*kinds, asked), crm.v4.batch_api, 207)
    assert missing["errors"][0]["context"]["fromObjectId"] == [contact]
    name = typed(lambda api: api.get_all(*kinds), crm.schema.types_api)["results"][0]["name"]
    typed(lambda api: api.create(*kinds, {"inputs": [{**ends, "type": name}]}), crm.batch_api, 201)
    typed(lambda api: api.archive(*kinds, {"inputs": [{**ends, "type": name}]}), crm.batch_api, 204)
    typed(lambda api: api.archive(kinds[0], contact, kinds[1], company), crm.v4.basic_api, 204)


def test_an_export_is_started_and_followed(typed: Typed) -> None:
    wish = {"exportType": "VIEW", "format": "CSV", "exportName": "all", "objectType": "contacts"}
    task = typed(lambda api: api.start(wish), typed.client.crm.exports.public_exports_api, 202)
    typed(lambda api: api.get_status(task["id"]), typed.client.crm.exports.public_exports_api)


def test_tokens_are_issued_and_described(typed: Typed) -> None:
    wish = {
        "grant_type": "refresh_token",
        "client_id": "SANDBOX.globex",
        "client_secret": "sandbox-secret-globex",
        "refresh_token": "sandbox-refresh-globex",
    }
    oauth = typed.client.oauth
    result = oauth.tokens_api.create(**wish)
    assert (result.token_type, result.expires_in) == ("bearer", 1800)
    typed(lambda api: api.get(result.access_token), oauth.access_tokens_api)
    typed(lambda api: api.get(wish["refresh_token"]), oauth.refresh_tokens_api)
