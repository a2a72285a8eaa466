"""The catalog: every part that was landed, in Postgres, committed together with the work that landed it.

Belongs here: `lake.parts`. Does not: what a dataset consists of, which its manifest alone decides.
A part that no manifest names can be found here and removed.
"""

import psycopg

from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.handle import Handle

_ADD = """
    insert into lake.parts as known (uri, dataset, rows, bytes, sha256, item_id)
    values (%s, %s, %s, %s, %s, %s)
    on conflict (uri) do update set uri = excluded.uri where known.sha256 = excluded.sha256
"""
_PARTS = "select uri, rows, bytes, sha256 from lake.parts where dataset = %s order by created_at, uri"


def add_part(conn: psycopg.Connection, dataset: str, handle: Handle, item_id: int | None) -> None:
    """Record a part in the caller's transaction; recording it twice is recording it once.

    Args:
        conn: In a transaction.
        dataset: The dataset's prefix.
        handle: The uploaded part.
        item_id: The item of work that landed it.

    Raises:
        Corrupt: The name is known with other bytes.
    """
    row = (handle.uri, dataset, handle.rows, handle.bytes, handle.sha256, item_id)
    if conn.execute(_ADD, row).rowcount != 1:
        raise Corrupt("A part was catalogued before with other bytes.", subject=handle.uri)


def forget_part(conn: psycopg.Connection, uri: str) -> None:
    """Strike a part from the catalog in the caller's transaction: its bytes can no longer be trusted."""
    conn.execute("delete from lake.parts where uri = %s", (uri,))


def parts(conn: psycopg.Connection, dataset: str) -> list[Handle]:
    """Return the parts of a dataset, oldest first."""
    return [Handle(*row) for row in conn.execute(_PARTS, (dataset,))]
