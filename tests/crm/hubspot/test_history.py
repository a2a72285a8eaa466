"""A history reads every row that stands still once, however the portal pages and whatever happens meanwhile."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.changes.rows import Day, changed_rows
from nooks_dagster.crm.hubspot import extracting
from nooks_dagster.crm.model import Window
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.failures import Corrupt, Transient
from tests.crm.hubspot.memory_portal import MemoryPortal, Record, listed
from tests.crm.hubspot.reading import at, connected, drain, history, planned

ids = st.integers(1, 10**12) | st.integers(1, 60)


@settings(max_examples=60)
@given(
    standing=st.sets(ids, max_size=450),
    moving=st.sets(ids, max_size=60),
    inclusive=st.booleans(),
    chunk=st.integers(1, 150),
    readers=st.integers(1, 3),
    seed=st.integers(0, 999),
)
def test_every_record_that_stands_still_is_read_exactly_once(
    standing: set[int], moving: set[int], inclusive: bool, chunk: int, readers: int, seed: int
) -> None:
    chance = random.Random(seed)
    portal = MemoryPortal(inclusive=inclusive, short=lambda rows: chance.choice([1, 2, rows // 2, *[rows] * 4]))
    for record in standing:
        portal.add(record)
    pool = sorted(moving - standing)

    def stir() -> None:
        if pool:
            record = chance.choice(pool)
            if portal.records.pop(record, None) is None:
                portal.records[record] = Record(record)

    portal.meanwhile = stir
    read = Counter(int(row["id"]) for row in history(connected(portal, chunk=chunk, readers=readers), "contacts"))
    assert {record: read[record] for record in standing} == dict.fromkeys(standing, 1)
    assert set(read) <= standing | moving
    assert set(read.values()) <= {1}


@settings(max_examples=60)
@given(standing=st.sets(ids, max_size=300), chunk=st.integers(1, 60), stopped=st.integers(0, 20), newest=ids)
def test_a_plan_that_is_resumed_covers_what_is_left_and_what_is_new(
    standing: set[int], chunk: int, stopped: int, newest: int
) -> None:
    portal = MemoryPortal()
    for record in standing:
        portal.add(record)
    connector = connected(portal, chunk=chunk)
    source, window = connector.describe("contacts"), Window(None, at(100))
    steps = connector.plan(source, window).steps
    first = [next(steps)]
    for step in steps:
        if len(first) > stopped:
            break
        first.append(step)
    portal.add(newest)
    chunks = [chunk for step in first for chunk in step.chunks]
    chunks += planned(connector, source, window, first[-1].resume)
    assert len({chunk.key for chunk in chunks}) == len(chunks)
    assert Counter(int(row["id"]) for row in drain(connector, source, chunks)) == Counter(standing | {newest})


def test_a_border_costs_one_search() -> None:
    portal = MemoryPortal()
    for record in range(1, 1_001):
        portal.add(record * 7)
    connector = connected(portal, chunk=100)
    source = connector.describe("contacts")
    portal.asked.clear()
    chunks = planned(connector, source, Window(None, at(100)))
    borders = [0, *range(707, 6_400, 700)]
    assert [chunk.key for chunk in chunks] == [*(f"from.{border}" for border in borders), "archived"]
    assert len(portal.asked) == 2 + 9


def test_a_type_without_search_is_one_range() -> None:
    portal = MemoryPortal(searchable=False)
    for record in range(5, 500):
        portal.add(record)
    assert [int(row["id"]) for row in history(connected(portal), "contacts")] == list(range(5, 500))


def test_the_end_of_a_list_is_believed_the_second_time() -> None:
    portal = MemoryPortal()
    for record in range(1, 300):
        portal.add(record)
    answers = iter([False, True, False])
    portal.lost = lambda: next(answers, False)
    assert len(history(connected(portal), "contacts")) == 299


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"results": [{"id": "7"}, {"id": "6"}]}, Corrupt),
        ({"results": [{"id": "x7"}]}, Corrupt),
        ({"results": [{}]}, Corrupt),
        ({"status": "error"}, Corrupt),
        ({"results": [{"id": "7"}], "paging": {"next": {"after": "nowhere"}}}, Corrupt),
        (b'{"results": [{"id": "7"', Transient),
        (b"[]", Corrupt),
    ],
)
def test_a_page_that_makes_no_sense_is_told(answer: object, failure: type[Exception]) -> None:
    portal = MemoryPortal(answers={"/crm/v3/objects/contacts": answer})
    with pytest.raises(failure):
        history(connected(portal), "contacts")


def test_the_recycle_bin_comes_last_without_values() -> None:
    portal = MemoryPortal(properties=[listed("email")])
    portal.add(1, email="a@example.com")
    portal.add(2, email="b@example.com", minute=7).archived = 9
    rows = history(connected(portal), "contacts")
    assert [(row["id"], row["archived"], row["email"]) for row in rows] == [
        ("1", False, "a@example.com"),
        ("2", True, None),
    ]
    assert (rows[1]["updatedAt"], rows[1]["archivedAt"]) == (at(7), at(9))


def test_a_gap_of_empty_pages_is_no_end() -> None:
    portal = MemoryPortal()
    for record in [*range(1, 151), *range(251, 400)]:
        portal.add(record)
    listed_as_usual = portal._list

    def with_a_gap(given: Mapping[str, str]) -> Any:
        if given["archived"] == "false" and 150 < int(given.get("after", 0)) <= 250:
            return {"results": [], "paging": {"next": {"after": "251"}}}
        body = listed_as_usual(given)
        if body.get("paging") and int(body["paging"]["next"]["after"]) == 251:
            body["paging"]["next"]["after"] = "151"
        return body

    portal._list = with_a_gap  # type: ignore[method-assign]  # this portal alone has the gap
    rows = history(connected(portal, readers=1), "contacts")
    assert [int(row["id"]) for row in rows] == [*range(1, 151), *range(251, 400)]
    portal.answers["/crm/v3/objects/contacts"] = {"results": [], "paging": {"next": {"after": "0"}}}
    with pytest.raises(Corrupt, match="names a next page"):
        history(connected(portal, readers=1), "contacts")


def test_long_values_are_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "GROUP_BYTES", 100_000)
    portal = MemoryPortal(properties=[listed("message")])
    for record in range(1, 1_001):
        portal.add(record, message="x" * 2_000)
    connector = connected(portal, readers=1)
    source = connector.describe("contacts")
    chunk, _ = planned(connector, source, Window(None, at(100)))
    assert [batch.num_rows for batch in connector.extract(source, chunk).batches] == [100] * 10


def test_a_wide_type_is_read_by_ids_of_a_list() -> None:
    portal = MemoryPortal(properties=[listed(f"property_with_a_long_name_{number:03d}") for number in range(300)])
    for record in range(1, 251):
        portal.add(record, property_with_a_long_name_299=str(record))
    rows = history(connected(portal), "contacts")
    assert [row["property_with_a_long_name_299"] for row in rows] == [str(record) for record in range(1, 251)]
    lists = [given for path, given in portal.asked if path == "/crm/v3/objects/contacts"]
    assert {given["properties"] for given in lists if given["archived"] == "false"} == {"hs_object_id"}


def test_an_archived_record_is_a_deletion_of_the_day_that_it_was_archived_on() -> None:
    portal = MemoryPortal()
    portal.add(1)
    portal.add(2).archived = 3 * 24 * 60
    connector = connected(portal)
    source = connector.describe("contacts")
    dataset = RawDataset("contacts", "globex", "globex-hubspot", "contacts")
    chunks = planned(connector, source, Window(None, at(100)))
    batches = [observed(batch, at(9)) for chunk in chunks for batch in connector.extract(source, chunk).batches]

    def told(day: Day) -> list[tuple[str, str]]:
        found = [row for batch in batches for row in changed_rows(batch, source, dataset, day).to_pylist()]
        return [(row["id"], row["kind"]) for row in found]

    assert told(Day(at(0).date())) == [("1", "inserted")]
    assert told(Day(at(3 * 24 * 60).date())) == [("2", "deleted")]
