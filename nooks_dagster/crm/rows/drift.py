"""Fields that come, or change their type: rows that were read without them are read again.

Belongs here: remembering the fields that every row was read with, and asking for a refresh when there are more.
Does not: reading (a refresh is a window like any other), fields that go, which take nothing along but themselves.

A new field moves no stamp: no window of time would ever bring its values for old rows.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import Any

import psycopg

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.work import WindowKind, WindowTask
from nooks_dagster.ledger.items import Item, NewItem, WorkClass

KNOWN = "SELECT fields FROM crm.watermarks WHERE connection_id = %s AND source_object = %s FOR UPDATE"
ASKED = "SELECT FROM work.items WHERE queue = %s AND lane = %s AND key = %s"
# Not begun yet: it will be read with the fields that the object has then.
AWAITED = """
    SELECT FROM work.items WHERE queue = %s AND lane = %s AND payload ->> 'kind' = 'refresh'
        AND state IN ('waiting', 'blocked') AND progress = '{}'
"""
LEARN = "UPDATE crm.watermarks SET fields = %s WHERE connection_id = %s AND source_object = %s"
UNLEARN = """
    UPDATE crm.watermarks SET fields = ARRAY(SELECT unnest(fields) EXCEPT SELECT unnest(%s::text[]) ORDER BY 1)
    WHERE connection_id = %s AND source_object = %s AND fields IS NOT NULL
"""


def follow_up(
    conn: psycopg.Connection[Any],
    window: Item,
    now: SourceObject,
    shapes: Collection[SourceObject] | None,
) -> NewItem | None:
    """Return the refresh that a window makes necessary, or None; its watermark stands already.

    Args:
        conn: In the transaction that closes the window.
        window: The window.
        now: The object as it was described last.
        shapes: As its rows came, if it read every row of the object; else None.
    """
    task, described = WindowTask.of(window), _fields(now)
    row = conn.execute(KNOWN, (task.connection, task.source)).fetchone()
    known = frozenset(row[0]) if row and row[0] is not None else described
    if shapes is not None:
        known = reduce(and_, map(_fields, shapes), described)
    conn.execute(LEARN, (sorted(known), task.connection, task.source))
    missing = sorted(described - known)
    if not missing or conn.execute(AWAITED, (task.queue.name, task.lane)).fetchone() is not None:
        return None
    cause = window.id if shapes is None else hashlib.sha256(",".join(missing).encode()).hexdigest()[:16]
    refresh = replace(task, kind=WindowKind.REFRESH, since=None, until=None)
    item = refresh.item(f"{WindowKind.REFRESH}:fields:{cause}", WorkClass.HISTORY)
    if shapes is not None and conn.execute(ASKED, (item.queue.name, item.lane, item.key)).fetchone() is not None:
        # What a refresh did not bring either is not asked for a third time, nor after each window to come.
        conn.execute(LEARN, (sorted(described), task.connection, task.source))
        return None
    return item


def unlearn(
    conn: psycopg.Connection[Any], connection: str, shapes: Sequence[SourceObject], names: Collection[str]
) -> None:
    """Take note that no row has some fields any more: should they come back, all rows are read again."""
    gone = {f"{field.name}:{field.type}" for shape in shapes for field in shape.fields if field.name in names}
    conn.execute(UNLEARN, (sorted(gone), connection, shapes[0].name))


def _fields(source: SourceObject) -> frozenset[str]:
    return frozenset(f"{field.name}:{field.type}" for field in source.fields)
