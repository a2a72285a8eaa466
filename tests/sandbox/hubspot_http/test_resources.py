"""Properties, owners, and what old addresses answer."""

import pytest

from tests.sandbox.hubspot_http.conftest import Api

PROPERTIES = "/crm/v3/properties/deals"
MADE = {"name": "made", "label": "Made", "type": "string", "fieldType": "text", "groupName": "dealinformation"}


def test_a_property_is_made_once_used_and_taken_away(api: Api) -> None:
    assert api.post(PROPERTIES, MADE).status == 201
    assert api.post(PROPERTIES, MADE).status == 409
    deal = api.post("/crm/v3/objects/deals", {"properties": {"made": "yes"}}).json
    assert deal["properties"]["made"] == "yes"
    assert api.get(f"{PROPERTIES}/made").json["hubspotDefined"] is False
    assert api("DELETE", f"{PROPERTIES}/made").status == 204
    assert api.get(f"{PROPERTIES}/made").status == 404
    assert api("DELETE", f"{PROPERTIES}/dealname").status == 400
    assert api.get(f"{PROPERTIES}?archived=true").json == {"results": []}
    refused = api.post(PROPERTIES, {"name": "half"})
    assert (refused.status, refused.json["errors"][0]["code"]) == (400, "MISSING_FIELDS")


def test_owners_come_in_pages_and_archived_ones_apart(api: Api) -> None:
    owners = api.portal.owners()
    first = api.get("/crm/v3/owners/?limit=1").json
    rest = api.get(f"/crm/v3/owners?limit=500&after={first['paging']['next']['after']}")
    assert [int(first["results"][0]["id"]), *rest.ids] == [owner.id for owner in owners if not owner.archived]
    gone = api.get("/crm/v3/owners?archived=true").json["results"]
    assert [int(each["id"]) for each in gone] == [owner.id for owner in owners if owner.archived]
    assert {each["userId"] for each in gone} <= {None}
    email = first["results"][0]["email"]
    assert api.get(f"/crm/v3/owners?email={email}").json["results"] == first["results"]
    by_user = f"/crm/v3/owners/{first['results'][0]['userId']}?idProperty=userId"
    assert api.get(by_user).json == first["results"][0]


@pytest.mark.parametrize(
    "path",
    ["/properties/v1/companies/properties", "/properties/v2/company/properties", "/companies/v2/properties"],
)
def test_old_addresses_of_properties_answer_an_array(api: Api, path: str) -> None:
    assert api.get(path).json == api.get("/crm/v3/properties/companies").json["results"]


def test_old_lists_go_on_by_offset(api: Api) -> None:
    first = api.get("/companies/v2/companies/paged?limit=2&properties=name").json
    assert (len(first["companies"]), first["has-more"]) == (2, True)
    following = api.get("/crm/v3/objects/companies?limit=3").ids[2]
    assert first["offset"] == following
    deals = api.get("/deals/v1/deal/paged?limit=250&properties=dealname").json
    assert deals["deals"][0]["properties"]["dealname"]["value"]
    assert [each["pipelineId"] for each in api.get("/deals/v1/pipelines").json] == [
        each["id"] for each in api.get("/crm/v3/pipelines/deals").json["results"]
    ]
