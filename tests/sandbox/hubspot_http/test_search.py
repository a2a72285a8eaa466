"""Search and its caps."""

from typing import Any

import pytest

from tests.sandbox.hubspot_http.conftest import Api

SEARCH = "/crm/v3/objects/contacts/search"
ID = {"propertyName": "hs_object_id", "operator": "GT", "value": "0"}


def test_a_search_finds_what_its_filters_say_flat_or_in_groups(api: Api) -> None:
    grouped = api.post(SEARCH, {"filterGroups": [{"filters": [ID]}], "limit": 200}).json
    assert grouped == api.post(SEARCH, {"filters": [ID], "limit": 200}).json
    assert grouped["total"] > len(grouped["results"]) == 200
    assert grouped["paging"] == {"next": {"after": "200"}}


def test_pages_of_a_search_go_on_by_offset(api: Api) -> None:
    sorts = [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
    first, second = (api.post(SEARCH, {"sorts": sorts, "limit": 3, "after": after}).ids for after in ("0", "3"))
    assert first + second == sorted(first + second, reverse=True)
    assert first + second == api.post(SEARCH, {"sorts": ["-hs_object_id"], "limit": 6}).ids


def test_no_more_than_ten_thousand_are_found(api: Api) -> None:
    assert api.post(SEARCH, {"limit": 200, "after": "9800"}).status == 200
    assert api.post(SEARCH, {"limit": 200, "after": "9801"}).status == 400


@pytest.mark.parametrize(
    "wish",
    [
        {"limit": 201},
        {"after": "x"},
        {"sorts": ["email", "phone"]},
        {"sorts": ["nope"]},
        {"filterGroups": [{"filters": [ID]}] * 6},
        {"filterGroups": [{"filters": [ID] * 7}]},
        {"filterGroups": [{"filters": [ID] * 5}] * 4},
        {"filterGroups": [[ID]]},
        {"filters": [{**ID, "propertyName": "nope"}]},
        {"filters": [{**ID, "operator": "ALMOST"}]},
        {"filters": [{**ID, "operator": "BETWEEN"}]},
        {"filters": [{**ID, "operator": "IN"}]},
        {"filters": [{"propertyName": "email", "operator": "EQ"}]},
        {"filters": "all"},
    ],
)
def test_a_search_that_is_too_much_is_refused(api: Api, wish: Any) -> None:
    refused = api.post(SEARCH, wish)
    assert (refused.status, refused.json["category"]) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "condition",
    [
        {"operator": "BETWEEN", "value": "0", "highValue": "1000"},
        {"operator": "IN", "values": ["1", "2"]},
        {"operator": "HAS_PROPERTY"},
        {"operator": "NEQ", "value": 5},
    ],
)
def test_each_operator_takes_its_values(api: Api, condition: Any) -> None:
    assert api.post(SEARCH, {"filters": [{"propertyName": "hs_object_id", **condition}]}).status == 200


def test_a_long_body_is_refused_unless_the_terms_allow_it(serve: Any) -> None:
    wish = {"properties": [f"property_{number}" for number in range(250)]}
    assert serve().post(SEARCH, wish).status == 400
    assert serve(search_characters=0).post(SEARCH, wish).status == 200


def test_the_index_lags_behind(api: Api) -> None:
    made = api.post("/crm/v3/objects/contacts", {"properties": {"lastname": "Lagging"}}).json["id"]
    wish = {"filters": [{"propertyName": "hs_object_id", "operator": "EQ", "value": made}]}
    assert api.post(SEARCH, wish).json["total"] == 0
    api.portal.advance(120)
    assert api.post(SEARCH, wish).json["total"] == 1
