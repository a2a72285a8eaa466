"""Rebuilding the rows of Postgres from the lake: the parts of a dataset are merged again, and no CRM is asked.

Belongs here: which datasets, which parts. Does not: the merge itself (`crm.sync.chunks`).

The merge is the same as ever, so a rebuild may go beside anything else, and rows that are right stay untouched. If the
base was replaced since a rebuild was planned, it is planned anew: what it was to read may be gone by now.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import Chunk, Plan, Step
from nooks_dagster.crm.rows.schemas import known_objects
from nooks_dagster.crm.sync.watermarks import watermark
from nooks_dagster.crm.work import Request, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.manifest import Manifest
from nooks_dagster.ledger.items import Claim, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Connection

# Chunks that are done stay, for their counts.
DROP_UNFINISHED = "DELETE FROM work.items WHERE parent = %s AND state <> 'done'"


def rebuilds(conn: psycopg.Connection[Any], connection: Connection, request: Request, key: str) -> list[NewItem]:
    """Return the work of rebuilding what is wanted of a connection, by the objects that it was read with."""
    return [
        WindowTask(connection.workspace, connection.id, source, canonical, WindowKind.REBUILD).item(
            f"{WindowKind.REBUILD}:{key}", WorkClass.ASKED
        )
        for source, canonical in known_objects(conn, connection.id)
        if request.wants(canonical) and canonical in OBJECTS
    ]


def begin(db: Database, manifest: Manifest, ledger: Ledger, claim: Claim) -> Mapping[str, Any] | None:
    """Return the progress that a rebuild goes on from, or None while the object has no complete history.

    Args:
        db: The platform's database.
        manifest: Of the dataset, as it is now.
        ledger: Where progress is recorded.
        claim: The rebuild.
    """
    task = WindowTask.of(claim.item)
    if claim.item.progress.get("generation") != manifest.generation:
        with db.transaction() as conn:
            until = watermark(conn, task.connection, task.source)
            if until is None:
                return None
            conn.execute(DROP_UNFINISHED, (claim.item.id,))
            ledger.advance(conn, claim, {"generation": manifest.generation, "until": until.isoformat()})
    return claim.item.progress


def published_parts(manifest: Manifest, resume: Mapping[str, str] | None = None) -> Plan:
    """Return the parts of a manifest as a plan, in the order of their publication."""
    return Plan(_steps(manifest, resume["key"] if resume else ""), sum(part.handle.rows for part in manifest.parts))


def _steps(manifest: Manifest, after: str) -> Iterator[Step]:
    for number, part in enumerate(manifest.parts):
        key = f"g{manifest.generation:04d}-{number:05d}"
        if key > after:
            spec = {name: str(value) for name, value in part.handle.to_json().items()}
            yield Step((Chunk(key, spec),), {"key": key})
