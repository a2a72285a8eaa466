"""What waited for something that a person has changed is due at once.

Belongs here: all lanes of a failure. Does not: one lane that somebody asks for (`Ledger.expedite`).
"""

from typing import Any

import psycopg

from nooks_dagster.failures import Failure, word_for

_RESUME = "UPDATE work.items SET due_at = now() WHERE state = 'waiting' AND failure = %s AND due_at > now()"


def resume(conn: psycopg.Connection[Any], failure: type[Failure]) -> int:
    """Make due what waits for the end of a failure, in the caller's transaction; return how many items."""
    return conn.execute(_RESUME, (word_for(failure("")),)).rowcount
