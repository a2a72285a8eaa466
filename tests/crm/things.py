"""A source whose rows change, are deleted and come back, and what queries saw of it, for tests of merge and folding."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.crm.rows.raw import observed
from nooks_dagster.database.pool import Database

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
        SourceField("MasterRecordId", FieldType.TEXT),
    ),
    key="Id",
    stamp="SystemModstamp",
    deleted="IsDeleted",
    columns={"name": "Name"},
    merged_into="MasterRecordId",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a query saw it; times are seconds."""

    id: str
    stamp: int
    name: str
    deleted: bool = False
    winner: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that came from one query."""

    observed: int
    rows: Sequence[Row]


def at(seconds: float) -> datetime:
    return ROOT + timedelta(seconds=seconds)


def batch(rows: Iterable[Row | dict[str, Any]], began: int = 10) -> pa.RecordBatch:
    records = [row if isinstance(row, dict) else fields(row) for row in rows]
    return observed(pa.RecordBatch.from_pylist(records, schema=THING.schema), at(began))


def fields(row: Row) -> dict[str, Any]:
    return {
        "Id": row.id,
        "IsDeleted": row.deleted,
        "SystemModstamp": at(row.stamp),
        "Name": row.name,
        "Score__c": float(len(row.name)),
        "MasterRecordId": row.winner,
    }


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
