"""Which fields came, went or changed their type at the source, and when that was noticed.

Belongs here: comparing a description of an object with the one before. Does not: what follows from it. A new field is
read for old rows too (`crm.rows.drift`), one that is gone takes nothing along but itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.schemas import recall, remember
from nooks_dagster.crm.work import lane_of

LATELY = timedelta(days=7)  # as long as somebody should see that fields changed

# Not the shape that was seen last: rows may come with fewer fields than their object has.
DESCRIBED = """
    SELECT hash FROM crm.schemas WHERE connection_id = %s AND source_object = %s AND described_at IS NOT NULL
    ORDER BY described_at DESC LIMIT 1
"""
MARK = "UPDATE crm.schemas SET described_at = now() WHERE connection_id = %s AND source_object = %s AND hash = %s"
NOTE = """
    INSERT INTO crm.schema_changes (connection_id, source_object, canonical, field, was, became)
    VALUES (%s, %s, %s, %s, %s, %s)
"""
NOTICED = """
    SELECT c.workspace, s.connection_id AS connection, s.source_object AS source, s.canonical, s.field, s.was, s.became,
        s.noticed_at
    FROM crm.schema_changes s JOIN workspaces.connections c ON c.id = s.connection_id
    WHERE s.noticed_at > now() - %s AND (%s::text IS NULL OR c.workspace = %s)
    ORDER BY s.noticed_at DESC, s.id DESC
"""


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A field that came (it `was` nothing), went (it `became` nothing) or was retyped; the types are ours."""

    workspace: str
    connection: str
    source: str
    canonical: str
    field: str
    was: str | None
    became: str | None
    noticed_at: datetime

    @property
    def lane(self) -> str:
        """Return connection and object."""
        return lane_of(self.connection, self.source)

    @property
    def words(self) -> str:
        """Say what happened to the field."""
        if self.was is None:
            return f"came, as {self.became}"
        return "went" if self.became is None else f"was {self.was}, is {self.became}"


def learn(conn: psycopg.Connection[Any], connection: str, source: SourceObject) -> str:
    """Remember an object as it was described just now, and what that changes; return the hash of its shape."""
    row = conn.execute(DESCRIBED, (connection, source.name)).fetchone()
    digest = remember(conn, connection, source)
    conn.execute(MARK, (connection, source.name, digest))
    if row and row[0] != digest:
        _note(conn, connection, recall(conn, connection, source.name, row[0]), source)
    return digest


def schema_changes(
    conn: psycopg.Connection[Any], span: timedelta, workspace: str | None = None
) -> Sequence[SchemaChange]:
    """Return what was noticed within a span until now, the latest first, of one workspace or of all."""
    cursor = conn.cursor(row_factory=class_row(SchemaChange))
    return cursor.execute(NOTICED, (span, workspace, workspace)).fetchall()


def _note(conn: psycopg.Connection[Any], connection: str, before: SourceObject, now: SourceObject) -> None:
    was, becomes = ({field.name: str(field.type) for field in one.fields} for one in (before, now))
    changed = [name for name in sorted(was.keys() | becomes.keys()) if was.get(name) != becomes.get(name)]
    rows = [(connection, now.name, now.canonical, name, was.get(name), becomes.get(name)) for name in changed]
    with conn.cursor() as cursor:
        cursor.executemany(NOTE, rows)
