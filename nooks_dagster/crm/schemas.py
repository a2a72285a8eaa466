"""The shapes that source objects had: a part is merged and published under the one that it was read with.

Belongs here: remembering a described object under its hash, and finding it again. An administrator may take a
field away in the middle of a window: what had landed by then keeps the shape that it has.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject
from nooks_dagster.failures import Corrupt

REMEMBER = """
    INSERT INTO crm.schemas (connection_id, source_object, hash, fields) VALUES (%s, %s, %s, %s)
    ON CONFLICT (connection_id, source_object, hash) DO UPDATE SET seen_at = now()
"""
RECALL = "SELECT fields FROM crm.schemas WHERE connection_id = %s AND source_object = %s AND hash = %s"


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
    shape = dict(row[0])
    fields = tuple(SourceField(f["name"], FieldType(f["type"]), f["custom"]) for f in shape.pop("fields"))
    return SourceObject(**shape, fields=fields)
