"""What a portal has and the app may read: records, owners, pipelines, custom objects."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.hubspot.mapping import FIELDS
from nooks_dagster.crm.hubspot.object_types import RECORDS
from nooks_dagster.crm.model import Window
from nooks_dagster.failures import Permanent
from tests.crm.hubspot.memory_portal import MemoryPortal, listed
from tests.crm.hubspot.reading import at, connected, drain, history, planned

SCHEMA = {
    "fullyQualifiedName": "p7_machines",
    "objectTypeId": "2-77",
    "primaryDisplayProperty": "model",
    "associations": [
        {"fromObjectTypeId": "2-77", "toObjectTypeId": "0-2"},
        {"fromObjectTypeId": "2-77", "toObjectTypeId": "0-5"},
    ],
}
OWNER = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-02T00:00:00.5Z", "type": "PERSON"}


def test_only_what_may_be_read_is_an_object() -> None:
    hidden = {"leads", "emails", "notes", "tasks", "meetings", "owners", "line_items", "products"}
    portal = MemoryPortal(unreadable=hidden)
    portal.answers = {
        "/crm/v3/schemas": {"results": [SCHEMA, {**SCHEMA, "fullyQualifiedName": "p7_old", "archived": True}]},
        "/crm/v3/pipelines/deals": {"results": []},
    }
    assert list(connected(portal).objects().items()) == [
        ("companies", "accounts"),
        ("contacts", "contacts"),
        ("deals", "opportunities"),
        ("calls", "activities"),
        ("tickets", "custom_objects"),
        ("p7_machines", "custom_objects"),
        ("deal_pipelines", "custom_objects"),
    ]


def test_a_type_of_which_only_the_properties_may_be_read_is_none() -> None:
    portal = MemoryPortal(unreadable={"/crm/v3/objects/emails", "/crm/v3/objects/p7_machines"})
    portal.answers = {"/crm/v3/schemas": {"results": [SCHEMA]}}
    objects = connected(portal).objects()
    assert "notes" in objects
    assert not {"emails", "p7_machines"} & set(objects)


def test_a_type_is_described_by_what_was_asked_before_once() -> None:
    portal = MemoryPortal(properties=[listed("email")])
    connector = connected(portal)
    connector.objects()
    portal.asked.clear()
    connector.describe("contacts")
    assert portal.asked == []
    portal.properties.append(listed("phone"))
    assert "phone" in connector.describe("contacts").schema.names
    assert connector.safe_bound("contacts") == at(100) - timedelta(minutes=5)
    portal.properties.append(listed("fax"))
    assert "fax" not in connector.describe("contacts").schema.names
    assert [path for path, _ in portal.asked] == ["/crm/v3/properties/contacts"] * 2


def test_edges_towards_types_that_may_not_be_read_are_left_out() -> None:
    portal = MemoryPortal("deals", unreadable={"companies"})
    names = connected(portal).describe("deals").schema.names
    assert [name for name in names if name.startswith("associations")] == [
        "associations.contacts",
        "associations.contacts.primary",
    ]


def test_a_type_that_may_not_be_read_cannot_be_described() -> None:
    with pytest.raises(Permanent):
        connected(MemoryPortal(unreadable={"contacts"})).describe("contacts")


def test_a_custom_object_has_the_name_and_the_edges_of_its_schema() -> None:
    portal = MemoryPortal("p7_machines", properties=[listed("model"), listed("hubspot_owner_id", "enumeration")])
    portal.answers = {"/crm/v3/schemas": {"results": [SCHEMA]}}
    portal.add(1, model="Mill", hubspot_owner_id="5")
    connector = connected(portal)
    source = connector.describe("p7_machines")
    assert source.canonical == "custom_objects"
    assert {column: source.columns[column] for column in ("name", "owner_id")} == {
        "name": "model",
        "owner_id": "hubspot_owner_id",
    }
    assert next(name for name in source.schema.names if "associations" in name) == "associations.companies"
    assert history(connector, "p7_machines")[0]["model"] == "Mill"


def test_owners_are_read_whole_and_those_who_left_keep_their_names() -> None:
    portal = MemoryPortal()
    people = [
        {
            **OWNER,
            "id": "1",
            "archived": False,
            "email": "a@example.com",
            "firstName": "Ann",
            "lastName": "Ash",
            "userId": 7,
        },
        {**OWNER, "id": "2", "archived": False, "email": "b@example.com", "teams": [{"id": "5", "name": "East"}]},
    ]
    portal.owners = {
        "false": [people[:1], people[1:]],
        "true": [[{**OWNER, "id": "3", "archived": True, "userId": None}]],
    }
    connector = connected(portal)
    source = connector.describe("owners")
    for window in (Window(None, at(100)), Window(at(50), at(100))):
        rows = drain(connector, source, planned(connector, source, window))
        assert [(row["id"], row["name"], row["isActive"], row["userId"]) for row in rows] == [
            ("1", "Ann Ash", True, 7),
            ("2", "b@example.com", True, None),
            ("3", None, False, None),
        ]
        assert json.loads(rows[1]["teams"]) == [{"id": "5", "name": "East"}]
        assert rows[0]["updatedAt"] == datetime(2026, 1, 2, 0, 0, 0, 500_000, tzinfo=UTC)
    assert source.deleted is None


def test_pipelines_keep_their_stages() -> None:
    stages = [{"id": "s1", "label": "New", "metadata": {"isClosed": "false"}}]
    pipeline = {**OWNER, "id": "default", "label": "Sales", "displayOrder": 0, "archived": False, "stages": stages}
    portal = MemoryPortal(answers={"/crm/v3/pipelines/deals": {"results": [pipeline]}})
    (row,) = history(connected(portal), "deal_pipelines")
    assert (row["id"], row["label"], row["displayOrder"]) == ("default", "Sales", 0)
    assert json.loads(row["stages"]) == stages


def test_half_a_surrogate_pair_in_a_name_stops_no_list() -> None:
    portal = MemoryPortal()
    portal.owners = {
        "false": [[{**OWNER, "id": "1", "archived": False, "firstName": "Ann \ud83d", "teams": [{"name": "\udc00"}]}]],
        "true": [[]],
    }
    pipeline = {**OWNER, "id": "default", "label": "\udfff", "displayOrder": 0, "archived": False, "stages": ["\ud83d"]}
    portal.answers = {"/crm/v3/pipelines/deals": {"results": [pipeline]}}
    (owner,), (sales,) = (history(connected(portal), name) for name in ("owners", "deal_pipelines"))
    assert (owner["name"], json.loads(owner["teams"])) == ("Ann \ufffd", [{"name": "\ufffd"}])
    assert (sales["label"], json.loads(sales["stages"])) == ("\ufffd", ["\ufffd"])


def test_a_count_is_what_the_search_finds() -> None:
    portal = MemoryPortal()
    for record in range(1, 8):
        portal.add(record)
    assert connected(portal).counts(["contacts", "owners"]) == {"contacts": 7}
    portal.searchable = False
    assert connected(portal).counts(["contacts"]) == {}


def test_every_column_that_is_to_be_filled_exists() -> None:
    for name, columns in FIELDS.items():
        canonical = RECORDS.get(name, "users" if name == "owners" else "custom_objects")
        assert set(columns) <= set(OBJECTS[canonical].types)
