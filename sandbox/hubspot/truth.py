"""The truth about a portal as JSON: records, and the ids that were merged away.

Belongs here: its shape. Does not: the records (`sandbox.hubspot.portal`).
"""

from collections.abc import Iterator
from typing import Any

from sandbox.hubspot.model import ObjectType, Record
from sandbox.hubspot.moments import written
from sandbox.hubspot.portal import Portal


def lines(portal: Portal, kind: ObjectType) -> Iterator[dict[str, Any]]:
    """Yield every record of a type, archived ones too, ascending by id; then every id that was merged away."""
    for record in portal.truth(kind):
        yield record_line(record)
    for gone, into in sorted(portal.merged(kind).items()):
        yield {"id": str(gone), "mergedInto": str(into)}


def record_line(record: Record) -> dict[str, Any]:
    """Return a record as JSON."""
    told = {
        "id": str(record.id),
        "properties": dict(record.properties),
        "createdAt": written(record.created),
        "updatedAt": written(record.updated),
        "archived": record.archived_at is not None,
    }
    return told if record.archived_at is None else told | {"archivedAt": written(record.archived_at)}
