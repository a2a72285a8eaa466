"""The tasks that clients made in an org, for who wants to know whether each call was logged once.

Belongs here: what is told of each. Does not: making them (`sandbox.salesforce.writing`).
"""

from collections.abc import Iterator
from typing import Any

from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.living.row import PURGED

KEY = "Nooks_Call_Id__c"
_REFERENCES = ("WhoId", "WhatId", "AccountId", "OwnerId")


def activities(name: str, living: Living, key: str = KEY) -> Iterator[dict[str, Any]]:
    """Yield the tasks that clients made in an org of a name, in the order in which they were, deleted ones too."""
    with living.overlay.reading():
        rows = living.overlay.rows["Task"] if "Task" in living.tables else None
        made = [row for row in rows.around(0) if row.base is None and not row.like] if rows else []
        times = {row.id: rows.versions(row.id) for row in made} if rows else {}
    for row in made:
        fields = {field: value for field, value in row.values.items() if value not in (None, False)}
        yield {
            "connection": name,
            "key": row.values.get(key),
            "id": to18(row.id),
            "deleted": row.deleted or row.state == PURGED,
            "writes": times[row.id],
            "fields": fields,
            "associations": {field: fields[field] for field in _REFERENCES if field in fields},
        }
