"""Calls of the day: durable, and forgotten at midnight where the account is.

Belongs here: the count of each pool of calls. Does not: the seconds (`limits`), who tells it (`account`).
"""

from sandbox.hubspot.http.days import day
from sandbox.store import Store


class Usage:
    """Calls by portal and pool: `api`, and `associations` beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def used(self, portal: str, pool: str, now: int) -> int:
        """Return the calls of this day."""
        sql = "SELECT calls FROM usage WHERE portal = ? AND pool = ? AND day = ?"
        rows = self._store.run(sql, portal, pool, day(now))
        return int(rows[0][0]) if rows else 0

    def spend(self, portal: str, pool: str, now: int, allowed: int) -> int | None:
        """Count one call, and return how many there were today; None, and nothing counted, if that were too many."""
        rows = self._store.run(
            "INSERT INTO usage SELECT ?1, ?2, ?3, 1 WHERE ?4 > 0 "
            "ON CONFLICT DO UPDATE SET calls = calls + 1 WHERE calls < ?4 RETURNING calls",
            portal,
            pool,
            day(now),
            allowed,
        )
        return int(rows[0][0]) if rows else None

    def set(self, portal: str, used: int, now: int) -> None:
        """Let this day have had so many calls."""
        self._store.run("INSERT OR REPLACE INTO usage VALUES (?, 'api', ?, ?)", portal, day(now), used)
