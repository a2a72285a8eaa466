"""A chunk arrives whole: when its cursor is lost, when pages repeat, and when an object is too wide for one query."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from nooks_dagster.crm.model import Chunk, Extraction, FieldType, SourceField, SourceObject
from nooks_dagster.crm.salesforce import soql
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.ids import from_number
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.failures import Corrupt, Transient
from tests.crm.salesforce.fake_org import FakeOrg
from tests.crm.salesforce.fake_table import FakeTable, Row
from tests.crm.scripted import Answer

LOST = Answer([{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}], 400)
ALL = Chunk("0000", {"step": "1"})
FIELDS = ("Id", "SystemModstamp", *(f"Field_{n:02d}__c" for n in range(6)))


def row(number: int, version: int = 1) -> Row:
    stamp = f"2026-11-01T00:00:{version:02d}.000+0000"
    values = dict.fromkeys(FIELDS[2:], f"{number}.{version}")
    return {"Id": from_number("a00", number), "SystemModstamp": stamp, **values}


def thing() -> SourceObject:
    types = {"SystemModstamp": FieldType.TIMESTAMP}
    fields = tuple(SourceField(name, types.get(name, FieldType.TEXT)) for name in FIELDS)
    return SourceObject("Thing__c", "custom_objects", fields, key="Id", stamp="SystemModstamp")


@pytest.fixture
def table(org: FakeOrg) -> FakeTable:
    """Ten rows in pages of three."""
    table = FakeTable([row(number) for number in range(10)])
    org.rule = table.rule
    return table


@pytest.fixture
def extract(session: Session) -> Callable[[], Extraction]:
    """Begins to read everything."""
    return lambda: SalesforceConnector(session).extract(thing(), ALL)


@pytest.fixture
def narrow_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two value fields fit beside Id and stamp, so six make three queries."""
    monkeypatch.setattr(soql, "FIELD_BYTES", 46)


def values(extraction: Extraction) -> list[Row]:
    return [row for batch in extraction.batches for row in batch.to_pylist()]


def ids(extraction: Extraction) -> list[str]:
    return [row["Id"] for row in values(extraction)]


def test_rows_come_page_by_page_in_id_order(table: FakeTable, extract: Callable[[], Extraction]) -> None:
    extraction = extract()
    assert [batch.num_rows for batch in extraction.batches] == [3, 3, 3, 1]
    assert extraction.expected_rows == 10
    assert ids(extract()) == [row["Id"] for row in table.rows]


