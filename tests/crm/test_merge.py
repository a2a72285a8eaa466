"""Whatever the order, the overlap and the repetition of what was read, the table ends like the source."""

import json
import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.lifecycle.belongings import Owner, drop_partitions
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.rows.merge import MergeCounts, merge
from nooks_dagster.crm.rows.properties import properties
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Permanent
from tests.crm.things import (
    CONNECTION,
    THING,
    Changes,
    Part,
    Row,
    at,
    batch,
    changes,
    fields,
    query,
    state,
    table,
    timeline,
)


@pytest.fixture
def crm(db: Database) -> Database:
    ensure_partitions(db, CONNECTION)
    return db


def read(db: Database, part: Part) -> MergeCounts:
    with db.transaction() as conn:
        return merge(conn, THING, THING.columns, CONNECTION, [batch(part.rows, part.observed)])


def shuffled_with_replays(data: st.DataObject, parts: list[Part]) -> list[Part]:
    pieces = [Part(part.observed, rows) for part in parts for rows in (part.rows[:2], part.rows[1:])]
    again = data.draw(st.lists(st.sampled_from(pieces), max_size=4))
    return data.draw(st.permutations(pieces + again))


def merge_all(db: Database, parts: list[Part]) -> dict[str, tuple[Any, ...]]:
    with db.transaction() as conn:
        conn.execute("delete from crm.custom_objects")
    for part in parts:
        read(db, part)
    return table(db)


hypothesis_on_postgres = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@hypothesis_on_postgres
@given(data=st.data(), histories=st.lists(changes, min_size=3, max_size=3))
def test_the_latest_query_wins_in_any_order_overlap_and_replay(
    crm: Database, data: st.DataObject, histories: list[Changes]
) -> None:
    source = [timeline(str(i), steps) for i, steps in enumerate(histories)]
    began = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True))
    parts = [query(source, moment, [0, 0, 0]) for moment in began]
    model: dict[str, tuple[Any, ...]] = {}
    for part in sorted(parts, key=lambda p: p.observed):
        model |= {row.id: state(row, part.observed) for row in part.rows}
    assert merge_all(crm, shuffled_with_replays(data, parts)) == model


@hypothesis_on_postgres
@given(data=st.data(), histories=st.lists(changes, min_size=3, max_size=3))
def test_slow_queries_that_saw_the_future_do_not_spoil_the_end(
    crm: Database, data: st.DataObject, histories: list[Changes]
) -> None:
    source = [timeline(str(i), steps) for i, steps in enumerate(histories)]
    slow = st.tuples(st.integers(0, 20), st.lists(st.integers(0, 9), min_size=3, max_size=3))
    parts = [query(source, began, delays) for began, delays in data.draw(st.lists(slow, max_size=4))]
    last = query(source, 50, [0, 0, 0])
    model = {row.id: state(row, 50) for row in last.rows}
    assert merge_all(crm, shuffled_with_replays(data, [*parts, last])) == model


