"""The shapes that source objects had: a part is merged and published under the one that it was read with.

Belongs here: remembering a described object under its hash, and finding it again. An administrator may take a
field away in the middle of a window: what had landed by then keeps the shape that it has.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject, Volatile
from nooks_dagster.failures import Corrupt

REMEMBER = """
    INSERT INTO crm.schemas (connection_id, source_object, hash, fields) VALUES (%s, %s, %s, %s)
    ON CONFLICT (connection_id, source_object, hash) DO UPDATE SET seen_at = now()
"""
RECALL = "SELECT fields FROM crm.schemas WHERE connection_id = %s AND source_object = %s AND hash = %s"
KNOWN = """
    SELECT DISTINCT source_object, fields ->> 'canonical' FROM crm.schemas WHERE connection_id = %s ORDER BY 1, 2
"""
SHAPES = "SELECT source_object, fields FROM crm.schemas WHERE connection_id = %s ORDER BY source_object, seen_at DESC"
TABLES = """
    SELECT DISTINCT ON (source_object) source_object, fields ->> 'canonical' FROM crm.schemas
    WHERE connection_id = %s ORDER BY source_object, seen_at DESC, hash
"""
LATEST = """
    SELECT hash FROM crm.schemas WHERE connection_id = %s AND source_object = %s ORDER BY seen_at DESC, hash LIMIT 1
"""


def fingerprint(source: SourceObject) -> str:
    """Return the hash that a shape is known by."""
    return hashlib.sha256(json.dumps(asdict(source), sort_keys=True).encode()).hexdigest()[:16]


def remember(conn: psycopg.Connection[Any], connection: str, source: SourceObject) -> str:
    """Keep the shape of an object; return the hash it is known by."""
    digest = fingerprint(source)
    conn.execute(REMEMBER, (connection, source.name, digest, Jsonb(asdict(source))))
    return digest


def recall(conn: psycopg.Connection[Any], connection: str, source: str, digest: str) -> SourceObject:
    """Return the shape that an object had.

    Raises:
        Corrupt: It is not kept; what was read with it is to be fetched again.
    """
    row = conn.execute(RECALL, (connection, source, digest)).fetchone()
    if row is None:
        raise Corrupt(f"Its shape {digest} is not in crm.schemas.", subject=f"{connection}/{source}")
    return _shape(row[0])


def latest(conn: psycopg.Connection[Any], connection: str, source: str) -> SourceObject:
    """Return the shape that an object was last read with.

    Raises:
        Corrupt: It was never read.
    """
    row = conn.execute(LATEST, (connection, source)).fetchone()
    return recall(conn, connection, source, row[0] if row else "")


def known_objects(conn: psycopg.Connection[Any], connection: str) -> list[tuple[str, str]]:
    """Return each source object that was ever read over a connection, with its canonical object."""
    return [(source, canonical) for source, canonical in conn.execute(KNOWN, (connection,))]


def latest_tables(conn: psycopg.Connection[Any], connection: str) -> dict[str, str]:
    """Return the canonical object that each source object of a connection was last read as."""
    return dict(conn.execute(TABLES, (connection,)))


def shapes_of(conn: psycopg.Connection[Any], connection: str) -> dict[str, list[SourceObject]]:
    """Return every shape that each source object of a connection had, the latest first."""
    found: dict[str, list[SourceObject]] = {}
    for source, fields in conn.execute(SHAPES, (connection,)):
        found.setdefault(source, []).append(_shape(fields))
    return found


def _shape(stored: Mapping[str, Any]) -> SourceObject:
    return SourceObject(**{**stored, "fields": tuple(map(_field, stored["fields"]))})


def _field(stored: Mapping[str, Any]) -> SourceField:
    volatile = stored.get("volatile")  # an older release did not ask
    kind = FieldType(stored["type"])
    return SourceField(stored["name"], kind, stored["custom"], Volatile(volatile) if volatile else None)
