"""A window of time is read by the ids that the search names, and by the records themselves."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.model import Window
from nooks_dagster.crm.sync.packed_ids import pack
from nooks_dagster.failures import Corrupt
from tests.crm.hubspot.memory_portal import MemoryPortal, listed
from tests.crm.hubspot.reading import at, changes, connected, drain, planned

ids = st.integers(1, 10**12)


@settings(max_examples=40)
@given(
    stamps=st.dictionaries(ids, st.integers(0, 60), max_size=700),
    held=st.sets(st.integers(0, 699)),
    seed=st.integers(0, 999),
)
def test_what_changed_in_the_window_is_read_once_and_what_is_here_is_not(
    stamps: dict[int, int], held: set[int], seed: int
) -> None:
    chance, portal = random.Random(seed), MemoryPortal()
    for record, minute in stamps.items():
        portal.add(record, minute)
    known = {str(record): at(stamps[record]) for place, record in enumerate(sorted(stamps)) if place in held}
    movable, edited = sorted(record for record in stamps if chance.random() < 0.1), set()

    def edit() -> None:
        if movable:
            record = chance.choice(movable)
            portal.records[record].minute = 90
            edited.add(record)

    portal.meanwhile = edit
    read = [int(row["id"]) for row in changes(connected(portal, known), "contacts", 10, 50)]
    wanted = {record for record, minute in stamps.items() if 10 <= minute < 50 and str(record) not in known}
    assert wanted - edited <= set(read) <= wanted
    assert len(read) == len(set(read))


def test_a_window_that_is_read_again_leaves_out_nothing() -> None:
    portal = MemoryPortal()
    portal.add(1, minute=20)
    connector = connected(portal, held={"1": at(20)})
    source = connector.describe("contacts")
    assert drain(connector, source, planned(connector, source, Window(at(10), at(50)))) == []
    rows = drain(connector, source, planned(connector, source, Window(at(10), at(50), again=True)))
    assert [row["id"] for row in rows] == ["1"]


def test_a_record_that_others_went_into_is_read_though_it_is_here() -> None:
    portal = MemoryPortal()
    portal.add(9, minute=20, hs_merged_object_ids="3;4")
    portal.add(10, minute=20)
    rows = changes(connected(portal, held={"9": at(20), "10": at(20)}), "contacts", 10, 50)
    assert [(row["id"], row["mergedInto"]) for row in rows] == [("9", None), ("3", "9"), ("4", "9")]


def test_many_records_of_one_moment_are_nothing_special() -> None:
    portal = MemoryPortal()
    for record in range(1, 2_001):
        portal.add(record * 3, minute=20)
    connector = connected(portal)
    source = connector.describe("contacts")
    chunks = planned(connector, source, Window(at(10), at(50)))
    assert [len(chunk.ids) for chunk in chunks] == [1_000] * 2 + [0]
    assert not any("after" in body for path, body in portal.asked if path.endswith("/search"))
    assert len(drain(connector, source, chunks)) == 2_000


def test_ids_that_are_far_from_each_other_make_smaller_chunks_that_fit_in_an_item() -> None:
    portal = MemoryPortal()
    for record in range(1, 2_001):
        portal.add(record * 10**9 + record**2, minute=20)
    connector = connected(portal)
    source = connector.describe("contacts")
    *chunks, _ = planned(connector, source, Window(at(10), at(50)))
    assert [len(chunk.ids) for chunk in chunks] == [1_000, 1_000]
    portal.records.clear()
    for record in range(1, 2_001):
        portal.add(record * 10**13, minute=20)
    *chunks, _ = planned(connector, source, Window(at(10), at(50)))
    assert sum(len(chunk.ids) for chunk in chunks) == 2_000
    assert max(len(chunk.ids) for chunk in chunks) < 1_000
    assert max(len(pack(chunk.ids)) for chunk in chunks) < 7_900


def test_records_of_a_page_are_read_though_all_behind_them_change_meanwhile() -> None:
    portal = MemoryPortal()
    for record in range(1, 231):
        portal.add(record, minute=20)
    connector = connected(portal)
    source = connector.describe("contacts")
    steps = connector.plan(source, Window(at(10), at(50))).steps  # the first page has been searched

    for record in range(201, 231):
        portal.records[record].minute = 60
    chunks = [chunk for step in steps for chunk in step.chunks]
    assert sorted(int(record) for chunk in chunks for record in chunk.ids) == list(range(1, 201))


def test_a_plan_goes_on_behind_the_last_id() -> None:
    portal = MemoryPortal()
    for record in range(1, 3_001):
        portal.add(record, minute=20)
    connector = connected(portal)
    source, window = connector.describe("contacts"), Window(at(10), at(50))
    steps = list(connector.plan(source, window).steps)
    assert planned(connector, source, window, steps[1].resume) == [c for step in steps[2:] for c in step.chunks]
    assert planned(connector, source, window, steps[-1].resume) == []


def test_a_search_that_shows_none_of_what_it_counts_is_asked_again() -> None:
    portal = MemoryPortal()
    portal.add(1, minute=20)
    hidden = iter([True, True, False])
    portal.hidden = lambda: next(hidden, False)
    assert [row["id"] for row in changes(connected(portal), "contacts", 10, 50)] == ["1"]
    portal.hidden = lambda: True
    with pytest.raises(Corrupt, match="counts 1 records and shows none"):
        changes(connected(portal), "contacts", 10, 50)


def test_when_most_changed_everything_is_listed() -> None:
    portal = MemoryPortal()
    for record in range(1, 1_001):
        portal.add(record, minute=20)
    rows = changes(connected(portal, list_from=500, chunk=300), "contacts", 10, 50)
    assert [int(row["id"]) for row in rows] == list(range(1, 1_001))
    assert not any(path == "/crm/v3/objects/contacts/batch/read" for path, _ in portal.asked)


def test_records_that_are_gone_meanwhile_are_left_to_what_tells_of_them() -> None:
    portal = MemoryPortal(properties=[listed("email")])
    for record in range(1, 6):
        portal.add(record, minute=20)
    connector = connected(portal)
    source = connector.describe("contacts")
    chunks = planned(connector, source, Window(at(10), at(50)))
    portal.records[2].archived = 40
    portal.add(9, minute=60, hs_merged_object_ids="3;4")
    del portal.records[3], portal.records[4]
    rows = drain(connector, source, chunks)
    assert [(row["id"], row["archived"]) for row in rows] == [
        ("1", False),
        ("5", False),
        ("2", True),
        ("2", True),  # from the recycle bin twice: by its id, and by the list of it
    ]


def test_a_record_that_is_missing_without_a_word_stops_the_chunk() -> None:
    portal = MemoryPortal()
    portal.add(1, minute=20)
    portal.answers["/crm/v3/objects/contacts/batch/read"] = {"status": "COMPLETE", "results": []}
    with pytest.raises(Corrupt, match="1 of 1 records are missing"):
        changes(connected(portal), "contacts", 10, 50)


def test_only_what_is_not_known_as_deleted_comes_from_the_recycle_bin() -> None:
    portal = MemoryPortal()
    for record in range(1, 5):
        portal.add(record).archived = 1
    assert [row["id"] for row in changes(connected(portal, bin_=["1", "3"]), "contacts", 15, 50)] == ["2", "4"]


@pytest.mark.parametrize(("known", "listed"), [(3_500, True), (3_501, False)], ids=["affordable", "too dear"])
def test_a_recycle_bin_is_listed_for_a_call_a_minute_of_the_window_and_no_more(known: int, *, listed: bool) -> None:
    portal = MemoryPortal()
    portal.add(7_000).archived = 20
    connector = connected(portal, bin_=[str(record) for record in range(known)])
    assert [row["id"] for row in changes(connector, "contacts", 15, 50)] == (["7000"] if listed else [])
    again = Window(at(15), at(50), again=True)
    assert [chunk.key for chunk in planned(connector, connector.describe("contacts"), again)] == ["archived"]


def test_ids_that_were_merged_are_gone_into_the_record() -> None:
    portal = MemoryPortal(properties=[listed("email"), listed("hs_merged_object_ids")])
    portal.add(9, minute=20, email="a@example.com", hs_merged_object_ids="3;4;9")
    portal.add(10, minute=20, hs_merged_object_ids="")
    rows = changes(connected(portal), "contacts", 10, 50)
    assert [(row["id"], row["archived"], row["mergedInto"], row["email"]) for row in rows] == [
        ("9", False, None, "a@example.com"),
        ("10", False, None, None),
        ("3", True, "9", None),
        ("4", True, "9", None),
    ]
    assert {row["updatedAt"] for row in rows} == {at(20)}
