"""Giving up items for what takes their place; whoever works on one finds another fence at its commit.

Belongs here: ending what was not begun, and the parts of what was. Does not: deciding it; failing (`ledger.verdicts`).
"""

from collections.abc import Sequence
from typing import Any

import psycopg

GIVEN_UP = "given_up"
"""Stands in the outcome of an item that was given up before it was begun, and in the progress of one that was."""

# In the order in which the work itself locks them: parts, then their parent.
END = """
    WITH ended AS (
        UPDATE work.items SET state = 'done', fence = fence + 1, holder = NULL, lease_until = NULL,
            outcome = '{"given_up": 1}', finished_at = now()
        WHERE (parent = ANY(%(ids)s) OR (id = ANY(%(ids)s) AND progress = '{}'))
          AND state IN ('waiting', 'leased', 'blocked') RETURNING id
    )
    UPDATE work.attempts a SET ended_at = now(), outcome = 'given up'
    FROM ended WHERE a.item_id = ended.id AND a.ended_at IS NULL
"""
CUT_SHORT = """
    WITH cut AS (
        UPDATE work.items SET state = 'waiting', due_at = now(), fence = fence + 1, holder = NULL, lease_until = NULL,
            progress = progress || '{"given_up": true}'
        WHERE id = ANY(%(ids)s) AND state IN ('waiting', 'leased', 'blocked') RETURNING id
    )
    UPDATE work.attempts a SET ended_at = now(), outcome = 'given up'
    FROM cut WHERE a.item_id = cut.id AND a.ended_at IS NULL
"""


def give_up(conn: psycopg.Connection[Any], ids: Sequence[int]) -> None:
    """Give up items, in the caller's transaction: what nobody has begun is done.

    What was begun loses the parts that are not done, and is due now: whoever claims it closes it with what it has.
    """
    values = {"ids": list(ids)}
    conn.execute(END, values)
    conn.execute(CUT_SHORT, values)
