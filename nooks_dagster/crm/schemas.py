"""The shapes that source objects had: a window is read with one field list from its first chunk to its last.

Belongs here: remembering a described object under its hash, and finding it again.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.failures import Permanent

REMEMBER = """
    INSERT INTO crm.schemas (connection_id, source_object, hash, fields) VALUES (%s, %s, %s, %s)
    ON CONFLICT (connection_id, source_object, hash) DO UPDATE SET seen_at = now()
"""
RECALL = "SELECT fields FROM crm.schemas WHERE connection_id = %s AND source_object = %s AND hash = %s"


def remember(conn: psycopg.Connection[Any], connection: str, source: SourceObject) -> str:
    """Keep the shape of an object; return the hash it is known by."""
    shape = asdict(source)
    digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]
    conn.execute(REMEMBER, (connection, source.name, digest, Jsonb(shape)))
    return digest


def recall(conn: psycopg.Connection[Any], connection: str, source: str, digest: str) -> SourceObject:
    """Return the shape that an object had.

    Raises:
        Permanent: The shape was never kept.
    """
    row = conn.execute(RECALL, (connection, source, digest)).fetchone()
    if row is None:
        raise Permanent(f"its shape {digest} is not in crm.schemas", subject=f"{connection}/{source}")
    shape = dict(row[0])
    fields = tuple(SourceField(f["name"], FieldType(f["type"]), f["custom"]) for f in shape.pop("fields"))
    return SourceObject(**shape, fields=fields)
