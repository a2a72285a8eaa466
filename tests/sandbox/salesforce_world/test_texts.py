"""A result as columns of texts says what its rows say, wherever one goes on, in the same little memory."""

import hashlib
import json
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sandbox.salesforce.org import JsonValue, Org, Query, SObjectType
from sandbox.salesforce.orgs import Orgs

OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "Task", "Territory_Plan__c", "User")
FIRST_ROWS = "3d9de94ac1ad152125ae480b2f6c0c49e40d3935edb93065f07a6d280084c542"


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Org:
    return Orgs(tmp_path_factory.mktemp("huge")).create_generated("huge", 40_000_000, seed=2)


def simple_fields(sobject: SObjectType) -> dict[str, str]:
    return {field.name: field.type for field in sobject.fields if field.type != "address"}


def value(kind: str, text: str | None) -> JsonValue:
    """Read a text of the Bulk API as the value that REST has."""
    if text is None:
        return None
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind == "datetime":
        assert len(text) == len("2022-01-02T17:38:59.000Z")
        return text.replace("Z", "+0000")
    if kind in ("double", "currency", "percent"):
        assert "." in text
        return float(text)
    return int(text) if kind == "int" else text


def all_texts(query: Query, size: int) -> list[list[Any]]:
    """Read a result in pages of texts, as columns."""
    columns: list[list[Any]] = [[] for _ in query.columns]
    position = None
    while True:
        page = query.texts(position, size)
        assert [len(column) for column in page.columns] == [page.rows] * len(columns)
        for place, part in enumerate(page.columns):
            columns[place] += part.to_pylist()
        if page.next is None:
            return columns
        assert page.rows == size
        position = page.next


@pytest.mark.parametrize("include_deleted", [False, True])
@pytest.mark.parametrize("kind", ["generated", "loaded"])
def test_texts_say_what_rows_say_of_every_object_and_field(
    kind: str, include_deleted: bool, generated: Org, loaded: Org
) -> None:
    org = generated if kind == "generated" else loaded
    for sobject in org.sobjects():
        kinds = simple_fields(sobject)
        query = org.query(f"SELECT {', '.join(kinds)} FROM {sobject.name}", include_deleted=include_deleted)
        rows = query.page(None, 5_000).rows
        assert len(rows) == query.total_size > 0
        texts = dict(zip(query.columns, all_texts(query, 777), strict=True))
        for name, field_type in kinds.items():
            assert [value(field_type, text) for text in texts[name]] == [row[name] for row in rows], name
            assert "" not in texts[name]


def test_a_compound_field_has_no_text(generated: Org) -> None:
    with pytest.raises(ValueError, match="select its parts"):
        generated.query("SELECT BillingAddress FROM Account", include_deleted=False).texts(None, 10)


def test_the_bytes_of_a_seed_are_the_same_in_every_release(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("acme", 1_000, seed=5)
    rows = {name: list(islice(org.truth(name), 20)) for name in OBJECTS}
    for task in rows["Task"]:
        assert task.pop("Nooks_Call_Id__c") is None  # It came later, for clients to write.
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest() == FIRST_ROWS


CONTACTS = (
    "SELECT Id FROM Contact",
    "SELECT Id FROM Contact LIMIT 1203",
    "SELECT Id FROM Contact OFFSET 7",
    "SELECT Id FROM Contact WHERE SystemModstamp >= 2021-01-01T00:00:00Z AND SystemModstamp < 2023-01-01T00:00:00Z",
    "SELECT Id FROM Contact WHERE SystemModstamp < 2020-01-01T00:00:00Z OR SystemModstamp > 2025-01-01T00:00:00Z",
    "SELECT Id FROM Contact ORDER BY SystemModstamp DESC",
    "SELECT Id FROM Contact WHERE LeadSource = 'Web'",
    "SELECT Id FROM Contact ORDER BY LastName LIMIT 100",
)


@pytest.mark.parametrize("soql", CONTACTS)
@pytest.mark.parametrize("kind", ["generated", "loaded"])
def test_a_position_that_was_sought_continues_exactly(kind: str, soql: str, generated: Org, loaded: Org) -> None:
    query = (generated if kind == "generated" else loaded).query(soql, include_deleted=False)
    (ids,) = all_texts(query, 10_000)
    assert len(ids) == query.total_size
    for rows in (1, 2, len(ids) // 3, len(ids) - 1):
        position = query.seek(rows)
        assert position is not None
        assert query.texts(position, 10).columns[0].to_pylist() == ids[rows : rows + 10]
        assert [row["Id"] for row in query.page(position, 10).rows] == ids[rows : rows + 10]
    assert query.seek(0) is query.seek(len(ids)) is query.seek(len(ids) + 1) is None


@pytest.mark.parametrize(
    "condition", ["", "WHERE SystemModstamp >= 2024-01-01T00:00:00Z AND SystemModstamp < 2024-02-01T00:00:00Z"]
)
@pytest.mark.parametrize("include_deleted", [False, True])
def test_any_place_among_200_million_rows_is_sought_at_once(huge: Org, condition: str, include_deleted: bool) -> None:
    query = huge.query(f"SELECT Id FROM Contact {condition}", include_deleted=include_deleted)
    middle = query.total_size // 2
    here, there = query.seek(middle), query.seek(middle + 100)
    page = query.texts(here, 100)
    assert page.next == there
    (last,) = query.texts(query.seek(middle + 99), 1).columns[0].to_pylist()
    assert page.columns[0].to_pylist()[-1] == last
    end = query.texts(query.seek(query.total_size - 3), 100)
    assert (end.rows, end.next) == (3, None)


@pytest.mark.parametrize("include_deleted", [False, True])
def test_a_page_of_the_largest_world_takes_the_memory_of_a_page(huge: Org, include_deleted: bool) -> None:
    query = huge.query("SELECT Id, Name, Email, Description FROM Contact", include_deleted=include_deleted)
    usual = pa.default_memory_pool()
    arrow = pa.proxy_memory_pool(usual)  # counts what is allocated from here on
    pa.set_memory_pool(arrow)
    tracemalloc.start()
    try:
        for start in (0, 199_000_000 * 97 // 100):
            assert query.texts(query.seek(start), 50_000).rows == 50_000
        assert tracemalloc.get_traced_memory()[1] < 25 * 2**20
        assert arrow.max_memory() < 25 * 2**20
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)
