"""Whatever the order, the overlap and the repetition of what was read, the table ends like the source."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.merge import MergeCounts, merge
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt, Permanent

CONNECTION = "acme-salesforce"
ROOT = datetime(2026, 1, 1, tzinfo=UTC)
THING = SourceObject(
    "Thing__c",
    "custom_objects",
    (
        SourceField("Id", FieldType.TEXT),
        SourceField("IsDeleted", FieldType.BOOLEAN),
        SourceField("SystemModstamp", FieldType.TIMESTAMP),
        SourceField("Name", FieldType.TEXT),
        SourceField("Score__c", FieldType.NUMBER, custom=True),
        SourceField("Day__c", FieldType.DATE, custom=True),
    ),
    key="Id",
    stamp="SystemModstamp",
    deleted="IsDeleted",
    columns={"name": "Name"},
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a query saw it; times are seconds."""

    id: str
    stamp: int
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that came from one query."""

    observed: int
    rows: Sequence[Row]


def at(seconds: float) -> datetime:
    return ROOT + timedelta(seconds=seconds)


def batch(rows: Iterable[Row | dict[str, Any]]) -> pa.RecordBatch:
    records = [row if isinstance(row, dict) else fields(row) for row in rows]
    return pa.RecordBatch.from_pylist(records, schema=THING.schema)


def fields(row: Row) -> dict[str, Any]:
    return {
        "Id": row.id,
        "IsDeleted": row.deleted,
        "SystemModstamp": at(row.stamp),
        "Name": row.name,
        "Score__c": float(len(row.name)),
    }


@pytest.fixture
def crm(db: Database) -> Database:
    ensure_partitions(db, CONNECTION)
    return db


def read(db: Database, part: Part) -> MergeCounts:
    with db.transaction() as conn:
        return merge(conn, THING, THING.columns, CONNECTION, at(part.observed), [batch(part.rows)])


def table(db: Database) -> dict[str, tuple[Any, ...]]:
    """Return id to (stamp, observed, present, deleted, name, score)."""
    query = """
        select id, extract(epoch from source_stamp - %(root)s)::int, extract(epoch from observed_at - %(root)s)::int,
            extract(epoch from present_at - %(root)s)::int, deleted_reason is not null, name,
            (properties ->> 'Score__c')::float
        from crm.custom_objects
    """
    with db.transaction() as conn:
        return {row[0]: row[1:] for row in conn.execute(query, {"root": ROOT})}


def state(row: Row, observed: int, present: int | None = None) -> tuple[Any, ...]:
    values = (None, None) if row.deleted else (row.name, float(len(row.name)))
    return (row.stamp, observed, observed if present is None else present, row.deleted, *values)


# A source: for each id its states one after another. Stamps are coarser than changes, so that they tie, and a
# change may move no stamp at all.
Changes = list[tuple[int, bool, bool]]
changes = st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), min_size=1, max_size=5)


def timeline(record: str, steps: Changes) -> list[tuple[int, Row]]:
    moment, stamp, states = 0, 0, []
    for pause, deleted, stampless in steps:
        moment += pause
        stamp = stamp if stampless else moment // 2 * 2
        states.append((moment, Row(record, stamp, f"{record} at {moment}", deleted)))
    return states


def seen(states: list[tuple[int, Row]], moment: int) -> Row | None:
    return next((row for since, row in reversed(states) if since <= moment), None)


def query(source: list[list[tuple[int, Row]]], began: int, delays: Sequence[int]) -> Part:
    """Read the whole source: the query begins, and comes to each row a little later."""
    rows = [seen(states, began + delay) for states, delay in zip(source, delays, strict=True)]
    return Part(began, [row for row in rows if row is not None])


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


hypothesis_on_postgres = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


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
        merge(conn, THING, {}, CONNECTION, at(10), rows)
        assert merge(conn, THING, THING.columns, CONNECTION, at(10), rows).updated == 1
        found = conn.execute("select name, properties from crm.custom_objects").fetchone()
    assert found == ("Ada", {"Score__c": 3})


def test_fields_without_a_column_become_typed_properties_without_nulls(crm: Database) -> None:
    record = fields(Row("1", 5, "Ada")) | {"Score__c": 0.1, "Day__c": date(2026, 2, 28)}
    bare = fields(Row("2", 5, "Bob")) | {"Score__c": None}
    with crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, at(10), [batch([record, bare])])
        found = conn.execute("select properties from crm.custom_objects order by id").fetchall()
    assert found == [({"Day__c": "2026-02-28", "Score__c": 0.1},), ({},)]


def test_rows_without_key_or_stamp_are_counted_and_nothing_is_merged(crm: Database) -> None:
    rows = [fields(Row("1", 5, "Ada")), fields(Row("2", 5, "Bob")), fields(Row("3", 5, "Eve"))]
    rows[1]["Id"] = None
    rows[2]["SystemModstamp"] = None
    with pytest.raises(Corrupt) as refusal, crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, at(10), [batch(rows)])
    sentence = "acme-salesforce/Thing__c: 2 of 3 rows came without Id or SystemModstamp."
    assert str(refusal.value) == sentence
    assert table(crm) == {}


def test_a_value_beyond_postgres_is_corrupt_and_not_quoted(crm: Database) -> None:
    row = fields(Row("1", 5, "Ada")) | {"SystemModstamp": None}
    broken = batch([row]).set_column(2, "SystemModstamp", pa.array([-(2**62)], pa.timestamp("us", "UTC")))
    with pytest.raises(Corrupt, match="Postgres cannot hold") as refusal, crm.transaction() as conn:
        merge(conn, THING, THING.columns, CONNECTION, at(10), [broken])
    assert refusal.value.__cause__ is None
    assert "Ada" not in str(refusal.value)


def test_other_columns_than_described_are_refused(crm: Database) -> None:
    with pytest.raises(Corrupt, match="other columns"), crm.transaction() as conn:
        merge(conn, THING, {}, CONNECTION, at(10), [batch([Row("1", 5, "Ada")]).select(["Id", "Name"])])


def test_nul_characters_are_left_out_everywhere(crm: Database) -> None:
    read(crm, Part(10, [Row("1", 5, "A\0da")]))
    with crm.transaction() as conn:
        merge(conn, THING, {}, CONNECTION, at(11), [batch([Row("2", 5, "B\0ob")])])
        found = conn.execute("select name, properties ->> 'Name' from crm.custom_objects order by id")
        assert found.fetchall() == [("Ada", None), (None, "Bob")]


def test_a_connection_without_partitions_is_told_so(db: Database) -> None:
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
        merge(conn, wide, {}, CONNECTION, at(2), [rows])
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
