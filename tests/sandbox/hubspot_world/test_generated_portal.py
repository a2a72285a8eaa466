"""A generated portal: a function of its seed, as unkind as a real one, in the same memory at any size."""

import json
import re
import tracemalloc
from collections import Counter
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from sandbox.hubspot.model import ObjectType, Property, Record, Refused, Search
from sandbox.hubspot.moments import read, written
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from sandbox.world.texts import AWKWARD
from tests.sandbox.hubspot_world.conftest import ACCOUNTS, every_name, listed, values

Rows = dict[str, list[Record]]


@pytest.fixture(scope="module")
def rows(generated: Portal) -> Rows:
    return {kind.name: list(generated.truth(kind)) for kind in generated.types()}


def properties(portal: Portal) -> list[tuple[ObjectType, Property]]:
    return [(kind, made) for kind in portal.types() for made in kind.properties]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def pages(folder: str, seed: int) -> list[bytes]:
        portal = Portals(tmp_path / folder).create_generated("globex", 20, seed)
        kinds = [portal.type(name) for name in ("contacts", "deals", "subscriptions")]
        return [text for kind in kinds for text in portal.page(kind, 0, 20, every_name(kind), archived=False).texts]

    assert pages("one", 5) == pages("two", 5) != pages("three", 6)


def test_types_are_in_proportion_to_accounts(rows: Rows) -> None:
    assert {name: len(found) / ACCOUNTS for name, found in rows.items()} == {
        "contacts": 5, "companies": 1, "deals": 2, "leads": 1.5, "calls": 3, "meetings": 1, "subscriptions": 0.5
    }  # fmt: skip


def test_a_type_is_found_by_each_of_its_names_in_any_case(generated: Portal) -> None:
    custom = generated.types()[-1]
    assert custom.custom
    assert custom.qualified_name == f"p{generated.hub_id}_subscriptions"
    for name in ("subscriptions", "Subscription", custom.type_id, custom.qualified_name.upper()):
        assert generated.type(name) == custom
    assert generated.type("0-1") == generated.type("CONTACT") == generated.type("contacts")
    with pytest.raises(Refused, match="Unable to infer object type from: nothing"):
        generated.type("nothing")


def test_every_type_has_custom_properties_of_all_of_hubspots_types(generated: Portal) -> None:
    for kind in generated.types():
        made = [each for each in kind.properties if not each.hubspot_defined]
        assert {each.type for each in made} == {
            "string", "number", "bool", "enumeration", "date", "datetime", "phone_number", "json", "object_coordinates"
        }  # fmt: skip
        assert {each.field_type for each in made if each.type == "enumeration"} == {"select", "checkbox"}
        assert any(each.unique for each in made)
        assert any(each.calculated for each in kind.properties)
        assert {"hs_object_id", kind.stamp} <= set(every_name(kind))


def test_a_record_is_the_same_however_it_is_read(generated: Portal, rows: Rows) -> None:
    for kind in generated.types():
        names, truth = every_name(kind), {record.id: record for record in rows[kind.name]}
        live = list(listed(generated, kind, names, limit=70))
        archived = list(listed(generated, kind, names, archived=True, limit=1))
        assert sorted(int(row["id"]) for row in live + archived) == sorted(truth)
        for row in live + archived:
            record = truth[int(row["id"])]
            assert {n: v for n, v in row["properties"].items() if v is not None} == record.properties
            assert (row["createdAt"], row["updatedAt"]) == (written(record.created), written(record.updated))
            assert row["archived"] == ("archivedAt" in row) == (record.archived_at is not None)
        some = [int(row["id"]) for row in live[::9]]
        read_again = generated.read(kind, [*some, *some, 7], names, archived=False)
        searched = generated.search(kind, Search(), 0, 10_000, names)
        assert list(read_again.ids) == some
        assert set(read_again.texts) <= set(searched.page.texts)
        assert [values(text) for text in searched.page.texts] == [truth[i].properties for i in searched.page.ids]
        for row in (*live[:1], *archived[:1]):
            assert generated.get(kind, int(row["id"])) == truth[int(row["id"])]


def test_archived_records_are_read_only_when_they_are_asked_for(generated: Portal, rows: Rows) -> None:
    kind = generated.type("contacts")
    gone = [record.id for record in rows["contacts"] if record.archived_at]
    assert len(rows["contacts"]) / 120 < len(gone) < len(rows["contacts"]) / 80
    assert list(generated.read(kind, gone, [], archived=False).ids) == []
    assert list(generated.read(kind, gone, [], archived=True).ids) == gone


def test_a_reply_always_says_the_id_and_the_stamps_and_null_for_what_has_no_value(generated: Portal) -> None:
    def shown(name: str, *asked: str) -> set[str]:
        return set(next(listed(generated, generated.type(name), asked))["properties"])

    assert shown("calls") == {"hs_object_id", "hs_createdate", "hs_lastmodifieddate"}
    assert shown("contacts") == {
        "hs_object_id", "createdate", "lastmodifieddate", "email", "firstname", "lastname"
    }  # fmt: skip
    assert shown("contacts", "hs_merged_object_ids", "unknown") == {
        "hs_object_id", "createdate", "lastmodifieddate", "hs_merged_object_ids"
    }  # fmt: skip


