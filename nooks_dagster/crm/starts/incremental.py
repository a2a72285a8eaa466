"""Starts by the clock: the incremental syncs that fall due, planned in the ledger before they do.

Belongs here: of which connections, how often, and how many at most. Does not: the moments (`crm.starts.clock`), what a
start becomes while earlier ones are not done (`crm.starts.overlap`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.crm.lifecycle.options import lenient
from nooks_dagster.crm.starts.clock import Rhythm, Starts, starts
from nooks_dagster.crm.starts.overlap import MOST_WAITING
from nooks_dagster.crm.work import start
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

INCREMENTAL = "incremental"

COALESCE = """
    UPDATE crm.rhythms r SET coalesced = r.coalesced + dropped.count
    FROM unnest(%s::text[], %s::bigint[]) AS dropped (connection_id, count)
    WHERE r.rhythm = %s AND r.connection_id = dropped.connection_id
"""


def plan_starts(ledger: Ledger, usual: timedelta, ahead: timedelta) -> int:
    """Plan the incremental syncs of all connections that may be used; return how many.

    Args:
        ledger: Where they wait until they fall due.
        usual: The cadence of a connection that chose no other.
        ahead: How far from now; the rest is the next tick's.
    """
    usable = [c for c in Registry(ledger.db).connections() if c.state is ConnectionState.ACTIVE]
    rhythms = [Rhythm(c.id, cadence_of(c, usual), c.state_since) for c in usable]
    with ledger.db.transaction() as conn:
        due = starts(conn, INCREMENTAL, rhythms, ahead)
        _count_dropped(conn, due)
        return ledger.plan(
            conn, [start(c.workspace, c.id, moment) for c in usable for moment in due[c.id][-MOST_WAITING:]]
        )


def cadence_of(connection: Connection, usual: timedelta) -> timedelta:
    """Return how often a connection is read: its own choice, or the usual cadence."""
    minutes = lenient(connection.options, connection.id).cadence_minutes
    return timedelta(minutes=minutes) if minutes else usual


def _count_dropped(conn: psycopg.Connection[Any], due: Mapping[str, Starts]) -> None:
    """Count the starts of a long downtime that become one with the first of those that are planned."""
    dropped = {connection: len(found) - MOST_WAITING for connection, found in due.items()}
    many = {connection: count for connection, count in dropped.items() if count > 0}
    if many:
        conn.execute(COALESCE, (list(many), list(many.values()), INCREMENTAL))