@hypothesis_on_postgres
@given(data=st.data(), stamps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_without_deletions_any_observations_at_all_converge(
    crm: Database, data: st.DataObject, stamps: list[tuple[int, int]]
) -> None:
    assume(len(set(stamps)) > 1)
    parts = [Part(observed, [Row("1", stamp, f"{stamp}/{observed}")]) for stamp, observed in stamps]
    stamp, observed = max(stamps)
    model = {"1": state(Row("1", stamp, f"{stamp}/{observed}"), observed, max(o for _, o in stamps))}
    assert merge_all(crm, data.draw(st.permutations(parts))) == model


def test_of_two_rows_with_one_stamp_the_later_query_wins(crm: Database) -> None:
    read(crm, Part(20, [Row("1", 5, "fresh")]))
    read(crm, Part(10, [Row("1", 5, "from a slow page")]))
    assert table(crm) == {"1": state(Row("1", 5, "fresh"), 20)}


def test_a_tombstone_keeps_id_version_and_reason_but_no_values(crm: Database) -> None:
    read(crm, Part(10, [Row("1", 5, "Ada")]))
    counts = read(crm, Part(20, [Row("1", 15, "Ada", deleted=True)]))
    assert counts == MergeCounts(read=1, inserted=0, updated=0, unchanged=0, deleted=1)
    with crm.transaction() as conn:
        found = conn.execute("select name, properties, deleted_reason from crm.custom_objects").fetchall()
    assert found == [(None, {}, "deleted")]


def fates(db: Database) -> list[tuple[Any, ...]]:
    with db.transaction() as conn:
        query = "select id, deleted_reason, merged_into, name, properties ? 'MasterRecordId' from crm.custom_objects"
        return conn.execute(query).fetchall()


def test_a_row_that_was_merged_names_the_winner_until_it_is_seen_otherwise(crm: Database) -> None:
    read(crm, Part(10, [Row("1", 5, "Ada")]))
    counts = read(crm, Part(20, [Row("1", 15, "Ada", deleted=True, winner="2")]))
    assert (counts.deleted, fates(crm)) == (1, [("1", "merged", "2", None, False)])
    read(crm, Part(30, [Row("1", 15, "Ada", deleted=True, winner="3")]))
    assert fates(crm) == [("1", "merged", "3", None, False)]
    read(crm, Part(40, [Row("1", 25, "Ada", deleted=True)]))
    assert fates(crm) == [("1", "deleted", None, None, False)]
    read(crm, Part(50, [Row("1", 35, "Ada")]))
    assert fates(crm) == [("1", None, None, "Ada", False)]


def test_a_source_that_names_no_winners_has_deleted_rows_only(crm: Database) -> None:
    mute = replace(THING, merged_into=None)
    with crm.transaction() as conn:
        merge(conn, mute, mute.columns, CONNECTION, [batch([Row("1", 15, "Ada", deleted=True, winner="2")])])
    assert fates(crm) == [("1", "deleted", None, None, False)]


def test_a_late_older_page_does_not_raise_the_dead(crm: Database) -> None:
    read(crm, Part(20, [Row("1", 15, "Ada", deleted=True)]))
    read(crm, Part(10, [Row("1", 5, "Ada")]))
    assert table(crm) == {"1": state(Row("1", 15, "", deleted=True), 20)}


def test_a_row_that_comes_back_brings_its_values_even_with_its_old_stamp(crm: Database) -> None:
    read(crm, Part(20, [Row("1", 15, "Ada", deleted=True)]))
    read(crm, Part(30, [Row("1", 5, "Ada")]))
    assert table(crm) == {"1": state(Row("1", 5, "Ada"), 30)}


def test_an_older_value_is_not_taken_but_its_row_counts_as_seen(crm: Database) -> None:
    read(crm, Part(10, [Row("1", 9, "new")]))
    counts = read(crm, Part(12, [Row("1", 5, "old")]))
    assert counts.unchanged == 1
    assert table(crm) == {"1": state(Row("1", 9, "new"), 10, present=12)}


def test_an_id_that_comes_twice_in_a_batch_is_taken_once_at_its_latest(crm: Database) -> None:
    rows = [Row("1", 5, "old"), Row("1", 7, "new"), Row("1", 6, "between"), Row("2", 1, "other")]
    assert read(crm, Part(10, rows)) == MergeCounts(read=4, inserted=2, updated=0, unchanged=2, deleted=0)
    assert table(crm)["1"] == state(Row("1", 7, "new"), 10)


def versions(db: Database) -> list[Any]:
    with db.transaction() as conn:
        return conn.execute("select id, xmin::text, synced_at from crm.custom_objects order by id").fetchall()


def test_a_replay_writes_nothing(crm: Database) -> None:
    part = Part(10, [Row("1", 5, "Ada"), Row("2", 5, "Bob", deleted=True)])
    assert read(crm, part) == MergeCounts(read=2, inserted=1, updated=0, unchanged=0, deleted=1)
    before = versions(crm)
    assert read(crm, part) == MergeCounts(read=2, inserted=0, updated=0, unchanged=2, deleted=0)
    assert versions(crm) == before


def test_synced_at_moves_with_the_values_and_not_with_the_look(crm: Database) -> None:
    def synced() -> Any:
        return versions(crm)[0][2]

    read(crm, Part(10, [Row("1", 5, "Ada")]))
    first = synced()
    assert read(crm, Part(11, [Row("1", 5, "Ada")])).unchanged == 1
    assert synced() == first
    assert read(crm, Part(12, [Row("1", 6, "Ada")])).updated == 1
    assert synced() > first


def test_another_mapping_is_applied_by_merging_the_same_rows_again(crm: Database) -> None:
    rows = [batch([Row("1", 5, "Ada")])]
    with crm.transaction() as conn:
        merge(conn, THING, {}, CONNECTION, rows)
        assert merge(conn, THING, THING.columns, CONNECTION, rows).updated == 1
        found = conn.execute("select name, properties from crm.custom_objects").fetchone()
    assert found == ("Ada", {"Score__c": 3})


def test_fields_without_a_column_become_typed_properties_without_nulls(crm: Database) -> None:
    record = fields(Row("1", 5, "Ada")) | {"Score__c": 0.1, "Day__c": date(2026, 2, 28)}
    bare = fields(Row("2", 5, "Bob")) | {"Score__c": None}
    with crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, [batch([record, bare])])
        found = conn.execute("select properties from crm.custom_objects order by id").fetchall()
    assert found == [({"Day__c": "2026-02-28", "Score__c": 0.1},), ({},)]


