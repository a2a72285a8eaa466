"""What an hour of a workspace's calls came to: its numbers in `calls.hours`, and a row for each call in Parquet.

Belongs here: counting, and the columns. Does not: when an hour is closed (`calls.closing.closing`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb
from pydantic import JsonValue

from nooks_dagster.database.pool import Database

PAGE = 5_000
MOMENT = pa.timestamp("us", tz="UTC")
METRICS = pa.schema(
    {
        "call": pa.int64(),
        "direction": pa.string(),
        "disposition": pa.string(),
        "started_at": MOMENT,
        "duration_ms": pa.int64(),
        "contact_outcome": pa.string(),
        "connection_id": pa.string(),
        "contact_object": pa.string(),
        "contact_id": pa.string(),
        "account_id": pa.string(),
        "opportunity_id": pa.string(),
        "talk_ms_rep": pa.int64(),
        "talk_ms_prospect": pa.int64(),
        "silence_ms": pa.int64(),
        "longest_monologue_ms": pa.int64(),
        "interruptions": pa.int32(),
        "questions": pa.int32(),
        "words": pa.int32(),
        "recorded_at": MOMENT,
        "version": pa.string(),
    }
)
_ROWS = f"""
    select {", ".join(METRICS.names)} from calls.records
    where workspace = %s and hour = %s and call > %s order by call limit {PAGE}
"""  # noqa: S608 - constants of this module
_COUNT = """
    insert into calls.hours as h
        (hour, workspace, accepted, recorded, refused, dead, open, p50_ms, p95_ms, closed_at, datasets)
    select %(hour)s, %(workspace)s, count(*), count(*) filter (where c.state = 'recorded'),
        count(*) filter (where c.state = 'refused'), count(*) filter (where c.state = 'dead'),
        count(*) filter (where c.state = 'accepted'),
        percentile_disc(0.5) within group (order by r.ms), percentile_disc(0.95) within group (order by r.ms),
        %(closed_at)s, %(datasets)s
    from calls.calls c left join lateral (
        select (1000 * extract(epoch from recorded_at - c.accepted_at))::bigint as ms
        from calls.records where call = c.id
    ) r on true
    where c.hour = %(hour)s and c.workspace = %(workspace)s
    on conflict (hour, workspace) do update set accepted = excluded.accepted, recorded = excluded.recorded,
        refused = excluded.refused, dead = excluded.dead, open = excluded.open, p50_ms = excluded.p50_ms,
        p95_ms = excluded.p95_ms, closed_at = excluded.closed_at, datasets = excluded.datasets
    returning hour, workspace, accepted, recorded, refused, dead, open, p50_ms, p95_ms
"""


@dataclass(frozen=True, slots=True)
class HourNumbers:
    """What the calls of an hour came to; the milliseconds are from accepted to recorded, None without a record."""

    hour: datetime
    workspace: str
    accepted: int
    recorded: int
    refused: int
    dead: int
    open: int
    p50_ms: int | None
    p95_ms: int | None


def metric_rows(db: Database, workspace: str, hour: datetime) -> Iterator[pa.RecordBatch]:
    """Yield the metrics of each recorded call, by call, some thousands in a transaction."""
    after, size = 0, PAGE
    while size == PAGE:
        with db.transaction() as conn:
            rows = conn.cursor(row_factory=dict_row).execute(_ROWS.encode(), (workspace, hour, after)).fetchall()
        if size := len(rows):
            after = rows[-1]["call"]
            yield pa.RecordBatch.from_pylist(rows, schema=METRICS)


def note_hour(
    conn: psycopg.Connection[Any],
    workspace: str,
    hour: datetime,
    closed_at: datetime,
    datasets: Mapping[str, JsonValue],
) -> HourNumbers:
    """Count the calls of an hour and remember it as closed, in the caller's transaction.

    Args:
        conn: A transaction.
        workspace: Whose calls.
        hour: Its beginning.
        closed_at: What is made of its calls from then on is late.
        datasets: Where its rows lie: name to handle.
    """
    values = {"workspace": workspace, "hour": hour, "closed_at": closed_at, "datasets": Jsonb(datasets)}
    return conn.cursor(row_factory=class_row(HourNumbers)).execute(_COUNT, values).fetchall()[0]
