"""Rows that come in the order of their ids are not sorted again; any other order ends the same."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import psycopg
import pyarrow as pa
import pytest

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.rows.merge import MergeCounts, merge
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTE = SourceObject(
    "Note__c",
    "custom_objects",
    (
        SourceField("Id", FieldType.TEXT),
        SourceField("SystemModstamp", FieldType.TIMESTAMP),
        SourceField("Name", FieldType.TEXT),
    ),
    key="Id",
    stamp="SystemModstamp",
    columns={"name": "Name"},
)


@pytest.fixture
def conn(db: Database) -> Iterator[psycopg.Connection]:
    ensure_partitions(db, "acme")
    with db.transaction() as conn:
        yield conn


def read(conn: psycopg.Connection, *batches: Sequence[str]) -> MergeCounts:
    """Merge rows that are named by their ids, the later ones with a later stamp."""
    parts = [
        observed(
            pa.RecordBatch.from_pylist(
                [{"Id": name, "SystemModstamp": NOW + timedelta(seconds=number), "Name": f"{number}"} for name in ids],
                schema=NOTE.schema,
            ),
            NOW,
        )
        for number, ids in enumerate(batches)
    ]
    return merge(conn, NOTE, NOTE.columns, "acme", parts)


def names(conn: psycopg.Connection) -> dict[str, str]:
    return dict(conn.execute("select id, name from crm.custom_objects").fetchall())


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param((["a", "b"], ["c"]), id="in order"),
        pytest.param((["a", "c"], ["b"]), id="each batch in order, but not the whole"),
        pytest.param((["a", "b"], ["b", "c"]), id="the last id of a batch again in the next"),
        pytest.param((["c", "b", "a"], []), id="backwards"),
        pytest.param((["b", "c"], [], ["a", "c"]), id="with an empty batch between"),
        pytest.param((["Z", "a", "é"],), id="as bytes, not as people sort"),
        pytest.param((["a", "a\0", "b"],), id="two ids that are one without their NUL"),
    ],
)
def test_each_id_is_merged_once_with_its_latest_values(
    conn: psycopg.Connection, batches: Sequence[Sequence[str]]
) -> None:
    latest = {name.replace("\0", ""): str(number) for number, ids in enumerate(batches) for name in ids}
    counts = read(conn, *batches)
    assert names(conn) == latest
    assert (counts.read, counts.inserted) == (sum(map(len, batches)), len(latest))
