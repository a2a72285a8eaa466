"""The catalog: every part that was landed, in Postgres, committed together with the work that landed it.

Belongs here: `lake.parts`. Does not: what a dataset consists of, which its manifest alone decides.
A part that no manifest names can be found here and removed (`crm.upkeep.janitor`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.handle import Handle

_ADD = """
    insert into lake.parts as known (uri, dataset, rows, bytes, sha256, item_id, shape)
    values (%s, %s, %s, %s, %s, %s, %s)
    on conflict (uri) do update set uri = excluded.uri where known.sha256 = excluded.sha256
"""
_PARTS = "select uri, shape, observed_at from lake.parts where dataset = %s"
_LANDED = """
    select uri, rows, bytes, sha256 from lake.parts where dataset = %s and created_at >= %s order by created_at, uri
"""
_DATASETS = "select distinct dataset from lake.parts where starts_with(dataset, %s) order by 1"
_EXPIRED = "select uri, bytes from lake.parts where dataset = %s and unnamed_at < now() - %s"
_MARK = """
    update lake.parts set unnamed_at = case when uri = any(%(named)s) then null else now() end
    where dataset = %(dataset)s and (unnamed_at is null) <> (uri = any(%(named)s))
"""


@dataclass(frozen=True, slots=True)
class CatalogedPart:
    """What is known of a part beside its handle.

    `shape` is what its rows were read with, in the words of who landed it; `observed_at` is when that was, for parts
    whose rows do not say it.
    """

    uri: str
    shape: str
    observed_at: datetime | None


def add_part(conn: psycopg.Connection, dataset: str, handle: Handle, item_id: int | None, shape: str) -> None:
    """Record a part in the caller's transaction; recording it twice is recording it once.

    Args:
        conn: In a transaction.
        dataset: The dataset's prefix.
        handle: The uploaded part.
        item_id: The item of work that landed it.
        shape: What its rows were read with.

    Raises:
        Corrupt: The name is known with other bytes.
    """
    row = (handle.uri, dataset, handle.rows, handle.bytes, handle.sha256, item_id, shape)
    if conn.execute(_ADD, row).rowcount != 1:
        raise Corrupt("A part was catalogued before with other bytes.", subject=handle.uri)


def cataloged(conn: psycopg.Connection, dataset: str) -> Mapping[str, CatalogedPart]:
    """Return the parts of a dataset by their addresses."""
    rows = conn.cursor(row_factory=class_row(CatalogedPart)).execute(_PARTS, (dataset,))
    return {part.uri: part for part in rows}


def landed_since(conn: psycopg.Connection, dataset: str, moment: datetime) -> list[Handle]:
    """Return the parts of a dataset that landed at a moment or later, whether a manifest names them or not."""
    return [Handle(*part) for part in conn.execute(_LANDED, (dataset, moment))]


def datasets(conn: psycopg.Connection, prefix: str) -> list[str]:
    """Return the datasets below a prefix that have parts."""
    return [dataset for (dataset,) in conn.execute(_DATASETS, (prefix,))]


def datasets_of(conn: psycopg.Connection, prefix: str, place: str) -> list[str]:
    """Return the datasets below a prefix that end with a place, and have parts."""
    return [dataset for dataset in datasets(conn, prefix) if dataset.endswith(f"/{place}")]


def forget_dataset(conn: psycopg.Connection, dataset: str) -> None:
    """Strike all parts of a dataset from the catalog in the caller's transaction."""
    conn.execute("delete from lake.parts where dataset = %s", (dataset,))


def expired(conn: psycopg.Connection, dataset: str, kept: timedelta) -> Mapping[str, int]:
    """Return the bytes of each part that no manifest has named for so long."""
    return dict(conn.execute(_EXPIRED, (dataset, kept)))


def mark_unnamed(conn: psycopg.Connection, dataset: str, named: Collection[str]) -> None:
    """Note from when on parts of a dataset are named by its manifest no more.

    Args:
        conn: In a transaction.
        dataset: The dataset's prefix.
        named: The addresses that its manifest names, or that unfinished work needs.
    """
    conn.execute(_MARK, {"dataset": dataset, "named": list(named)})


def forget_parts(conn: psycopg.Connection, uris: Collection[str]) -> None:
    """Strike parts from the catalog in the caller's transaction: their bytes are of no use."""
    conn.execute("delete from lake.parts where uri = any(%s)", (list(uris),))