def test_values_are_texts_that_fit_their_types_and_options(generated: Portal, rows: Rows) -> None:
    patterns = {
        "bool": r"true|false", "date": r"\d{4}-\d\d-\d\d", "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
        "object_coordinates": r"0-1-\d+",
    }  # fmt: skip
    for kind, made in properties(generated):
        found = [value for row in rows[kind.name] if (value := row.properties.get(made.name)) is not None]
        assert found or made.name == "hs_merged_object_ids", f"{kind.name}.{made.name}"
        assert "" not in found
        assert all(re.fullmatch(patterns.get(made.type, "(?s).*"), value) for value in found), made.name
        if made.type == "number":
            assert all(Decimal(value).is_finite() for value in found)
        if made.type == "json":
            assert [json.loads(value) for value in found]
        if made.options and made.type == "enumeration":
            assert {part for value in found for part in value.split(";")} <= set(made.options)
        if made.unique:
            assert len(found) == len(set(found))


def test_the_texts_that_break_programs_are_there(rows: Rows) -> None:
    texts = {value for found in rows.values() for row in found for value in row.properties.values() if value}
    assert len(set(AWKWARD) & texts) > len(AWKWARD) * 0.7
    assert any("\n\n" in text and '"' in text for text in texts)
    assert any(re.fullmatch(r"-?\d+\.\d0", text) for text in texts)


def test_stamps_have_milliseconds_and_lie_behind_creation(rows: Rows) -> None:
    for found in rows.values():
        assert all(row.created <= row.updated for row in found)
        assert all(row.archived_at is None or row.archived_at >= row.updated for row in found)
    assert any(row.updated % 1_000 for row in rows["calls"])


def test_calculated_properties_follow_from_others(rows: Rows) -> None:
    for row in rows["deals"]:
        share = {"closedwon": "1.0", "148220935": "1.0", "closedlost": "0.0", "148220936": "0.0"}
        assert row.properties["hs_is_closed"] == str(row.properties["dealstage"] in share).lower()
        assert row.properties["hs_is_closed_won"] == str(share.get(row.properties["dealstage"] or "") == "1.0").lower()


def test_more_rows_share_one_stamp_than_a_search_gives_out(tmp_path: Path) -> None:
    portal = Portals(tmp_path).create_generated("tied", 5_000, 3, ties=12_000)
    kind = portal.type("contacts")
    stamps: Counter[str] = Counter()
    for row in islice(listed(portal, kind, ["hs_object_id"], limit=5_000), 25_000):
        stamps[row["updatedAt"]] += 1
    assert stamps.most_common(1)[0][1] > 11_800


def test_a_world_of_42_million_records_is_paged_at_both_ends_in_little_memory(tmp_path: Path) -> None:
    portal = Portals(tmp_path).create_generated("huge", 3_000_000, 3)
    kind = portal.type("contacts")
    portal.page(kind, 0, 100, ["email"], archived=False)
    tracemalloc.start()
    last = portal.search(kind, Search(descending=True), 0, 1, []).page.ids[0]
    page = portal.page(kind, last - 5_000, 100, every_name(kind), archived=False)
    assert (page.ids[-1], page.next) == (last, None)
    assert portal.search(kind, Search(), 0, 1, []).total == pytest.approx(15_000_000 * 96 / 97, abs=1)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_owners_are_named_by_ids_that_are_not_their_users(generated: Portal, rows: Rows) -> None:
    owners = generated.owners()
    ids = [owner.id for owner in owners]
    assert len(ids) >= 5
    assert ids == sorted(ids)
    assert not set(ids) & {owner.user_id for owner in owners}
    assert {owner.user_id is None for owner in owners if owner.archived} == {True}
    named = {row.properties.get("hubspot_owner_id") for row in rows["deals"]} - {None}
    assert named <= set(map(str, ids))


def test_every_deal_and_lead_is_in_a_stage_of_its_pipeline(generated: Portal, rows: Rows) -> None:
    for name, pipeline, stage in (("deals", "pipeline", "dealstage"), ("leads", "hs_pipeline", "hs_pipeline_stage")):
        known = {(each.id, s.id) for each in generated.pipelines(generated.type(name)) for s in each.stages}
        assert {(row.properties[pipeline], row.properties[stage]) for row in rows[name]} == known
    assert generated.pipelines(generated.type("contacts")) == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [("1700000000123", 1_700_000_000_123), ("2023-11-14T22:13:20.1239Z", 1_700_000_000_123), ("soon", None)],
)
def test_moments_are_read_from_milliseconds_and_from_iso_texts(text: str, moment: int | None) -> None:
    assert read(text) == moment
    assert moment is None or written(moment) == "2023-11-14T22:13:20.123Z"
