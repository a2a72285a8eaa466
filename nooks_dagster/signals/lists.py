"""The lists of the subjects of batches: where they lie, and when they go.

Belongs here: names, and removing. Does not: a list (`lake.lists`), who is on it (`signals.planning`).
"""

from collections.abc import Sequence
from datetime import timedelta

from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake

FOLDER = "signals/batches"


def name_of(workspace: str, signal: str, key: str) -> str:
    """Return the name of a batch's list in the lake."""
    return f"{FOLDER}/workspace={workspace}/signal={signal}/{key.replace(':', '-')}.json"


def forget_lists(db: Database, lake: Lake, age: timedelta) -> int:
    """Remove the lists of that age whose batches are over; return how many."""
    gone = 0
    with db.transaction() as conn:
        before = clock.now(conn) - age
    waiting: list[str] = []
    for stored in lake.objects(f"{FOLDER}/"):
        if stored.created < before:
            waiting.append(stored.name)
        if len(waiting) == _AT_ONCE:
            gone += _forget(db, lake, waiting)
            waiting = []
    return gone + _forget(db, lake, waiting)


def _forget(db: Database, lake: Lake, names: Sequence[str]) -> int:
    uris = [lake.uri(name) for name in names]
    with db.transaction() as conn:
        needed = {uri for (uri,) in conn.execute(_NEEDED, (uris,))}
    over = [name for name, uri in zip(names, uris, strict=True) if uri not in needed]
    lake.remove(over)
    return len(over)


_AT_ONCE = 1_000
_NEEDED = """
    select payload -> 'subjects' ->> 'uri' from work.items
    where queue = 'signals.batches' and state in ('waiting', 'leased', 'blocked', 'dead')
      and payload -> 'subjects' ->> 'uri' = any(%s)
"""
