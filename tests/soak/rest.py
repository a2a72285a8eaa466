"""Whether a workspace rests: nothing is left that would go on by itself within the hour.

Belongs here: that question, and letting the hour pass. Does not: waiting for it (`soak`).

An object that may not be read is tried once an hour. Until then its lane is blocked, and with it the parts of its
window, one that a killed run held too, and the windows behind it: a refresh that was asked for meanwhile is due, and
does not move.
"""

from collections.abc import Callable
from typing import Any

Ask = Callable[[str, Any], list[tuple[Any, ...]]]
"""Asks the platform's database; while that does not answer there are no rows."""

# A workspace whose connections were not looked into yet has one item, or none.
MOVING = """
    WITH open AS (
        SELECT *, state = 'blocked' AND due_at > now() AS held, coalesce(lease_until > now(), false) AS in_hand
        FROM work.items
        WHERE scope = %(scope)s AND state <> 'done' AND (state <> 'waiting' OR fence > 0 OR due_at <= now())
    )
    SELECT (SELECT count(*) FROM work.launches WHERE scope = %(scope)s AND ended_at IS NULL)
        + (SELECT count(*) FROM open i WHERE in_hand OR NOT EXISTS (
            SELECT FROM open h WHERE h.held AND (h.id IN (i.id, i.parent)
                OR i.serial AND h.queue = i.queue AND h.lane = i.lane AND h.id < i.id)))
    FROM work.items WHERE scope = %(scope)s HAVING count(*) > 1
"""
BLOCKED = "SELECT lane, reason FROM work.items WHERE scope = %(scope)s AND state = 'blocked'"
AN_HOUR_LATER = "UPDATE work.items SET due_at = now() WHERE scope = %(scope)s AND state = 'blocked'"


class Rest:
    """The rest of one workspace.

    Args:
        ask: Its platform's database.
        workspace: Which.
    """

    def __init__(self, ask: Ask, workspace: str) -> None:
        self._ask = ask
        self._values = {"scope": f"crm/{workspace}"}

    def reached(self) -> bool:
        """Say whether nothing moves: all is done, or waits for a lane that is blocked for an hour."""
        return self._ask(MOVING, self._values) == [(0,)]

    def blocked(self) -> set[tuple[str, str]]:
        """Return the lanes that are blocked, with the reason."""
        return {(lane, reason) for lane, reason in self._ask(BLOCKED, self._values)}

    def let_an_hour_pass(self) -> None:
        """Let what is blocked be tried again now."""
        self._ask(AN_HOUR_LATER, self._values)
