"""Redelivering: the activities of some hours that were given up are sent again.

Belongs here: which they are. Does not: reviving them (`calls.reprocessing.replay`), or activities that nobody owed when
the call was recorded: its record is made again for those.
"""

from collections.abc import Sequence
from datetime import datetime

from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reprocessing.replay import MOST, Replay, replay
from nooks_dagster.database.pool import Database

_DEAD = f"""
    select distinct d.call from calls.deliveries d join calls.calls c on c.id = d.call
    where d.state = 'dead' and c.hour = any(%(hours)s) and d.call > %(after)s
        and (%(workspaces)s::text[] is null or c.workspace = any(%(workspaces)s))
    order by d.call limit {MOST}
"""  # noqa: S608 - a number


def redeliver(db: Database, hours: Sequence[datetime], workspaces: Sequence[str], asked_by: str) -> int:
    """Send again what was given up of some hours, of all workspaces or of some; return of how many calls."""
    values = {"hours": list(hours), "workspaces": list(workspaces) or None}
    sent, after, size = 0, 0, MOST
    while size == MOST:
        with db.transaction() as conn:
            calls = [call for (call,) in conn.execute(_DEAD.encode(), {**values, "after": after})]
        if size := len(calls):
            after = calls[-1]
            sent += replay(db, Replay(asked_by, Stage.DELIVER, ids=calls, dry_run=False)).replayed
    return sent
