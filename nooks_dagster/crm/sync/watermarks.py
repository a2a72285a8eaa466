"""Watermarks: up to which moment of the source's clock all changes of an object are durable here.

Belongs here: reading and moving them: forward only, in the transaction that finishes a window.
Does not: where a watermark may move to (`crm.sync.windows`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg

READ = "SELECT watermark FROM crm.watermarks WHERE connection_id = %s AND source_object = %s"
READ_ALL = "SELECT source_object, watermark FROM crm.watermarks WHERE connection_id = %s"
MOVE = """
    INSERT INTO crm.watermarks AS w (connection_id, source_object, watermark) VALUES (%s, %s, %s)
    ON CONFLICT (connection_id, source_object)
    DO UPDATE SET watermark = excluded.watermark, established_at = now() WHERE excluded.watermark > w.watermark
"""


def watermark(conn: psycopg.Connection[Any], connection: str, source: str) -> datetime | None:
    """Return the watermark of an object, or None before its history is complete."""
    row = conn.execute(READ, (connection, source)).fetchone()
    return row[0] if row else None


def watermarks(conn: psycopg.Connection[Any], connection: str) -> Mapping[str, datetime]:
    """Return the watermark of each object of a connection whose history is complete."""
    return dict(conn.execute(READ_ALL, (connection,)))


def move_watermark(conn: psycopg.Connection[Any], connection: str, source: str, to: datetime) -> None:
    """Move the watermark of an object forward, in the caller's transaction."""
    conn.execute(MOVE, (connection, source, to))
