"""Retention: what is finished goes after some days, with its attempts and its parts; so do launches.

Belongs here: what may go. Does not: dead letters, which wait for a person, and what is not done; when it is done
(`schedules.retention`).

200 workspaces every 15 minutes finish some 300,000 items a day.
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.database.batches import in_batches
from nooks_dagster.database.pool import Database

# The last of a lane stays: it tells how the lane stands.
ITEMS = """
    DELETE FROM work.items WHERE id IN (
        SELECT i.id FROM work.items i
        WHERE i.parent IS NULL AND i.state = 'done' AND i.finished_at < now() - %(age)s AND EXISTS (
            SELECT FROM work.items later
            WHERE later.queue = i.queue AND later.scope = i.scope AND later.lane = i.lane
              AND later.parent IS NULL AND later.id > i.id)
        ORDER BY i.finished_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""
# The last of a scope stays: the next one is numbered after it, and Dagster starts no number twice.
LAUNCHES = """
    DELETE FROM work.launches WHERE (scope, n) IN (
        SELECT l.scope, l.n FROM work.launches l
        WHERE l.ended_at < now() - %(age)s
          AND EXISTS (SELECT FROM work.launches later WHERE later.scope = l.scope AND later.n > l.n)
        LIMIT %(batch)s)
"""


def forget(db: Database, age: timedelta) -> Mapping[str, int]:
    """Remove what was finished so long ago; return how many items, not counting their parts, and launches."""
    return {what: in_batches(db, rows, {"age": age}) for what, rows in (("items", ITEMS), ("launches", LAUNCHES))}
