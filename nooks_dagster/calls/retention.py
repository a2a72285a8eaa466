"""Retention: old calls go with all that was made of them; done work of calls leaves the ledger within the hour.

Belongs here: what may go, in Postgres and in the lake. Does not: when it is done (`calls.live.upkeep`,
`assets.retention`).

A million calls a day are two million items of work with as many attempts: in a week the ledger would hold 14 million.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from nooks_dagster.calls.closing.hours import key_of
from nooks_dagster.calls.consent import remove_unagreed
from nooks_dagster.calls.work import CALLS, DELIVERIES
from nooks_dagster.database import clock
from nooks_dagster.database.batches import BATCH, in_batches
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake

DONE_FOR = timedelta(minutes=30)
FORGET_DONE = f"""
    DELETE FROM work.items WHERE id IN (
        SELECT id FROM work.items
        WHERE queue IN ('{CALLS.name}', '{DELIVERIES.name}') AND state = 'done' AND finished_at < now() - %(age)s
        ORDER BY finished_at LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
"""  # noqa: S608 - names of this room; written out, so that the partial index of these queues is used
FORGET_CALLS = """
    DELETE FROM calls.calls WHERE id IN (
        SELECT id FROM calls.calls WHERE hour < %(before)s AND state <> 'accepted' ORDER BY hour LIMIT %(batch)s
        FOR UPDATE SKIP LOCKED)
"""
FORGET_ITEMS = f"""
    DELETE FROM work.items i WHERE i.queue IN ('{CALLS.name}', '{DELIVERIES.name}') AND i.state = 'dead'
      AND NOT EXISTS (SELECT FROM calls.calls c WHERE c.id = (i.payload ->> 'call')::bigint)
"""  # noqa: S608 - names of this room
FORGET_HOURS = "DELETE FROM calls.hours WHERE hour < %s"
RECORDINGS, MADE = "recordings/", "calls/"


def forget_done(db: Database) -> int:
    """Remove the items of calls and deliveries that are done for half an hour, with their attempts; return how many.

    No last one of a lane stays: how calls stand is told by their own tables.
    """
    return in_batches(db, FORGET_DONE, {"age": DONE_FOR})


def forget(db: Database, lake: Lake, age: timedelta) -> Mapping[str, int]:
    """Remove calls that were accepted so long ago: rows, recordings, transcripts; return how many.

    And what nobody agreed to, whatever its age. Killed in the middle it has removed a part; the next one goes on.
    """
    remove_unagreed(db, lake)
    with db.transaction() as conn:
        before = (clock.now(conn) - age).replace(minute=0, second=0, microsecond=0)
    calls = in_batches(db, FORGET_CALLS, {"before": before})
    with db.transaction() as conn:
        conn.execute(FORGET_ITEMS.encode())
        conn.execute(FORGET_HOURS, (before,))
    return {"calls": calls, "call_objects": _remove(lake, _old_objects(lake, before))}


def _old_objects(lake: Lake, before: datetime) -> Iterator[str]:
    """Yield what was recorded and what was made of calls that long ago, by the names of our folders.

    A dialer names what it writes itself as it likes: of that the bucket tells the age.
    """
    for folder in lake.folders(RECORDINGS):
        ours, theirs = f"{folder}day=", f"{folder}day>"
        yield from (one.name for one in lake.objects(folder, ours, f"{ours}{before:%Y-%m-%d}"))
        yield from (one.name for one in lake.objects(folder, end=ours) if one.created < before)
        yield from (one.name for one in lake.objects(folder, theirs) if one.created < before)
    for folder in lake.folders(MADE):
        yield from (one.name for one in lake.objects(folder, f"{folder}hour=", f"{folder}hour={key_of(before)}"))


def _remove(lake: Lake, names: Iterator[str]) -> int:
    removed = 0
    while batch := list(islice(names, BATCH)):
        lake.remove(batch)
        removed += len(batch)
    return removed
