"""Whatever a body says, it is answered in HubSpot's words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.hubspot_http.conftest import Api

OBJECTS, EDGES = "/crm/v3/objects/contacts", "/crm/v4/associations/contacts/companies"
PATHS = [
    *(f"{OBJECTS}{path}" for path in ("", "/search", "/merge", "/gdpr-delete")),
    *(f"{OBJECTS}/batch/{word}" for word in ("read", "create", "update", "upsert", "archive")),
    *(f"{EDGES}/batch/{word}" for word in ("read", "create", "archive", "labels/archive", "associate/default")),
    "/crm/v3/associations/contacts/companies/batch/create",
    "/crm/v3/properties/contacts",
    "/crm/v3/properties/contacts/batch/create",
    "/crm/v3/exports/export/async",
]
OF_RECORDS = ["inputs", "id", "idProperty", "properties", "associations", "to", "from", "types", "associationTypeId"]
OF_SEARCHES = ["filterGroups", "filters", "propertyName", "operator", "value", "values", "sorts", "limit", "after"]
OF_OTHERS = ["name", "label", "options", "exportType", "objectType", "publicCrmSearchRequest"]
WORDS = st.sampled_from([*OF_RECORDS, *OF_SEARCHES, *OF_OTHERS])
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "email", "756", "EQ", "VIEW"])
BODIES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4))
BATCHES = st.fixed_dictionaries({"inputs": st.lists(st.dictionaries(WORDS, BODIES, max_size=4), max_size=2)})


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=BODIES | BATCHES)
def test_no_body_breaks_the_interface(api: Api, path: str, body: Any) -> None:
    reply = api.post(path, body)
    assert reply.status < 500
    if reply.status >= 400:
        assert reply.json["category"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null", b"[[]]"])
def test_what_is_no_json_is_refused(api: Api, body: bytes) -> None:
    assert {api.post(path, body).status for path in PATHS} == {400}