def test_properties_come_in_the_order_in_which_postgres_keeps_their_keys(db: Database) -> None:
    names = ["hs_lead_status", "fax", "é", "zz", "Zz", "z", "persona", 'a "b"', "company"]
    (text,) = properties(pa.RecordBatch.from_pylist([dict.fromkeys(names, "x")]), names).to_pylist()
    with db.transaction() as conn:
        (kept,) = conn.execute("select %s::jsonb::text", [text]).fetchone() or ("",)
    assert list(json.loads(text)) == list(json.loads(kept))


def test_rows_without_key_or_stamp_are_counted_and_nothing_is_merged(crm: Database) -> None:
    rows = [fields(Row("1", 5, "Ada")), fields(Row("2", 5, "Bob")), fields(Row("3", 5, "Eve"))]
    rows[1]["Id"] = None
    rows[2]["SystemModstamp"] = None
    with pytest.raises(Corrupt) as refusal, crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, [batch(rows)])
    sentence = "acme-salesforce/Thing__c: 2 of 3 rows came without Id, SystemModstamp or _observed_at."
    assert str(refusal.value) == sentence
    assert table(crm) == {}


def test_a_value_beyond_postgres_is_corrupt_and_not_quoted(crm: Database) -> None:
    row = fields(Row("1", 5, "Ada")) | {"SystemModstamp": None}
    broken = batch([row]).set_column(2, "SystemModstamp", pa.array([-(2**62)], pa.timestamp("us", "UTC")))
    with pytest.raises(Corrupt, match="Postgres cannot hold") as refusal, crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, [broken])
    assert refusal.value.__cause__ is None
    assert "Ada" not in str(refusal.value)


def test_other_columns_than_described_are_refused(crm: Database) -> None:
    with pytest.raises(Corrupt, match="other columns"), crm.transaction() as conn:
        merge(conn, THING, {}, CONNECTION, [batch([Row("1", 5, "Ada")]).select(["Id", "Name"])])


def test_nul_characters_are_left_out_everywhere(crm: Database) -> None:
    read(crm, Part(10, [Row("1", 5, "A\0da")]))
    with crm.transaction() as conn:
        merge(conn, THING, {}, CONNECTION, [batch([Row("2", 5, "B\0ob")], 11)])
        found = conn.execute("select name, properties ->> 'Name' from crm.custom_objects order by id")
        assert found.fetchall() == [("Ada", None), (None, "Bob")]


def test_a_connection_without_partitions_is_told_so(db: Database) -> None:
    drop_partitions(db, Owner("acme", CONNECTION))
    with pytest.raises(Permanent, match="no partition for this connection"):
        read(db, Part(10, [Row("1", 5, "Ada")]))


def test_an_object_of_800_fields_fits(crm: Database) -> None:
    names = [f"A_rather_long_custom_field_name_{i}__c" for i in range(800)]
    wide = SourceObject(
        "Wide__c",
        "custom_objects",
        (*THING.fields[:3], *(SourceField(name, FieldType.TEXT, custom=True) for name in names)),
        key="Id",
        stamp="SystemModstamp",
    )
    record = {"Id": "1", "SystemModstamp": at(1), **dict.fromkeys(names, "a value that is not long")}
    rows = pa.RecordBatch.from_pylist([record], schema=wide.schema)
    with crm.transaction() as conn:
        merge(conn, wide, {}, CONNECTION, [observed(rows, at(2))])
        found = conn.execute("select count(*) from crm.custom_objects, jsonb_object_keys(properties)").fetchone()
    assert found == (800,)


def test_merges_of_the_same_rows_at_once_do_not_block_each_other_for_ever(crm: Database) -> None:
    rows = [Row(f"{i:04d}", i % 7, "x") for i in range(2000)]
    problems: list[Exception] = []

    def run(observed: int, mine: list[Row]) -> None:
        try:
            for repeat in range(3):
                read(crm, Part(observed + repeat, mine))
        except Exception as problem:  # noqa: BLE001 - whatever it is, the test shows it
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(10, rows)), threading.Thread(target=run, args=(20, rows[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    assert {row[1] for row in table(crm).values()} == {22}
