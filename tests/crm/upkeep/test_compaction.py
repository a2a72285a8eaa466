"""Compaction: whatever was read, in whatever order it is folded, the raw rows still make the same table."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.upkeep import compaction, rewriting
from nooks_dagster.crm.upkeep.next_base import NextBase
from nooks_dagster.crm.work import COMPACTIONS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, LostLease
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Group
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from tests.crm.shelf import Shelf
from tests.crm.things import CONNECTION, THING, Changes, Part, Row, at, changes, query, timeline


@pytest.fixture
def shelf(db: Database, lake: Lake) -> Shelf:
    ensure_partitions(db, CONNECTION)
    return Shelf(db, lake)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything that is bounded by a number happen with a handful of rows."""
    monkeypatch.setattr(compaction, "PASS_ROWS", 3)
    monkeypatch.setattr(compaction, "SMALL_ROWS", 2)
    monkeypatch.setattr(compaction, "FEW_DELTAS", 2)
    monkeypatch.setattr(rewriting, "PART_ROWS", 2)


def names(handles: tuple[Handle, ...]) -> list[str]:
    return [handle.uri.rpartition("/")[2] for handle in handles]


def whole(source: list[Any], moment: int) -> list[Part]:
    """Read everything, in two chunks."""
    seen = query(source, moment, [0] * len(source))
    return [Part(moment, seen.rows[:2]), Part(moment, seen.rows[2:])]


def changed(source: list[Any], moment: int, since: int, until: int) -> Part:
    """Read what is stamped within some bounds."""
    seen = query(source, moment, [0] * len(source))
    return Part(moment, [row for row in seen.rows if since <= row.stamp < until])


operations = st.tuples(st.sampled_from(["history", "incremental", "reread", "compact"]), st.integers(0, 12))


@pytest.mark.usefixtures("tiny")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), histories=st.lists(changes, min_size=4, max_size=4), steps=st.lists(operations, max_size=7))
def test_rebuilt_from_the_lake_a_table_is_the_merge_of_all_parts_that_ever_landed(
    shelf: Shelf, data: st.DataObject, histories: list[Changes], steps: list[tuple[str, int]]
) -> None:
    shelf = Shelf(shelf.db, shelf.lake)
    source = [timeline(str(i), story) for i, story in enumerate(histories)]
    landed: list[Handle] = []
    for moment, (operation, bound) in enumerate([("history", 0), *steps, ("compact", 0)], 5):
        if operation == "history":
            shelf.begin_anew(whole(source, moment))
        elif operation == "incremental":
            shelf.add(changed(source, moment, bound, 99))
        elif operation == "reread":
            shelf.add(changed(source, moment, bound, bound + 4))
        else:
            landed += shelf.dataset.handles
            shelf.compact()
        landed += shelf.dataset.handles
    merged = shelf.rebuilt(data.draw(st.permutations(list(dict.fromkeys(landed)))))
    assert shelf.rebuilt(data.draw(st.permutations(list(shelf.dataset.handles)))) == merged


def test_the_newest_version_of_each_row_is_left_and_the_deleted_one_stays_as_its_tombstone(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row("1", 5, "Ada"), Row("2", 5, "Bob"), Row("3", 5, "Eve")])])
    shelf.add(Part(20, [Row("1", 15, "Ada Lovelace")]))
    shelf.add(Part(30, [Row("2", 25, "Bob", deleted=True), Row("4", 25, "new")]))
    report = shelf.compact()
    assert [(row["Id"], row["Name"], row["IsDeleted"], row["_observed_at"]) for row in shelf.rows()] == [
        ("1", "Ada Lovelace", False, at(20)),
        ("2", "Bob", True, at(30)),
        ("3", "Eve", False, at(10)),
        ("4", "new", False, at(30)),
    ]
    assert (report.before.rows, report.after.rows, report.before.parts) == (6, 4, 3)
    assert (shelf.dataset.manifest().generation, len(shelf.dataset.manifest().deltas)) == (2, 0)


def test_a_row_that_was_seen_again_with_older_values_keeps_both_times(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row("1", 9, "new")])])
    shelf.add(Part(12, [Row("1", 5, "from a slow index")]))
    before = shelf.rebuilt(shelf.dataset.handles)
    shelf.compact()
    (row,) = shelf.rows()
    assert (row["_observed_at"], row["_present_at"]) == (at(10), at(12))
    assert shelf.rebuilt(shelf.dataset.handles) == before