def test_a_lost_cursor_costs_one_query_not_the_chunk(
    org: FakeOrg, table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    org.answers.append(LOST)
    assert ids(extraction) == [row["Id"] for row in table.rows]
    assert extraction.expected_rows == 10
    assert f"Id > '{table.rows[2]['Id']}'" in table.queries[1]


def test_a_page_that_keeps_failing_is_asked_for_anew_within_five_tries(
    org: FakeOrg, table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    org.answers.extend([Answer(raw=b"", status=502)] * 4)
    assert ids(extraction) == [row["Id"] for row in table.rows]
    org.paths.clear()
    extraction = extract()
    org.rule = lambda *_: Answer(raw=b"", status=502)
    with pytest.raises(Transient):
        list(extraction.batches)
    assert len(org.paths) == 1 + 5


def test_a_page_that_repeats_rows_is_not_taken_twice(
    org: FakeOrg, table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    again = table._answer(0, 0)
    org.answers.append(again)
    assert ids(extraction) == [row["Id"] for row in table.rows]


def test_a_row_that_comes_twice_in_a_page_before_the_cursor_is_lost_is_one_row(
    org: FakeOrg, table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    doubled = table._answer(0, 3)
    doubled.body["records"].append(doubled.body["records"][-1])
    org.answers.extend([doubled, LOST])
    assert ids(extraction) == [row["Id"] for row in table.rows]
    assert extraction.expected_rows == 10


def test_rows_that_appear_after_a_lost_cursor_are_expected_too(
    org: FakeOrg, table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    org.answers.append(LOST)
    table.rows.append(row(99))
    assert len(ids(extraction)) == extraction.expected_rows == 11


@pytest.mark.parametrize("body", [{}, [], {"records": [], "done": False, "totalSize": 5, "nextRecordsUrl": "/x"}])
def test_what_is_no_page_of_rows_is_refused(org: FakeOrg, extract: Callable[[], Extraction], body: object) -> None:
    org.answers.append(Answer(body))
    with pytest.raises(Corrupt, match="not a page of rows"):
        extract()


@pytest.mark.usefixtures("narrow_addresses")
def test_a_wide_object_is_read_by_several_queries_and_joined(
    table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    extraction = extract()
    assert [row["Field_05__c"] for row in values(extraction)] == [f"{number}.1" for number in range(10)]
    assert extraction.expected_rows == 10
    assert len({query.split(" FROM ")[0] for query in table.queries}) == 3


@pytest.mark.usefixtures("narrow_addresses")
def test_a_row_that_changes_between_its_queries_is_read_again_whole(
    table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    def change(query: str) -> None:
        if "Field_02__c" in query and not any("IN (" in asked for asked in table.queries):
            table.rows[1] = row(1, version=2)

    table.before = change
    changed = values(extract())[1]
    assert {changed[name] for name in FIELDS[2:]} == {"1.2"}


@pytest.mark.usefixtures("narrow_addresses")
def test_a_row_purged_between_its_queries_is_neither_kept_nor_expected(
    table: FakeTable, extract: Callable[[], Extraction]
) -> None:
    def purge(query: str) -> None:
        if "Field_02__c" in query:
            table.rows[:] = [row for row in table.rows if row["Id"] != from_number("a00", 1)]

    table.before = purge
    extraction = extract()
    assert len(ids(extraction)) == extraction.expected_rows == 9


@pytest.mark.usefixtures("narrow_addresses")
def test_a_row_that_never_rests_is_left_for_later(table: FakeTable, extract: Callable[[], Extraction]) -> None:
    def restless(_query: str) -> None:
        table.rows[1] = row(1, version=len(table.queries) + 2)

    table.before = restless
    with pytest.raises(Transient, match="1 rows changed"):
        values(extract())


def test_eight_hundred_long_fields_fit_their_addresses() -> None:
    fields = tuple(SourceField(f"Custom_field_number_{n:04d}__c", FieldType.TEXT) for n in range(800))
    wide = SourceObject("Thing__c", "custom_objects", (SourceField("Id", FieldType.TEXT), *fields), "Id", "Id")
    groups = soql.field_groups(wide)
    assert len(groups) == 2
    assert {name for group in groups for name in group} == {field.name for field in wide.fields}
    worst = [f"Id IN ({','.join(soql.record_id(from_number('a00', n)) for n in range(100))})"]
    assert all(len(soql.encoded(soql.select(group, "Thing__c", worst))) < 16_384 - 200 for group in groups)


def test_an_open_transaction_holds_the_safe_bound_back_to_its_start(org: FakeOrg, session: Session) -> None:
    describe = {"name": "Thing__c", "replicateable": True, "fields": [{"name": n, "type": "string"} for n in FIELDS]}
    org.answers.append(Answer(describe))
    org.answers.append(Answer({"ids": [], "latestDateCovered": "2026-11-20T09:12:00.000+0000"}))
    assert SalesforceConnector(session).safe_bound("Thing__c") == datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
    assert re.search(r"start=2026-11-20T09:58:..%2B00:00&end=2026-11-20T10:00:..%2B00:00$", org.paths[1])


def test_without_one_the_lag_holds_it_back_by_the_servers_clock(org: FakeOrg, session: Session) -> None:
    describe = {"name": "Thing__c", "replicateable": True, "fields": [{"name": n, "type": "string"} for n in FIELDS]}
    org.answers.append(Answer(describe))
    org.answers.append(Answer({"ids": [], "latestDateCovered": "2026-11-20T10:00:00.000+0000"}))
    assert SalesforceConnector(session).safe_bound("Thing__c") == datetime(2026, 11, 20, 9, 55, tzinfo=UTC)
