"""The subjects of a batch, in the lake: the ledger keeps only the handle.

Belongs here: writing and reading the lists. Does not: who is on them (`signals.cutting`).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from pydantic import JsonValue

from nooks_dagster.database import clock
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.errors import disk_errors
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

FOLDER = "signals/batches"


def name_of(workspace: str, signal: str, key: str) -> str:
    """Return the name of a batch's list in the lake."""
    return f"{FOLDER}/workspace={workspace}/signal={signal}/{key.replace(':', '-')}.json"


def write_list(lake: Lake, name: str, subjects: Sequence[str]) -> Handle:
    """Write a list; doing it twice is doing it once.

    Raises:
        Transient: The lake does not answer.
    """
    path = lake.scratch / uuid4().hex
    try:
        with disk_errors(path.parent):
            path.write_text(json.dumps(list(subjects)), encoding="utf-8")
        return lake.upload(path, name, len(subjects))
    finally:
        path.unlink(missing_ok=True)


def read_list(lake: Lake, handle: Mapping[str, JsonValue]) -> Sequence[str]:
    """Return the subjects of a list.

    Raises:
        Missing: It is gone.
        Corrupt: It is not what was written.
        Transient: The lake does not answer.
    """
    with lake.fetched(Handle.from_json(handle)) as path:
        subjects = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(subjects, list) or not all(isinstance(subject, str) for subject in subjects):
        raise Corrupt("The list of a batch holds no subjects.", subject=str(handle["uri"]))
    return subjects


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
