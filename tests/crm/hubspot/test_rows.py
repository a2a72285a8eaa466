"""Records become rows of their object: every property, its edges, and what no column could hold."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.model import FieldType
from nooks_dagster.failures import Transient
from tests.crm.hubspot.memory_portal import MemoryPortal, edge, listed
from tests.crm.hubspot.reading import at, connected, history

labels = st.sampled_from([None, "Primary", 'a "b"', "Ü"])
LONG = "12345678901234567890"


def test_every_property_is_a_field_hidden_and_custom_ones_too() -> None:
    portal = MemoryPortal(
        properties=[
            listed("email"),
            listed("hs_secret", hidden=True),
            listed("score", "number", calculated=True),
            listed("wants_news", "bool", hubspotDefined=False),
            listed("born", "date"),
            listed("seen", "datetime"),
            listed("kind", "enumeration"),
            listed("id", "number"),
            listed("unreadable"),
        ]
    )
    source = connected(portal).describe("contacts")
    types = {field.name: field.type for field in source.fields}
    assert list(types)[:6] == ["id", "createdAt", "updatedAt", "archived", "archivedAt", "mergedInto"]
    assert list(types)[6:] == [
        *(
            "email",
            "hs_secret",
            "score",
            "wants_news",
            "born",
            "seen",
            "kind",
            "properties.id",
            "properties.unreadable",
        ),
        *("associations.companies", "associations.companies.primary", "unreadable"),
    ]
    assert [types[name] for name in ("score", "wants_news", "born", "seen", "kind", "properties.id")] == [
        *(FieldType.NUMBER, FieldType.BOOLEAN, FieldType.DATE, FieldType.TIMESTAMP, FieldType.TEXT, FieldType.NUMBER),
    ]
    assert [field.name for field in source.fields if field.custom] == ["wants_news"]
    assert (source.key, source.stamp, source.deleted, source.merged_into) == (
        "id",
        "updatedAt",
        "archived",
        "mergedInto",
    )


def test_what_no_column_can_hold_is_kept_as_text() -> None:
    portal = MemoryPortal(properties=[listed("score", "number"), listed("born", "date"), listed("id")])
    portal.add(1, score="7", born="2001-02-03", id="mine")
    portal.add(2, score=LONG, born="long ago")
    portal.add(3, score="", born=None)
    one, two, three = history(connected(portal), "contacts")
    assert (one["id"], one["score"], one["properties.id"], one["unreadable"]) == ("1", 7.0, "mine", None)
    assert (two["score"], two["born"]) == (None, None)
    assert json.loads(two["unreadable"]) == {"score": LONG, "born": "long ago"}
    assert (three["score"], three["born"], three["unreadable"]) == (None, None, None)


def test_what_the_fast_parser_refuses_takes_the_slow_one() -> None:
    portal = MemoryPortal(properties=[listed("email"), listed("score", "number"), listed("wants_news", "bool")])
    portal.add(1, email="half a pair \ud83d", score=7, wants_news=True)
    portal.add(2, email={"a": 1.50}, score=0.10, wants_news=None)
    one, two = history(connected(portal), "contacts")
    assert (one["email"], one["score"], one["wants_news"]) == ("half a pair \N{REPLACEMENT CHARACTER}", 7.0, True)
    assert (two["email"], two["score"], two["wants_news"]) == ('{"a": "1.5"}', 0.1, None)


def test_edges_stand_beside_their_record() -> None:
    portal = MemoryPortal(edges_a_page=2)
    portal.edges["companies"] = {
        1: [edge(9), edge(10), edge(8), edge(7, "Primary"), edge(6)],
        2: [edge(30), edge(4)],
    }
    for record in (1, 2, 3):
        portal.add(record)
    rows = history(connected(portal), "contacts")
    assert [row["associations.companies.primary"] for row in rows] == ["7", "4", None]
    assert json.loads(rows[1]["associations.companies"]) == [edge(4), edge(30)]
    assert [each["toObjectId"] for each in json.loads(rows[0]["associations.companies"])] == [6, 7, 8, 9, 10]
    assert rows[2]["associations.companies"] is None


COMPANIES = "/crm/v4/associations/contacts/companies/batch/read"


def test_edges_of_a_record_of_which_nothing_is_said_are_asked_for_again() -> None:
    portal = MemoryPortal()
    portal.edges["companies"] = {1: [edge(9)], 2: [edge(8)]}
    for record in (1, 2, 3):
        portal.add(record)
    left_out = {"status": "COMPLETE", "results": [{"from": {"id": "1"}, "to": [edge(9)]}]}
    portal.answers[COMPANIES] = left_out

    def heal() -> None:
        if [path for path, _ in portal.asked].count(COMPANIES) > 1:
            portal.answers.clear()

    portal.meanwhile = heal
    rows = history(connected(portal, readers=1), "contacts")
    assert [row["associations.companies.primary"] for row in rows] == ["9", "8", None]
    asked = [[given["id"] for given in body["inputs"]] for path, body in portal.asked if path == COMPANIES]
    assert asked == [["1", "2", "3"], ["2", "3"]]
    portal.meanwhile, portal.answers[COMPANIES] = lambda: None, left_out
    rows = history(connected(portal, readers=1), "contacts")
    assert [row["associations.companies.primary"] for row in rows] == ["9", None, None]


def test_edges_that_could_not_be_read_are_not_taken_for_none() -> None:
    portal = MemoryPortal()
    portal.add(1)
    error = {"category": "INTERNAL_ERROR", "context": {"fromObjectId": ["1"]}}
    portal.answers[COMPANIES] = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]}
    with pytest.raises(Transient, match="could not read all associations with companies"):
        history(connected(portal), "contacts")


@settings(max_examples=25)
@given(
    edges=st.dictionaries(
        st.integers(1, 40),
        st.dictionaries(st.integers(1, 10**12), st.lists(labels, max_size=3), max_size=4),
        max_size=20,
    ),
    as_texts=st.booleans(),
    a_page=st.integers(1, 5),
)
def test_edges_are_those_that_were_listed(
    edges: dict[int, dict[int, list[str | None]]], as_texts: bool, a_page: int
) -> None:
    portal = MemoryPortal(edges_a_page=a_page)
    listed: dict[int, list[dict[str, Any]]] = {
        record: [
            {"toObjectId": to, "associationTypes": [{"category": "X", "typeId": 7, "label": name} for name in names]}
            for to, names in sorted(towards.items())
        ]
        for record, towards in edges.items()
    }
    portal.edges["companies"] = {
        record: [{**each, "toObjectId": str(each["toObjectId"])} if as_texts else each for each in reversed(towards)]
        for record, towards in listed.items()
    }
    for record in range(1, 41):
        portal.add(record)
    for row in history(connected(portal, readers=1), "contacts"):
        towards = listed.get(int(row["id"]), [])
        assert json.loads(row["associations.companies"] or "[]") == towards
        named = [each["toObjectId"] for each in towards if "Primary" in edges[int(row["id"])][each["toObjectId"]]]
        primary = [*named, *(each["toObjectId"] for each in towards)][:1]
        assert row["associations.companies.primary"] == (str(primary[0]) if primary else None)


def test_a_thousand_records_cost_one_question_for_their_edges() -> None:
    portal = MemoryPortal()
    for record in range(1, 2_151):
        portal.add(record)
    history(connected(portal, readers=1), "contacts")
    asked = [body["inputs"] for path, body in portal.asked if path.startswith("/crm/v4/associations/")]
    assert [len(inputs) for inputs in asked] == [1_000, 1_000, 150]


def test_columns_are_filled_in_their_own_units() -> None:
    deal = MemoryPortal(
        "deals", properties=[listed("closedate", "datetime"), listed("hs_deal_stage_probability", "number")]
    )
    deal.add(1, closedate="2026-03-01T23:00:00Z", hs_deal_stage_probability="0.07")
    call = MemoryPortal("calls", properties=[listed("hs_call_duration", "number"), listed("hs_timestamp", "datetime")])
    call.add(1, hs_call_duration="61999", hs_timestamp="2026-03-01T23:00:00Z")
    company = MemoryPortal(
        "companies", properties=[listed("numberofemployees", "number"), listed("hs_parent_company_id", "number")]
    )
    company.add(1, numberofemployees="12", hs_parent_company_id="12345678901234567")
    assert _columns(deal) == {"close_date": "2026-03-01", "probability": 7.0}
    assert _columns(call) == {
        "call_duration_seconds": 61,
        "due_date": "2026-03-01",
        "completed_at": "2026-03-01 23:00:00+00:00",
    }
    assert _columns(company) == {"employees": 12, "parent_id": "12345678901234567"}


def _columns(portal: MemoryPortal) -> dict[str, Any]:
    connector = connected(portal)
    source = connector.describe(portal.name)
    (row,) = history(connector, portal.name)
    found = {column: row[field] for column, field in source.columns.items() if row[field] is not None}
    assert found.pop("source_created_at") == found.pop("source_modified_at") == at(0)
    return {column: value if isinstance(value, int | float | str) else str(value) for column, value in found.items()}
