"""Search: what it finds is what looking at each record finds, as far as the index knows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hubspot.model import Change, Filter, ObjectType, Record, Refused, Search
from sandbox.hubspot.moments import read
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from tests.sandbox.hubspot_world.conftest import every_name, values, written

STAMP = "lastmodifieddate"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """A portal in which some records were edited, archived, restored, merged and made, all known to the index."""
    portal = Portals(tmp_path_factory.mktemp("edited")).create_generated("globex", 40, seed=3, ties=30)
    kind = portal.type("contacts")
    known = list(portal.truth(kind))
    live = [record.id for record in known if record.archived_at is None]
    portal.write(kind, [Change({"firstname": "Edited"}, record_id) for record_id in live[::17]])
    portal.advance(3_600)
    portal.write(kind, [Change({"lastname": "Created"}) for _ in range(7)])
    portal.archive(kind, live[5:9])
    portal.restore(kind, [record.id for record in known if record.archived_at][:1])
    portal.merge(kind, live[50], live[51])
    portal.erase(kind, live[60])
    portal.advance(60)
    return portal


@pytest.fixture(scope="module")
def records(edited: Portal) -> list[Record]:
    return [record for record in edited.truth(edited.type("contacts")) if record.archived_at is None]


def found(portal: Portal, *groups: tuple[Filter, ...], **search: Any) -> tuple[int, list[int]]:
    result = portal.search(portal.type("contacts"), Search(groups, **search), 0, 10_000, [])
    return result.total, list(result.page.ids)


@given(st.data())
@settings(max_examples=40)
def test_parts_of_the_plane_of_ids_and_stamps_are_counted_and_walked_as_by_looking_at_each_record(
    edited: Portal, records: list[Record], data: st.DataObject
) -> None:
    near = st.integers(-1, 1)
    ids = st.builds(lambda record, off: record.id + off, st.sampled_from(records), near)
    stamps = st.builds(lambda record, off: record.updated + off, st.sampled_from(records), near)
    groups = data.draw(st.lists(st.tuples(ids, ids, stamps, stamps), min_size=1, max_size=3))
    conditions = [
        (
            Filter("hs_object_id", "GT", (str(after),)),
            Filter("hs_object_id", "LTE", (str(last),)),
            Filter(STAMP, "GTE", (str(since),)),
            Filter(STAMP, "LT", (str(until),)),
        )
        for after, last, since, until in groups
    ]
    expected = [r.id for r in records if any(a < r.id <= b and s <= r.updated < u for a, b, s, u in groups)]
    assert found(edited, *conditions) == (len(expected), expected)
    assert found(edited, *conditions, descending=True) == (len(expected), expected[::-1])
    never_null = Filter("createdate", "HAS_PROPERTY")
    assert found(edited, *((*group, never_null) for group in conditions)) == (len(expected), expected)


def test_a_keyset_of_ids_meets_every_record_once(edited: Portal, records: list[Record]) -> None:
    seen: list[int] = []
    while True:
        search = Search(((Filter("hs_object_id", "GT", (str(seen[-1] if seen else 0),)),),))
        result = edited.search(edited.type("contacts"), search, 0, 9, [])
        seen += result.page.ids
        if result.total <= len(result.page.ids):
            break
    assert seen == [record.id for record in records]


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        (("firstname", "EQ", "edited"), lambda p: p.get("firstname") == "Edited"),
        (("firstname", "NEQ", "EDITED"), lambda p: p.get("firstname") not in (None, "Edited")),
        (("lifecyclestage", "IN", "lead", "customer"), lambda p: p.get("lifecyclestage") in ("lead", "customer")),
        (("lifecyclestage", "NOT_IN", "lead"), lambda p: p.get("lifecyclestage") not in (None, "lead")),
        (("company", "HAS_PROPERTY"), lambda p: "company" in p),
        (("fax", "NOT_HAS_PROPERTY"), lambda p: "fax" not in p),
        (("num_notes", "GT", "30"), lambda p: int(p.get("num_notes", 0)) > 30),
        (("num_notes", "LTE", "5.0"), lambda p: "num_notes" in p and int(p["num_notes"]) <= 5),
        (("engagement_score", "BETWEEN", "-9", "5000"), lambda p: -9 <= float(p.get("engagement_score", 1e9)) <= 5e3),
        (("next_touch", "GTE", "1640995200000"), lambda p: p.get("next_touch", "") >= "2022-01-01"),
        (("last_called", "LT", "2022-01-01T00:00:00Z"), lambda p: p.get("last_called", "3") < "2022-01-01T00:00:00.0"),
        (("champion", "EQ", "true"), lambda p: p.get("champion") == "true"),
        (("email", "CONTAINS_TOKEN", "*@contacts.example"), lambda p: "email" in p),
        (("jobtitle", "CONTAINS_TOKEN", "sales"), lambda p: "Sales" in p.get("jobtitle", "")),
        (("jobtitle", "NOT_CONTAINS_TOKEN", "sales"), lambda p: "Sales" not in p.get("jobtitle", "Sales")),
        (("hs_object_id", "IN", "485", "90000000396"), lambda p: p["hs_object_id"] in ("485", "90000000396")),
    ],
)  # fmt: skip
def test_every_operator_finds_what_looking_at_each_record_finds(
    edited: Portal, records: list[Record], condition: tuple[str, ...], matches: Callable[[dict[str, Any]], bool]
) -> None:
    name, operator, *wanted = condition
    expected = [record.id for record in records if matches(dict(record.properties))]
    assert found(edited, (Filter(name, operator, tuple(wanted)),)) == (len(expected), expected)


def test_a_unique_value_and_ids_are_found_where_they_are(edited: Portal, records: list[Record]) -> None:
    for record in [each for each in records if "email" in each.properties][::40]:
        email = record.properties["email"] or ""
        assert found(edited, (Filter("email", "EQ", (email.upper(),)),)) == (1, [record.id])
        late = Filter(STAMP, "GT", (str(record.updated),))
        assert found(edited, (Filter("email", "EQ", (email,)), late)) == (0, [])
    ids = [record.id for record in records[::11]]
    recent = Filter(STAMP, "GTE", (str(records[0].updated),))
    some = (Filter("hs_object_id", "IN", (*map(str, ids), "7")), recent)
    expected = [record.id for record in records[::11] if record.updated >= records[0].updated]
    assert found(edited, some) == (len(expected), expected)


def test_a_word_is_looked_for_in_names_and_addresses(edited: Portal, records: list[Record]) -> None:
    def matches(record: Record) -> bool:
        names = ("firstname", "lastname", "email", "phone", "company")
        return "edit" in " ".join(record.properties.get(name) or "" for name in names).lower()

    expected = [record.id for record in records if matches(record)]
    assert found(edited, query="EDIT") == (len(expected), expected)
    assert expected


@pytest.mark.parametrize("sort", [STAMP, "num_notes", "firstname"])
def test_a_result_is_sorted_by_any_property_those_without_it_last(edited: Portal, sort: str) -> None:
    for descending in (False, True):
        search = Search(sort=sort, descending=descending)
        page = edited.search(edited.type("contacts"), search, 0, 10_000, [sort]).page
        shown = [json.loads(text)["properties"][sort] for text in page.texts]
        present = [value for value in shown if value is not None]
        assert shown == present + [None] * (len(shown) - len(present))
        assert present == sorted(present, key=int if sort == "num_notes" else str, reverse=descending)
        offset = edited.search(edited.type("contacts"), search, 3, 5, []).page
        assert list(offset.ids) == list(page.ids[3:8])


def test_what_is_no_condition_is_refused(generated: Portal) -> None:
    for condition in (Filter("nothing", "EQ", ("1",)), Filter("num_notes", "EQ", ("x",)), Filter("email", "LIKE")):
        with pytest.raises(Refused) as refused:
            found(generated, (condition,))
        assert refused.value.status == 400


def test_the_index_is_behind_by_its_lag(portal: Portal, contacts: ObjectType, live: list[Record]) -> None:
    portal.set_index_lag(60)
    edited, archived, pair = live[0], live[1], live[2:4]

    def known() -> dict[int, dict[str, str]]:
        page = portal.search(contacts, Search(), 0, 10_000, every_name(contacts)).page
        return {record_id: values(text) for record_id, text in zip(page.ids, page.texts, strict=True)}

    before = known()
    (made,) = written(portal, contacts, [Change({"firstname": "Created"})])
    portal.advance(30)
    (changed,) = written(portal, contacts, [Change({"firstname": "Edited"}, edited.id)])
    portal.archive(contacts, [archived.id])
    merged = portal.merge(contacts, pair[0].id, pair[1].id)
    assert known() == before
    portal.advance(31)
    assert known() == {**before, made.id: made.properties}
    portal.advance(30)
    now = known()
    assert now[edited.id] == changed.properties
    assert set(now) == {*before, made.id, merged.id} - {archived.id, pair[0].id, pair[1].id}
    since = found(portal, (Filter(STAMP, "GTE", (str(made.updated),)),))
    assert since == (3, [edited.id, made.id, merged.id])
    assert read(now[edited.id][STAMP]) == changed.updated
