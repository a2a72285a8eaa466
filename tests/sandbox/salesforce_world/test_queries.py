"""Every query is answered as if all rows had been looked at one by one, whichever way the planner takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.orgs import Orgs

SORTED_BY = ("Id", "SystemModstamp", "Name", "NumberOfEmployees", "CreatedDate", "IsDeleted")
QUOTED = ("Id", "Name", "Industry", "OwnerId", "ParentId")
PLAIN = ("SystemModstamp", "CreatedDate", "NumberOfEmployees", "AnnualRevenue", "Renewal_Date__c", "Is_Strategic__c")


@dataclass(frozen=True)
class Clause:
    """A condition as text, and the same by hand."""

    soql: str
    holds: Callable[[Row], bool]


def folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) and not value.startswith("00") else value


def literal(name: str, value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "TRUE", False: "false"}[value]
    if name in QUOTED:
        escaped = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
        return f"'{escaped}'"
    return str(value).replace("+0000", "Z")


def compared(name: str, symbol: str, bound: Any) -> Clause:
    def holds(row: Row) -> bool:
        value, other = folded(row[name]), folded(bound)
        if symbol in ("=", "!="):
            return (value == other) == (symbol == "=")
        if value is None or other is None:
            return False
        return {"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}[symbol]

    return Clause(f"{name} {symbol} {literal(name, bound)}", holds)


def listed(name: str, negated: bool, bounds: list[Any]) -> Clause:
    wanted = [folded(bound) for bound in bounds]
    texts = ", ".join(literal(name, bound) for bound in bounds)
    operator = "NOT IN" if negated else "IN"
    return Clause(f"{name} {operator} ({texts})", lambda row: (folded(row[name]) in wanted) != negated)


def joined(word: str, clauses: list[Clause]) -> Clause:
    decide = all if word == "AND" else any
    text = f" {word} ".join(f"({clause.soql})" for clause in clauses)
    return Clause(text, lambda row: decide(clause.holds(row) for clause in clauses))


def opposite(clause: Clause) -> Clause:
    return Clause(f"NOT ({clause.soql})", lambda row: not clause.holds(row))


def clauses(rows: list[Row]) -> st.SearchStrategy[Clause]:
    indexed = st.sampled_from(("Id", "SystemModstamp"))
    names = st.one_of(indexed, st.sampled_from((*QUOTED, *PLAIN)))

    def values(name: str) -> st.SearchStrategy[Any]:
        return st.sampled_from(rows).map(lambda row: row[name])

    def leaf(name: str) -> st.SearchStrategy[Clause]:
        symbols = st.sampled_from(("=", "!=", "<", "<=", ">", ">="))
        lists = st.lists(values(name), min_size=1, max_size=4)
        return st.one_of(
            st.builds(compared, st.just(name), symbols, values(name)),
            st.builds(listed, st.just(name), st.booleans(), lists),
        )

    def grow(inner: st.SearchStrategy[Clause]) -> st.SearchStrategy[Clause]:
        several = st.lists(inner, min_size=2, max_size=3)
        return st.one_of(st.builds(joined, st.sampled_from(("AND", "OR")), several), st.builds(opposite, inner))

    return st.recursive(names.flatmap(leaf), grow, max_leaves=6)


def sort_key(value: Any, down: bool) -> tuple[bool, Any]:
    """Nulls first, whichever the direction."""
    return (value is not None) != down, "" if value is None else folded(value)


@cache
def accounts(org: Org) -> list[Row]:
    return list(org.truth("Account"))


def all_pages(org: Org, soql: str, size: int, *, include_deleted: bool) -> list[Row]:
    """Read a result with a query made anew for each page, as after a restart."""
    rows, position = [], None
    while True:
        page = org.query(soql, include_deleted=include_deleted).page(position, size)
        assert len(page.rows) == size or page.next is None
        rows += page.rows
        if page.next is None:
            return rows
        assert len(page.next) < 200
        position = page.next


@pytest.mark.parametrize("kind", ["generated", "loaded"])
@settings(max_examples=40)
@given(data=st.data())
def test_a_planned_query_equals_a_look_at_every_row(
    kind: str, generated: Org, loaded: Org, data: st.DataObject
) -> None:
    org = generated if kind == "generated" else loaded
    truth = accounts(org)
    clause = data.draw(clauses(truth))
    deleted = data.draw(st.booleans())
    order = data.draw(
        st.lists(st.tuples(st.sampled_from(SORTED_BY), st.booleans()), max_size=2, unique_by=lambda o: o[0])
    )
    limit, offset = data.draw(st.none() | st.integers(0, 40)), data.draw(st.sampled_from((0, 0, 3)))
    soql = f"SELECT {', '.join(dict.fromkeys(('Id', *SORTED_BY)))} FROM Account WHERE {clause.soql}"
    soql += " ORDER BY " + ", ".join(f"{n} {'DESC' if down else 'ASC'}" for n, down in order) if order else ""
    soql += f" LIMIT {limit}" if limit is not None else ""
    soql += f" OFFSET {offset}" if offset else ""

    matches = [row for row in truth if clause.holds(row) and (deleted or not row["IsDeleted"])]
    expected = max(len(matches) - offset, 0) if limit is None else min(max(len(matches) - offset, 0), limit)
    found = all_pages(org, soql, data.draw(st.sampled_from((7, 50, 500))), include_deleted=deleted)

    assert len(found) == expected == org.query(soql, include_deleted=deleted).total_size
    ids = {row["Id"] for row in found}
    assert len(ids) == len(found)
    assert ids <= {row["Id"] for row in matches}
    for name, down in reversed(order):
        matches.sort(key=lambda row, name=name, down=down: sort_key(row[name], down), reverse=down)
    assert [[folded(row[name]) for name, _ in order] for row in found] == [
        [folded(row[name]) for name, _ in order] for row in matches[offset : offset + expected]
    ]


@pytest.mark.parametrize("order", ["", "DESC", "DESC NULLS FIRST"])
def test_nulls_come_first_in_either_direction(generated: Org, order: str) -> None:
    query = generated.query(
        f"SELECT NumberOfEmployees FROM Account ORDER BY NumberOfEmployees {order}", include_deleted=True
    )
    assert query.page(None, 1).rows == [{"NumberOfEmployees": None}]


@pytest.mark.parametrize("order", ["NULLS LAST", "DESC NULLS LAST"])
def test_nulls_come_last_when_asked_to(generated: Org, order: str) -> None:
    soql = f"SELECT NumberOfEmployees FROM Account ORDER BY NumberOfEmployees {order}"
    values = [row["NumberOfEmployees"] for row in all_pages(generated, soql, 100, include_deleted=True)]
    present = [value for value in values if value is not None]
    assert values == present + [None] * (len(values) - len(present))
    assert present == sorted(present, reverse="DESC" in order)


@pytest.mark.parametrize("size", [1, 3, 250])
def test_a_keyset_over_stamp_and_id_meets_every_row_once_through_all_ties(generated: Org, size: int) -> None:
    where, seen = "", []
    while True:
        soql = f"SELECT Id, SystemModstamp FROM Lead {where} ORDER BY SystemModstamp, Id LIMIT {size}"
        rows = generated.query(soql, include_deleted=False).page(None, size).rows
        if not rows:
            break
        seen += [row["Id"] for row in rows]
        stamp, last = rows[-1]["SystemModstamp"], rows[-1]["Id"]
        where = f"WHERE (SystemModstamp = {stamp} AND Id > '{last}') OR SystemModstamp > {stamp}"
    live = [row for row in generated.truth("Lead") if not row["IsDeleted"]]
    assert seen == [row["Id"] for row in sorted(live, key=lambda row: (str(row["SystemModstamp"]), str(row["Id"])))]


def test_windows_of_an_object_of_200_million_rows_are_counted_at_once(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("huge", 40_000_000, 2)
    whole = org.query("SELECT COUNT() FROM Contact", include_deleted=False).total_size
    years = [
        org.query(
            f"SELECT COUNT() FROM Contact WHERE SystemModstamp >= {year}-01-01T00:00:00Z "
            f"AND SystemModstamp < {year + 1}-01-01T00:00:00.000+00:00",
            include_deleted=False,
        ).total_size
        for year in range(2019, 2027)
    ]
    assert sum(years) == whole == org.count("Contact")


def test_like_knows_wildcards_escapes_and_no_case(loaded: Org) -> None:
    def names(pattern: str) -> set[Any]:
        query = loaded.query(f"SELECT Name FROM Account WHERE Name LIKE '{pattern}'", include_deleted=True)
        return {row["Name"] for row in query.page(None, 2_000).rows}

    everything = {row["Name"] for row in loaded.truth("Account")}
    assert names("BLUE%") == {name for name in everything if str(name).lower().startswith("blue")} != set()
    assert names("_ull") == {name for name in everything if len(str(name)) == 4 and str(name).lower().endswith("ull")}
    assert names("\\%20") == {name for name in everything if name == "%20"}
    assert names("%") == everything


def test_a_count_has_a_total_and_no_rows(generated: Org) -> None:
    query = generated.query("select count() from account", include_deleted=False)
    assert (query.is_count, query.sobject, query.columns) == (True, "Account", ())
    assert query.total_size == generated.count("Account")
    assert query.page(None, 10).rows == []


def test_updated_and_deleted_divide_what_changed_in_a_window(generated: Org) -> None:
    start, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    changed = [row for row in generated.truth("Task") if "2024" <= str(row["SystemModstamp"]) < "2025"]
    assert generated.updated("Task", start, end) == [row["Id"] for row in changed if not row["IsDeleted"]]
    assert [i for i, _ in generated.deleted("Task", start, end)] == [row["Id"] for row in changed if row["IsDeleted"]]
    assert all(start <= when < end for _, when in generated.deleted("Task", start, end))
