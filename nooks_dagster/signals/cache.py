"""The cache: an answer to the same question about the same documents is not bought twice.

Belongs here: looking one up. Does not: its key (`signals.questions`), keeping answers (`signals.committing`).
"""

from datetime import timedelta
from typing import Any, NamedTuple

import psycopg

from nooks_dagster.signals.reports import Status


class Hit(NamedTuple):
    """An answer that was made from the same; `holds` says that its time has not run out."""

    answer: int
    status: Status
    reason: str
    model: str
    key: str
    holds: bool


def look_up(conn: psycopg.Connection[Any], cache_key: str, early: timedelta) -> Hit | None:
    """Return the newest answer of a key that is of use: one that holds, or that asking again would only repeat.

    An error is none. What no document showed may be shown the next time, so it is of use while it holds.

    Args:
        conn: A transaction.
        cache_key: Of the question and the documents.
        early: An answer that runs out so soon holds no more.
    """
    row = conn.execute(_LOOK_UP, {"key": cache_key, "early": early}).fetchone()
    return Hit(int(row[0]), Status(row[1]), row[2], row[3], cache_key, bool(row[4])) if row else None


_LOOK_UP = """
    select id, status, reason, model, expires_at > now() + %(early)s from signals.answers
    where cache_key = %(key)s and status <> 'error'
      and (expires_at > now() + %(early)s or status <> 'insufficient_evidence')
    order by id desc limit 1
"""
