"""Removing by the thousand: many rows go, some in a transaction, so that nobody waits long for a lock.

Belongs here: doing a statement again until nothing is left for it. Does not: what may go.
"""

from collections.abc import Mapping
from typing import Any

from nooks_dagster.database.pool import Database

BATCH = 2_000  # rows, 0.2 s on a busy machine; 300,000 items of work take half a minute


def in_batches(db: Database, statement: str, values: Mapping[str, Any]) -> int:
    """Do a statement that changes at most `%(batch)s` rows until it changes fewer; return how many in all.

    Killed in the middle it has done a part; the next one goes on.
    """
    changed, some = 0, BATCH
    while some == BATCH:
        with db.transaction() as conn:
            some = conn.execute(statement.encode(), {**values, "batch": BATCH}).rowcount
        changed += some
    return changed
