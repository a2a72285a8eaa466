"""A generated org: a function of its seed, as unkind as a real one, in the same memory at any size."""

import json
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest

from sandbox.salesforce.ids import to18
from sandbox.salesforce.org import Field, Org, Row
from sandbox.salesforce.orgs import Orgs
from sandbox.world.texts import AWKWARD

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Task", "Territory_Plan__c", "User")


@pytest.fixture(scope="module")
def rows(generated: Org) -> dict[str, list[Row]]:
    return {name: list(generated.truth(name)) for name in OBJECTS}


def fields(org: Org, *kinds: str) -> list[tuple[str, Field]]:
    return [(s.name, field) for s in org.sobjects() for field in s.fields if not kinds or field.type in kinds]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    def first_rows(folder: str, seed: int) -> str:
        org = Orgs(tmp_path / folder).create_generated("acme", 1_000, seed)
        return json.dumps([list(islice(org.truth(name), 50)) for name in OBJECTS])

    assert first_rows("one", 5) == first_rows("two", 5) != first_rows("three", 6)


def test_objects_are_in_proportion_to_accounts(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("acme", 20_000, 1)
    sizes = {name: org.query(f"SELECT COUNT() FROM {name}", include_deleted=True).total_size for name in OBJECTS}
    assert sizes == {
        "Account": 20_000, "Contact": 100_000, "Lead": 30_000, "Opportunity": 40_000, "Task": 80_000,
        "Territory_Plan__c": 10_000, "User": 200,
    }  # fmt: skip


def test_every_object_can_be_synced_and_has_custom_fields_of_many_types(generated: Org) -> None:
    for sobject in generated.sobjects():
        names = {field.name for field in sobject.fields}
        assert {"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp", "IsDeleted"} <= names
        assert sobject.fields[0].name == "Id"
        assert len({field.type for field in sobject.fields if field.custom}) >= 8
    account = generated.sobject("Account").fields
    assert {field.compound_field_name for field in account} == {None, "BillingAddress", "ShippingAddress"}
    assert any(field.calculated for field in account)


def test_every_id_is_of_18_characters_with_its_checksum_and_ids_ascend(rows: dict[str, list[Row]]) -> None:
    for found in rows.values():
        ids = [str(row["Id"]) for row in found]
        assert ids == sorted(set(ids))
        assert all(to18(record_id[:15]) == record_id for record_id in ids)


def test_references_lead_to_records_that_exist_and_are_not_deleted(generated: Org, rows: dict[str, list[Row]]) -> None:
    live = {name: {row["Id"] for row in found if not row["IsDeleted"]} for name, found in rows.items()}
    for name, field in fields(generated, "reference"):
        targets = set().union(*(live[target] for target in field.reference_to))
        found = {row[field.name] for row in rows[name] if row[field.name] is not None}
        assert found or field.name == "MasterRecordId"
        assert found <= targets, f"{name}.{field.name}"


def test_about_one_row_in_a_hundred_is_deleted_and_half_of_them_lost_a_merge(rows: dict[str, list[Row]]) -> None:
    gone = [row for row in rows["Contact"] if row["IsDeleted"]]
    losers = [row for row in gone if row["MasterRecordId"]]
    assert len(rows["Contact"]) / 120 < len(gone) < len(rows["Contact"]) / 80
    assert 0 < len(losers) < len(gone)
    assert not any(row["MasterRecordId"] for row in rows["Contact"] if not row["IsDeleted"])
    assert not any(row["IsDeleted"] for row in rows["User"])


def test_a_row_is_created_before_it_is_modified_and_all_lie_in_the_worlds_years(rows: dict[str, list[Row]]) -> None:
    for found in rows.values():
        for row in found:
            created, modified, stamp = (str(row[n]) for n in ("CreatedDate", "LastModifiedDate", "SystemModstamp"))
            assert "2019-01-01" <= created <= modified <= stamp < "2026-07-01"
            assert stamp.endswith(".000+0000")


def test_values_fit_their_types_lengths_and_picklists(generated: Org, rows: dict[str, list[Row]]) -> None:
    kinds = {"boolean": bool, "int": int, "double": float, "currency": float, "percent": float, "address": dict}
    for name, field in fields(generated):
        values = [row[field.name] for row in rows[name]]
        present = [value for value in values if value is not None]
        assert field.nillable or len(present) == len(values), f"{name}.{field.name} is null"
        assert all(type(value) is kinds.get(field.type, str) for value in present), f"{name}.{field.name}"
        assert not field.length or all(len(str(value)) <= field.length for value in present), f"{name}.{field.name}"
        if field.type == "picklist":
            assert set(present) <= set(field.picklist), f"{name}.{field.name}"


def test_the_texts_that_break_programs_are_there(rows: dict[str, list[Row]]) -> None:
    texts = {value for found in rows.values() for row in found for value in row.values() if isinstance(value, str)}
    assert set(AWKWARD) <= texts
    assert any("\n\n" in text and '"' in text for text in texts)


def test_a_compound_field_holds_its_parts(rows: dict[str, list[Row]]) -> None:
    shown = [row for row in rows["Account"] if row["BillingAddress"]]
    assert shown[0]["BillingAddress"] == {
        "street": shown[0]["BillingStreet"],
        "city": shown[0]["BillingCity"],
        "state": shown[0]["BillingState"],
        "postalCode": shown[0]["BillingPostalCode"],
        "country": shown[0]["BillingCountry"],
    }


def test_a_record_is_found_by_either_form_of_its_id(generated: Org, rows: dict[str, list[Row]]) -> None:
    row = rows["Lead"][123]
    assert generated.get("Lead", str(row["Id"])) == generated.get("lead", str(row["Id"])[:15]) == row
    assert generated.get("Lead", "00Q000000000000") is None
    assert generated.get("Lead", "nonsense") is None


def test_a_world_of_a_million_accounts_is_paged_at_both_ends_in_the_same_little_memory(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("big", 1_000_000, 3)
    queries = (
        "SELECT Id, Name, Email FROM Contact ORDER BY Id",
        "SELECT Id, Name, Email FROM Contact ORDER BY Id DESC",
        "SELECT Id, Name FROM Contact WHERE SystemModstamp >= 2026-06-29T00:00:00Z ORDER BY SystemModstamp, Id",
        "SELECT Id, Name FROM Contact WHERE SystemModstamp >= 2026-06-29T00:00:00Z AND Id > '003' ORDER BY Id".replace(
            "'003'",
            f"'{org.query('SELECT Id FROM Contact LIMIT 1', include_deleted=True).page(None, 1).rows[0]['Id']}'",
        ),
    )
    tracemalloc.start()
    try:
        for soql in queries:
            query = org.query(soql, include_deleted=False)
            page = query.page(None, 2_000)
            assert len(page.rows) == min(2_000, query.total_size)
            assert len(query.page(page.next, 2_000).rows) > 0
        assert tracemalloc.get_traced_memory()[1] < 25 * 2**20
    finally:
        tracemalloc.stop()
