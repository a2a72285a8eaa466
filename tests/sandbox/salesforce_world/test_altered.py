"""Altered orgs against the rows of the same org as it was."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce.altered_fields import converted
from sandbox.salesforce.org import Org, Row, SoqlError
from sandbox.salesforce.orgs import Orgs
from tests.sandbox.salesforce_world.conftest import write_export

SINCE, UNTIL, LATER = "2023-01-01T00:00:00.000+0000", "2024-06-01T00:00:00.000+0000", "2025-01-01T00:00:00.000+0000"
HIDDEN = [
    {"kind": "transaction", "since": SINCE, "until": UNTIL},
    {"kind": "transaction", "since": LATER, "until": "2025-02-01T00:00:00Z"},
]

ORDERS = ("Id", "Id DESC", "SystemModstamp, Id", "SystemModstamp DESC, Id DESC", "LastName")
WHERES = ("", "WHERE SystemModstamp >= 2022-06-01T00:00:00Z", "WHERE LastName LIKE '%a%'")


@pytest.fixture(params=["generated", "loaded"])
def orgs(request: pytest.FixtureRequest, generated: Org, tmp_path: Path) -> Orgs:
    """A folder with one org `acme`, of either kind."""
    orgs = Orgs(tmp_path)
    if request.param == "generated":
        orgs.create_generated("acme", 300, seed=8)
    else:
        (tmp_path / "export").mkdir()
        write_export(tmp_path / "export" / "Contact.csv", list(generated.truth("Contact")))
        orgs.load_export("acme", tmp_path / "export")
    return orgs


def read(org: Org, soql: str, page_size: int = 70) -> list[Row]:
    """Read a query page by page, and check its size on the way."""
    query = org.query(soql, include_deleted=True)
    rows, position = [], None
    while True:
        page = query.page(position, page_size)
        rows += page.rows
        position = page.next
        if position is None:
            assert query.total_size == len(rows)
            return rows


def unseen(row: Row) -> bool:
    stamp = str(row["SystemModstamp"])
    return SINCE <= stamp < UNTIL or LATER <= stamp < "2025-02-01"


def test_a_query_gives_all_rows_but_those_of_open_transactions_in_its_order(orgs: Orgs) -> None:
    queries = [f"SELECT Id, SystemModstamp, LastName FROM Contact {w} ORDER BY {o}" for w in WHERES for o in ORDERS]
    before = {soql: read(orgs.get("acme"), soql) for soql in queries}
    for wish in HIDDEN:
        orgs.alter("acme", wish)
    for soql, rows in before.items():
        after = read(orgs.get("acme"), soql)
        assert after == [row for row in rows if not unseen(row)], soql
        assert 0 < len(after) < len(rows), soql


def test_counts_records_and_feeds_leave_out_the_same_rows(orgs: Orgs) -> None:
    before = list(orgs.get("acme").truth("Contact"))
    for wish in HIDDEN:
        orgs.alter("acme", wish)
    org = orgs.get("acme")
    assert list(org.truth("Contact")) == [row for row in before if not unseen(row)]
    assert org.count("Contact") == sum(not row["IsDeleted"] and not unseen(row) for row in before)
    assert all((org.get("Contact", str(row["Id"])) is None) == unseen(row) for row in before[::7])
    assert org.covered_until().isoformat() == "2023-01-01T00:00:00+00:00"
    orgs.restore("acme")
    assert list(orgs.get("acme").truth("Contact")) == before
    assert orgs.get("acme").covered_until() == pytest.approx(orgs.get("acme").now(), abs=timedelta(seconds=60))


def test_alterations_of_one_field_follow_one_another(orgs: Orgs) -> None:
    plain = {row["Id"]: row for row in orgs.get("acme").truth("Contact")}
    for wish in (
        {"kind": "vanish", "object": "Contact", "field": "LastName"},
        {"kind": "appear", "object": "Contact", "field": "LastName", "type": "double"},
        {"kind": "retype", "object": "Contact", "field": "LastName", "type": "string"},
        {"kind": "vanish", "object": "Contact", "field": "FirstName"},
    ):
        orgs.alter("acme", wish)
    org = orgs.get("acme")
    kinds = {field.name: field.type for field in org.sobject("Contact").fields}
    assert (kinds["LastName"], "FirstName" in kinds) == ("string", False)
    for row in org.truth("Contact"):
        assert row["LastName"] is None or float(str(row["LastName"])) >= 0
        assert row.keys() == plain[row["Id"]].keys() - {"FirstName"}
        assert row["Email"] == plain[row["Id"]]["Email"]


def test_values_of_a_new_field_are_the_same_for_ever(orgs: Orgs) -> None:
    def values() -> list[Any]:
        orgs.alter("acme", {"kind": "appear", "object": "Contact", "field": "New__c"})
        return [row["New__c"] for row in orgs.get("acme").truth("Contact")]

    first = values()
    orgs.restore("acme")
    assert values() == first


def test_a_field_that_vanished_cannot_change_its_type(orgs: Orgs) -> None:
    orgs.alter("acme", {"kind": "vanish", "object": "Contact", "field": "Email"})
    with pytest.raises(ValueError, match="Contact has no Email"):
        orgs.alter("acme", {"kind": "retype", "object": "Contact", "field": "Email", "type": "double"})


def test_alterations_that_no_longer_fit_after_a_new_load_change_nothing(tmp_path: Path) -> None:
    orgs, contacts = Orgs(tmp_path), tmp_path / "Contact.csv"
    contacts.write_text("Id,LastName,Email\n003000000000001AAA,Li,li@acme.example\n")
    orgs.load_export("acme", tmp_path)
    for wish in (
        {"kind": "retype", "object": "Contact", "field": "Email", "type": "double"},
        {"kind": "vanish", "object": "Contact", "field": "Email"},
    ):
        orgs.alter("acme", wish)
    contacts.write_text("Id,LastName\n003000000000001AAA,Li\n")
    orgs.load_export("acme", tmp_path)
    assert [row["LastName"] for row in orgs.get("acme").truth("Contact")] == ["Li"]


def test_a_hidden_object_is_of_no_type(orgs: Orgs) -> None:
    orgs.alter("acme", {"kind": "hide", "object": "contact"})
    asked: list[Callable[[Org], object]] = [
        lambda org: org.query("SELECT Id FROM Contact", include_deleted=False),
        lambda org: org.sobject("Contact"),
    ]
    for ask, code in zip(asked, ("INVALID_TYPE", "NOT_FOUND"), strict=True):
        with pytest.raises(SoqlError) as refused:
            ask(orgs.get("acme"))
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", 12, "12"),
        ("string", True, "true"),
        ("string", None, None),
        ("string", "a", "a"),
        ("int", "12.7", 12),
        ("int", "twelve", None),
        ("double", 3, 3.0),
        ("double", {"city": "Bern"}, None),
        ("boolean", "TRUE", True),
        ("boolean", None, False),
    ],
)
def test_a_value_becomes_one_of_another_type(kind: str, value: Any, expected: Any) -> None:
    made = converted(kind, value)
    assert (made, type(made)) == (expected, type(expected))