@pytest.mark.usefixtures("tiny")
def test_base_parts_without_a_changed_row_are_not_written_again(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row(f"{n}{i}", 5, "x") for i in range(3)]) for n in range(3)])
    kept = [shelf.dataset.handles[0], shelf.dataset.handles[2]]
    shelf.add(Part(20, [Row("11", 15, "y")]))
    shelf.compact()
    assert [handle for handle in shelf.dataset.handles if handle in kept] == kept
    assert [name[:6] for name in names(shelf.dataset.handles)].count("g0002-") == 2


@pytest.mark.usefixtures("tiny")
def test_deltas_larger_than_a_pass_are_folded_in_several(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row(str(n), 5, "x") for n in range(8)])])
    for moment in range(11, 17):
        shelf.add(Part(moment, [Row(str(n), moment, f"{moment}") for n in (1, moment % 8)]))
    shelf.compact()
    manifest = shelf.dataset.manifest()
    assert manifest.generation > 2
    assert len(shelf.rows()) == 8
    assert {row["Name"] for row in shelf.rows() if row["Id"] == "1"} == {"16"}


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen once, between the reading of a manifest and the swap."""
    build, left = NextBase.build, [happens]

    def build_slowly(self: NextBase) -> Sequence[Group]:
        base = build(self)
        if left:
            left.pop()()
        return base

    monkeypatch.setattr(NextBase, "build", build_slowly)


def test_what_a_window_publishes_meanwhile_is_not_lost(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.begin_anew([Part(10, [Row("1", 5, "old"), Row("2", 5, "other")])])
    shelf.add(Part(20, [Row("1", 15, "new")]))
    meanwhile(monkeypatch, lambda: shelf.add(Part(30, [Row("2", 25, "late")])))
    shelf.compact()
    assert [row["Name"] for row in shelf.rows()] == ["new", "late"]


def test_a_refresh_that_ends_meanwhile_makes_the_compaction_useless_and_harmless(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.begin_anew([Part(10, [Row("1", 5, "old")])])
    shelf.add(Part(20, [Row("1", 15, "new")]))
    meanwhile(monkeypatch, lambda: shelf.begin_anew([Part(30, [Row("1", 25, "refreshed")])]))
    shelf.compact()
    assert [row["Name"] for row in shelf.rows()] == ["refreshed"]


def test_of_two_compactions_at_once_the_one_that_holds_the_lease_ends(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row(str(n), 5, "old") for n in range(5)])])
    shelf.add(Part(20, [Row("1", 15, "new")]))
    slow = shelf.claim()
    with shelf.db.transaction() as conn:
        conn.execute("update work.items set lease_until = now() - interval '1 second'")
    (fast,) = shelf.ledger.claim(COMPACTIONS, limit=1, suspects=True)
    problems: list[BaseException] = []

    def run(claim: Claim) -> None:
        try:
            shelf.compaction.run(claim)
        except LostLease as lost:
            problems.append(lost)

    threads = [threading.Thread(target=run, args=(claim,)) for claim in (slow, fast)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(problems) == 1
    assert [row["Name"] for row in shelf.rows()] == ["old", "new", "old", "old", "old"]
    assert shelf.dataset.manifest().generation == 2


def test_a_part_of_an_older_release_counts_as_observed_when_its_chunk_was(shelf: Shelf) -> None:
    old = Part(10, [Row("1", 5, "old"), Row("2", 5, "stays")])
    shelf.begin_anew([old])
    without = THING.schema
    rows = shelf.dataset.to_arrow(without.names)
    handle = shelf.dataset.write(rows.to_batches(), without, "older-release")
    with shelf.db.transaction() as conn:
        conn.execute(
            """insert into lake.parts (uri, dataset, rows, bytes, sha256, shape, observed_at)
            select %s, dataset, %s, %s, %s, shape, %s from lake.parts limit 1""",
            (handle.uri, handle.rows, handle.bytes, handle.sha256, at(10)),
        )
    shelf.dataset.replace([handle], without)
    shelf.add(Part(20, [Row("1", 5, "seen later with the same stamp")]))
    before = shelf.rebuilt(shelf.dataset.handles)
    shelf.compact()
    assert [(row["Name"], row["_observed_at"]) for row in shelf.rows()] == [
        ("seen later with the same stamp", at(20)),
        ("stays", at(10)),
    ]
    assert shelf.rebuilt(shelf.dataset.handles) == before


def test_a_part_that_is_in_no_catalog_is_named_and_nothing_changes(shelf: Shelf) -> None:
    shelf.begin_anew([Part(10, [Row("1", 5, "a")])])
    shelf.add(Part(20, [Row("1", 15, "b")]))
    before = shelf.dataset.manifest()
    with shelf.db.transaction() as conn:
        conn.execute("delete from lake.parts")
    with pytest.raises(Corrupt, match=r"in no catalog\. Materialise its object with refresh: true"):
        shelf.compact()
    assert shelf.dataset.manifest() == before
