"""The cache: an answer to the same question about the same documents is not bought twice.

Belongs here: looking one up. Does not: its key (`signals.questions`), keeping answers (`signals.committing`).
"""

from typing import Any, NamedTuple

import psycopg

from nooks_dagster.signals.reports import Status


class Hit(NamedTuple):
    """An answer that was made from the same; `holds` says that its time has not run out."""

    answer: int
    status: Status
    holds: bool


def look_up(conn: psycopg.Connection[Any], cache_key: str) -> Hit | None:
    """Return the newest answer of a key that is of use: one that holds, or that asking again would only repeat.

    An error is none. What no document showed may be shown the next time, so it is of use while it holds.
    """
    row = conn.execute(_LOOK_UP, (cache_key,)).fetchone()
    return Hit(int(row[0]), Status(row[1]), bool(row[2])) if row else None


_LOOK_UP = """
    select id, status, expires_at > now() from signals.answers
    where cache_key = %s and status <> 'error' and (expires_at > now() or status <> 'insufficient_evidence')
    order by id desc limit 1
"""
