"""Dead letters and blocked lanes: what waits for a person, and how it is sent again.

Belongs here: listing and replaying. Does not: deciding what dies (`ledger.verdicts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from nooks_dagster.database.pool import Database

LIST = """
    SELECT id, queue, scope, lane, key, state, failure, reason, due_at AS retried_at,
        (SELECT count(*) FROM work.attempts a WHERE a.item_id = i.id) AS attempts
    FROM work.items i WHERE state = %s ORDER BY id LIMIT 20
"""
COUNT = "SELECT count(*) FROM work.items WHERE state = 'dead' AND scope = %s"
REVIVE = """
    UPDATE work.items SET state = 'waiting', due_at = now(), attempts = 0, deaths = least(deaths, 1), finished_at = NULL
    WHERE state IN ('dead', 'blocked') AND id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An item that needs a person: dead, or blocked until `retried_at`."""

    id: int
    queue: str
    scope: str
    lane: str
    key: str
    state: str
    failure: str | None
    reason: str | None
    retried_at: datetime
    attempts: int


class DeadLetters:
    """Dead and blocked items of one database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def dead(self) -> Sequence[DeadLetter]:
        """Return items that were given up, the 20 oldest first."""
        return self._list("dead")

    def blocked(self) -> Sequence[DeadLetter]:
        """Return items that hold up their lane, the 20 oldest first."""
        return self._list("blocked")

    def count(self, scope: str) -> int:
        """Return how many items of a scope were given up."""
        with self._db.transaction() as conn:
            ((count,),) = conn.execute(COUNT, (scope,)).fetchall()
        return int(count)

    def replay(self, ids: Sequence[int]) -> int:
        """Make dead or blocked items due again; return how many there were."""
        with self._db.transaction() as conn:
            return conn.execute(REVIVE, (list(ids),)).rowcount

    def _list(self, state: str) -> Sequence[DeadLetter]:
        with self._db.transaction() as conn:
            return conn.cursor(row_factory=class_row(DeadLetter)).execute(LIST, (state,)).fetchall()
