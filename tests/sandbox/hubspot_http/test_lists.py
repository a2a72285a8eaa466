"""Lists and single records."""

from typing import Any

import pytest

from tests.sandbox.hubspot_http.conftest import Api

CONTACTS = "/crm/v3/objects/contacts"


def listed(api: Api, path: str) -> list[Any]:
    """Every record of a list, page by page, by the links that it gives."""
    records: list[Any] = []
    following: str | None = path
    while following:
        reply = api.get(following).json
        records += reply["results"]
        link = reply.get("paging", {}).get("next", {}).get("link")
        following = link and link.removeprefix("https://api.hubapi.com")
    return records


@pytest.mark.parametrize("archived", [False, True])
def test_the_pages_of_a_list_are_the_truth(api: Api, archived: bool) -> None:
    kind = api.portal.type("companies")
    names = [made.name for made in kind.properties]
    path = f"/crm/v3/objects/companies?limit=70&archived={str(archived).lower()}&properties={','.join(names)}"
    truth = [record for record in api.portal.truth(kind) if (record.archived_at is not None) == archived]
    told = listed(api, path)
    assert [int(record["id"]) for record in told] == [record.id for record in truth]
    values = [{name: value for name, value in each["properties"].items() if value is not None} for each in told]
    assert values == [{name: value for name, value in each.properties.items() if value is not None} for each in truth]
    assert all(("archivedAt" in record) == archived for record in told)


def test_a_page_has_ten_records_unless_it_is_said_otherwise_and_a_hundred_at_most(api: Api) -> None:
    assert len(api.get(CONTACTS).ids) == 10
    assert len(api.get(f"{CONTACTS}?limit=100").ids) == 100
    assert [api.get(f"{CONTACTS}?limit={limit}").status for limit in (101, 0, "x")] == [400] * 3
    history = "&propertiesWithHistory=email"
    assert [api.get(f"{CONTACTS}?limit={limit}{history}").status for limit in (50, 51)] == [200, 400]


def test_the_next_page_is_at_the_host_that_was_asked(api: Api) -> None:
    reply = api.get(f"{CONTACTS}?limit=2&properties=email%2Cphone&after=0", headers={"host": "api.hubspot.com"}).json
    after = reply["paging"]["next"]["after"]
    assert reply["paging"]["next"]["link"] == (
        f"https://api.hubspot.com{CONTACTS}?limit=2&properties=email%2Cphone&after={after}"
    )
    assert api.get(f"{CONTACTS}?limit=1&after={after}").ids == [int(after)]


def test_properties_come_with_commas_or_repeated_and_unknown_ones_are_passed_over(api: Api) -> None:
    commas, repeated = (
        api.get(f"{CONTACTS}?properties={asked}").json["results"]
        for asked in ("email,phone,nope", "email&properties=phone")
    )
    assert commas == repeated
    assert {"email", "phone"} <= set(commas[0]["properties"])


@pytest.mark.parametrize("name", ["contacts", "contact", "0-1", "CONTACTS"])
def test_a_type_has_several_names(api: Api, name: str) -> None:
    assert api.get(f"/crm/v3/objects/{name}").json["results"] == api.get(CONTACTS).json["results"]


def test_dated_addresses_mean_the_same(api: Api) -> None:
    for part in ("objects/contacts", "properties/contacts", "pipelines/deals", "owners"):
        numbered, dated = (api.get(f"/crm/{path}").json for path in (f"v3/{part}", part.replace("/", "/2026-03/", 1)))
        if part == "owners":
            dated = api.get("/crm/owners/2026-03").json
        assert dated["results"] == numbered["results"]


def test_history_and_associations_come_along(api: Api) -> None:
    path = f"{CONTACTS}?limit=50&propertiesWithHistory=email&associations=companies,deals"
    records = api.get(path).json["results"]
    assert records[0]["propertiesWithHistory"]["email"][0]["timestamp"]
    associated = [record for record in records if "companies" in record.get("associations", {})]
    kind = api.portal.type("contacts")
    edges = api.portal.associated(kind, [int(record["id"]) for record in records], api.portal.type("companies"))
    assert {int(record["id"]) for record in associated} == set(edges)
    first = associated[0]["associations"]["companies"]["results"]
    assert {int(each["id"]) for each in first} == {edge.to for edge in edges[int(associated[0]["id"])]}
    assert {each["type"] for each in first} <= {"contact_to_company", "contact_to_company_unlabeled", "billing"}


def test_a_record_is_found_by_its_id_or_by_a_unique_value(api: Api) -> None:
    record = api.get(f"{CONTACTS}?properties=email").json["results"][0]
    assert api.get(f"{CONTACTS}/{record['id']}?properties=email").json == record
    assert api.get(f"{CONTACTS}/{record['properties']['email']}?idProperty=email&properties=email").json == record
    assert [api.get(f"{CONTACTS}/{name}").status for name in ("1", "x")] == [404, 404]


def test_an_archived_record_is_there_for_who_asks_for_it(api: Api) -> None:
    (gone, *_) = api.get(f"{CONTACTS}?archived=true").ids
    assert api.get(f"{CONTACTS}/{gone}").status == 404
    assert api.get(f"{CONTACTS}/{gone}?archived=true").json["archived"]


def test_what_leads_nowhere_is_refused_in_hubspots_words(api: Api) -> None:
    unknown = api.get("/crm/v3/objects/unicorns")
    assert (unknown.status, unknown.json["category"]) == (400, "VALIDATION_ERROR")
    assert set(unknown.json) >= {"status", "message", "correlationId", "category"}
    assert [api.get("/crm/v9/x").status, api("PUT", CONTACTS).status] == [404, 405]
    assert api.get(f"{CONTACTS}?x={'y' * 17_000}").status == 414


def test_a_type_that_the_app_may_not_see_is_refused_by_its_scope(serve: Any) -> None:
    api = serve(hidden="deals,leads")
    refused = api.get("/crm/v3/objects/deals")
    assert (refused.status, refused.json["category"]) == (403, "MISSING_SCOPES")
    assert refused.json["context"]["requiredGranularScopes"] == ["crm.objects.deals.read"]
    assert api.get(CONTACTS).status == 200


def test_long_replies_are_compressed_for_who_accepts_it_and_short_ones_are_not(api: Api) -> None:
    for limit, encoding in ((100, "gzip"), (1, None)):
        path, accepts = f"{CONTACTS}?limit={limit}", {"accept-encoding": "gzip, deflate"}
        reply = api.get(path, headers=accepts)
        assert reply.headers.get("content-encoding") == encoding
        assert reply.json == api.get(path).json


def test_pages_and_rows_are_counted(api: Api) -> None:
    for _ in range(2):
        api.get(f"{CONTACTS}?limit=3")
    api.get(f"{CONTACTS}?archived=true")
    seen = api.counters.snapshot()
    assert seen["requests"]["globex"] == {"list": 2, "list_archived": 1}
    assert seen["delivered"]["globex"]["list"]["rows"] == 6
    assert (seen["pages"], seen["duplicate_pages"]) == (2, 1)
