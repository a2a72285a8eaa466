"""What has become of the parts of an item: how many are open, when the next is due, what they add up to.

Belongs here: reading a parent's children, and parting with them. Does not: deciding when the parent is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

OPEN = """
    SELECT count(*), greatest(min(coalesce(lease_until, due_at)) - now(), interval '0')
    FROM work.items WHERE parent = %s AND state IN ('waiting', 'leased', 'blocked')
"""
ANY_OPEN = "SELECT EXISTS (SELECT FROM work.items WHERE parent = %s AND state IN ('waiting', 'leased', 'blocked'))"
# Not those that are tried again just now: they were in flight when the first blocked their parent, an hour ago.
BLOCKED = """
    SELECT parent, min(reason) FROM work.items
    WHERE parent = ANY(%s) AND state = 'blocked' AND due_at > now() + interval '1 minute' GROUP BY parent
"""
TOTALS = """
    SELECT entry.key, sum(entry.value::numeric)::bigint
    FROM work.items i CROSS JOIN jsonb_each(i.outcome) AS entry
    WHERE i.parent = %s AND i.state = 'done' AND jsonb_typeof(entry.value) = 'number' GROUP BY entry.key
"""

# Whoever still works on one finds another fence at its commit.
DETACH = """
    WITH detached AS (
        UPDATE work.items SET parent = NULL, state = 'done', fence = fence + 1, holder = NULL, lease_until = NULL,
            outcome = CASE WHEN state = 'done' THEN outcome ELSE '{"superseded": true}' END,
            finished_at = coalesce(finished_at, now())
        WHERE parent = %s RETURNING id
    )
    UPDATE work.attempts a SET ended_at = now(), outcome = 'superseded'
    FROM detached d WHERE a.item_id = d.id AND a.ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Children:
    """The parts of one item; `totals` adds up the numbers of their outcomes."""

    open: int
    next_in: timedelta
    totals: Mapping[str, int]


def any_open(conn: psycopg.Connection[Any], parent: int) -> bool:
    """Say whether a part of an item is unfinished; cheap, for asking all the time."""
    ((found,),) = conn.execute(ANY_OPEN, (parent,)).fetchall()
    return bool(found)


def blocked_parts(conn: psycopg.Connection[Any], parents: Sequence[int]) -> Mapping[int, str]:
    """Return why parts of items are blocked, by the id of the item."""
    rows = conn.execute(BLOCKED, (list(parents),)) if parents else ()
    return {parent: reason or "one of its parts is blocked" for parent, reason in rows}


def children(conn: psycopg.Connection[Any], parent: int) -> Children:
    """Return what has become of the parts of an item."""
    ((count, next_in),) = conn.execute(OPEN, (parent,)).fetchall()
    totals = {key: int(total) for key, total in conn.execute(TOTALS, (parent,))}
    return Children(count, next_in or timedelta(), totals)


def detach(conn: psycopg.Connection[Any], parent: int) -> None:
    """End all parts of an item, whoever holds them; what they committed stays, the parent has none any more."""
    conn.execute(DETACH, (parent,))
