"""Which hours there are to work in and to close: items of work by the database's clock, planned as often as one likes.

Belongs here: planning them. Does not: live workers (`calls.live.worker`), closing (`calls.closing.closing`), runs (the
sensors).

Hours that passed while nobody planned are closed all the same; nobody works in them any more.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from nooks_dagster.calls.work import HOURS, SCOPE_OF_HOURS, WORKERS, scope_of_worker
from nooks_dagster.ledger.giving_up import give_up
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.planning import plan

EARLY = timedelta(minutes=2)
"""So long before its hour a worker starts: a run takes 10 s, the tick that starts it as long."""
CLOSED_AFTER = timedelta(minutes=5)
HOUR = timedelta(hours=1)
MOST_AT_ONCE = 500
"""Hours planned by one tick: three weeks of downtime."""

NOW = """
    SELECT date_bin('1 hour', now(), timestamptz '2000-01-01Z'),
        date_bin('1 hour', now() + %(early)s, timestamptz '2000-01-01Z')
"""
# The last of them stays in the ledger (`ledger.retention`), so that the next one is known after any downtime.
LAST = "SELECT max((payload ->> 'hour')::timestamptz) FROM work.items WHERE queue = %s AND lane = %s"
FIRST = "SELECT min(hour) FROM calls.calls"
PASSED = """
    SELECT id FROM work.items
    WHERE queue = %s AND (payload ->> 'hour')::timestamptz < %s AND coalesce(lease_until < now(), true)
      AND state IN ('waiting', 'leased', 'blocked')
"""
# By the clock, not by the transaction, which may have begun long ago, and a minute on: a closing that is under way, or
# done, before this commits would not see what it was asked for.
BUCKET = """
    SELECT date_bin('15 minutes', clock_timestamp() + interval '1 minute', timestamptz '2000-01-01Z')
        + interval '15 minutes'
"""


def plan_hours(conn: psycopg.Connection[Any], workers: int, release: str) -> int:
    """Plan the live workers of this hour and the next, and the closing of all hours since the last one planned.

    Args:
        conn: In a transaction.
        workers: How many work at once.
        release: The release that plans.

    Returns:
        How many items are new.
    """
    ((this, soon),) = conn.execute(NOW, {"early": EARLY}).fetchall()
    give_up(conn, [item for (item,) in conn.execute(PASSED, (WORKERS.name, this))])
    items = [_worker(slot, hour) for hour in dict.fromkeys((this, soon)) for slot in range(workers)]
    return plan(conn, [*items, *_closings(conn, this)], release)


def reopen(conn: psycopg.Connection[Any], hour: datetime, release: str) -> None:
    """Let an hour be closed again, for something of it came after it was; several within 15 minutes are one."""
    ((due,),) = conn.execute(BUCKET).fetchall()
    plan(conn, [_closing(hour, f"late/{due:%Y-%m-%dT%H:%M}", due)], release)


def _worker(slot: int, hour: datetime) -> NewItem:
    scope = scope_of_worker(slot, hour)
    payload = {"slot": slot, "hour": hour.isoformat()}
    return NewItem(WORKERS, scope, scope, key_of(hour), payload, WorkClass.LIVE, due_at=hour - EARLY)


def _closings(conn: psycopg.Connection[Any], this: datetime) -> list[NewItem]:
    ((last,),) = conn.execute(LAST, (HOURS.name, SCOPE_OF_HOURS)).fetchall()
    start = last + HOUR if last else _first(conn) or this
    count = min(int((this - start) / HOUR) + 1, MOST_AT_ONCE)
    hours = [start + n * HOUR for n in range(count)]
    return [_closing(hour, "first", hour + HOUR + CLOSED_AFTER) for hour in hours]


def _first(conn: psycopg.Connection[Any]) -> datetime | None:
    ((first,),) = conn.execute(FIRST).fetchall()
    hour: datetime | None = first
    return hour


def _closing(hour: datetime, why: str, due_at: datetime) -> NewItem:
    payload = {"hour": hour.isoformat()}
    key = f"{key_of(hour)}/{why}"
    return NewItem(HOURS, SCOPE_OF_HOURS, SCOPE_OF_HOURS, key, payload, WorkClass.NIGHTLY, due_at=due_at)


def key_of(hour: datetime) -> str:
    """Return an hour as the key of its partition."""
    return f"{hour:%Y-%m-%dT%H}"
