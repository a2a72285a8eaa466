"""Planning: items of work become rows, in the transaction of what they are about.

Belongs here: the one statement that adds an item. Does not: what changes it afterwards (`ledger.ledger`).
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.ledger.items import NewItem

PLAN = """
    INSERT INTO work.items (queue, scope, lane, key, parent, serial, class, payload, release, due_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, now() + %s))
    ON CONFLICT (queue, lane, key) DO NOTHING
"""


def plan(conn: psycopg.Connection[Any], items: Iterable[NewItem], release: str) -> int:
    """Remember items in the caller's transaction; return how many are new.

    Args:
        conn: In a transaction.
        items: What is to be done; those that were planned before stay as they are.
        release: The release that plans, written on each item.
    """
    with conn.cursor() as cursor:
        cursor.executemany(PLAN, [_row(item, release) for item in items])
        return max(cursor.rowcount, 0)


def _row(item: NewItem, release: str) -> tuple[Any, ...]:
    identity = (item.queue.name, item.scope, item.lane, item.key)
    rest = (item.parent, item.queue.serial, item.work_class, Jsonb(item.payload), release, item.due_at, item.due_in)
    return identity + rest
