"""Which days of which workspaces have changes that `crm/changes` does not tell yet, and what became of those it does.

Belongs here: the record of what was derived, compared with what the syncs brought since. Does not: deriving
(`crm.changes.deriving`).

Rows come late: a source was down for a night, an index lagged, somebody had a day read again. So a day is never closed;
it is due again when a window that reaches into it has brought rows since it was derived. A tick that is missed loses
nothing: the next one finds the same days.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from nooks_dagster.crm.work import SWEEPS, WINDOWS, WindowKind
from nooks_dagster.database import clock

LOOK_BACK = timedelta(days=7)  # as long as the lake keeps the versions that a compaction folds away

PATIENCE = timedelta(hours=26)  # a night, and two hours for it
MOST_NAMED = 50  # workspaces in a run's config, which is bounded

NOTE = """
    INSERT INTO crm.change_days AS d (day, connection_id, derived_at, rows) VALUES (%s, %s, %s, %s)
    ON CONFLICT (day, connection_id) DO UPDATE
        SET derived_at = greatest(d.derived_at, excluded.derived_at), rows = excluded.rows
"""
# A history brings all days at once, which are no news: those somebody wants are derived when he asks. A sweep finds
# rows of any age, and those that vanished on the day that it ends.
DUE = """
    WITH brought AS (
        SELECT payload ->> 'workspace' AS workspace, payload ->> 'connection' AS connection, finished_at,
            coalesce(((progress ->> 'since')::timestamptz AT TIME ZONE 'UTC')::date, %(oldest)s) AS first,
            greatest((progress ->> 'until')::timestamptz, CASE WHEN queue = %(sweeps)s THEN finished_at END)
                AT TIME ZONE 'UTC' AS last
        FROM work.items
        WHERE queue IN (%(windows)s, %(sweeps)s) AND parent IS NULL AND state = 'done'
            AND finished_at > now() - %(look_back)s AND (outcome ->> 'rows')::bigint > 0
            AND payload ->> 'kind' <> ALL(%(whole)s)
    )
    SELECT g.day::date, b.workspace, min(b.finished_at) AS since
    FROM brought b
    CROSS JOIN LATERAL generate_series(greatest(b.first, %(oldest)s), least(b.last, %(newest)s), interval '1 day')
        AS g (day)
    JOIN workspaces.connections c ON c.id = b.connection AND c.state <> 'removed'
    LEFT JOIN crm.change_days d ON d.day = g.day::date AND d.connection_id = b.connection
    WHERE d.derived_at IS NULL OR d.derived_at < b.finished_at
    GROUP BY 1, 2 ORDER BY 1, 2
"""
WHOLE = [WindowKind.HISTORY, WindowKind.REFRESH, WindowKind.REBUILD]


def note_derived(conn: psycopg.Connection[Any], day: date, connection: str, began: datetime, rows: int) -> None:
    """Remember that a day of a connection tells what had landed when deriving it began."""
    conn.execute(NOTE, (day, connection, began, rows))


def due_days(conn: psycopg.Connection[Any]) -> Mapping[date, Mapping[str, datetime]]:
    """Return the days before today that have news, each with its workspaces and since when; yesterday is among them."""
    yesterday = clock.now(conn).date() - timedelta(days=1)
    values: dict[str, Any] = {"windows": WINDOWS.name, "sweeps": SWEEPS.name, "whole": WHOLE, "look_back": LOOK_BACK}
    values |= {"newest": yesterday, "oldest": yesterday - LOOK_BACK}
    found: dict[date, dict[str, datetime]] = {yesterday: {}}
    for day, workspace, since in conn.execute(DUE, values):
        found.setdefault(day, {})[workspace] = since
    return dict(sorted(found.items()))


def overdue_days(conn: psycopg.Connection[Any]) -> Sequence[tuple[date, str, datetime]]:
    """Return the days that have had news for longer than a night, with the workspace and since when."""
    longest = clock.now(conn) - PATIENCE
    found = [(day, name, since) for day, waiting in due_days(conn).items() for name, since in waiting.items()]
    return sorted((one for one in found if one[2] < longest), key=lambda one: one[2])


def forget_before(conn: psycopg.Connection[Any], day: date) -> None:
    """Forget what was derived of the days before one."""
    conn.execute("DELETE FROM crm.change_days WHERE day < %s", (day,))


def named_workspaces(waiting: Mapping[str, datetime]) -> Sequence[str]:
    """Return the workspaces to name in a run's config; none stands for all."""
    return sorted(waiting) if len(waiting) <= MOST_NAMED else []
