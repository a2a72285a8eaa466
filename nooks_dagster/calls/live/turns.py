"""Turns: one live worker of each slot and hour holds an item of work, by which its predecessor knows that it is there.

Belongs here: taking a turn, and when it is over. Does not: planning turns (`calls.closing.hours`), working
(`calls.live.worker`).
"""

from datetime import datetime
from typing import Any

import psycopg

from nooks_dagster.calls.closing.hours import HOUR, key_of
from nooks_dagster.calls.work import WORKERS, scope_of_worker
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.ledger import Ledger

# The lease is the heartbeat: it is renewed while the successor lives.
RELIEVED = """
    SELECT now() >= %(end)s AND EXISTS (
        SELECT FROM work.items
        WHERE queue = %(queue)s AND lane = ANY(%(lanes)s) AND key > %(key)s
          AND state = 'leased' AND lease_until > now())
"""


def take_turn(ledger: Ledger, slot: int, hour: datetime) -> Claim | None:
    """Take the turn of a slot and an hour; None if another holds it, or it is not planned.

    How often a worker of it was killed says nothing about the turn: it is never a dead letter.
    """
    scope = scope_of_worker(slot, hour)
    found = [c for suspects in (True, False) for c in ledger.claim(WORKERS, limit=9, scope=scope, suspects=suspects)]
    mine = None
    with ledger.db.transaction() as conn:
        for claim in found:
            if claim.item.key == key_of(hour):
                ledger.note(conn, claim, claim.item.progress)
                mine = claim
            else:
                ledger.complete(conn, claim, {"passed": True})
    return mine


def relieved(conn: psycopg.Connection[Any], slot: int, hour: datetime) -> bool:
    """Say whether an hour is over and a worker of a later one is there."""
    lanes = [scope_of_worker(slot, hour), scope_of_worker(slot, hour + HOUR)]
    values = {"queue": WORKERS.name, "lanes": lanes, "key": key_of(hour), "end": hour + HOUR}
    ((found,),) = conn.execute(RELIEVED, values).fetchall()
    return bool(found)
