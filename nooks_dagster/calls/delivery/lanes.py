"""The lane of each integration: who may send to it now, and when it is next.

Belongs here: the rows of `calls.lanes`. Does not: the items in a lane (`ledger.lanes`), why one rests
(`calls.delivery.settling`).

One process at a time sends to an integration: two would fight over the same rows of the CRM. And an outage, or a spent
quota, parks the lane by its one row, however many calls wait in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.work import DELIVERIES, lane_of_integration
from nooks_dagster.failures import Failure, word_for
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.lanes import claim_lane
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.verdicts import described

# A connection that a person paused, or whose credentials were refused, is not active: what waits for it waits. What
# waits for one that wants no calls any more is withdrawn soon.
DUE = """
    select n.id as integration, n.kind, n.revision, coalesce(l.strikes, 0) as strikes, l.reason, n.workspace
    from (
        select id::text, kind, revision, workspace from workspaces.connections
        where state = 'active' and options -> 'calls' is distinct from 'false'
        union all select id, 'webhook', 0, workspace from calls.webhooks where state = 'active'
    ) n left join calls.lanes l on l.integration = n.id
    where coalesce(l.next_at <= now(), true) and exists (
        select from work.items i where i.queue = %(queue)s and i.lane = 'deliveries/' || n.id and (
            i.state = 'waiting' and i.class = any(%(classes)s) and i.due_at <= now()
            or i.state = 'leased' and i.lease_until < now()))
    order by l.next_at nulls first
"""
# Whoever takes the row first has the lane for as long as a lease lasts; by then it holds items of it.
TAKE = """
    insert into calls.lanes as l (integration, next_at) values (%(integration)s, now() + %(lease)s)
    on conflict (integration) do update set next_at = excluded.next_at where l.next_at <= now()
    returning integration
"""
REST = """
    update calls.lanes set next_at = now() + %s, strikes = 0, failure = null, reason = null, since = null
    where integration = %s
"""
BUSY = timedelta(seconds=1)
LEAVE = "update calls.lanes set next_at = now() + %s where integration = %s"
PARK = """
    update calls.lanes set next_at = now() + %s, strikes = %s, failure = %s, reason = %s,
        since = coalesce(since, now())
    where integration = %s
"""
RESUME = """
    update work.items set due_at = now()
    where queue = %s and lane = %s and state = 'waiting' and due_at > now() and reason = %s
"""
HURRY = "update calls.lanes set next_at = least(next_at, now()) where integration = %s"


@dataclass(frozen=True, slots=True)
class Lane:
    """An integration for which something is due.

    `strikes` counts the batches in a row that nobody answered, or else the calls in a row that one rule refused
    (`calls.delivery.rules`); `reason` is why it waits, `revision` how often a person connected it.
    """

    integration: str
    kind: str
    revision: int
    strikes: int
    reason: str | None = None
    workspace: str = ""


def due_lanes(conn: psycopg.Connection[Any]) -> Sequence[Lane]:
    """Return the lanes of which something may be sent now, those that waited longest first."""
    values = {"queue": DELIVERIES.name, "classes": [*WorkClass]}
    return conn.cursor(row_factory=class_row(Lane)).execute(DUE, values).fetchall()


def take(conn: psycopg.Connection[Any], ledger: Ledger, integration: str, most: int) -> list[Claim]:
    """Take a lane and lease its next items, in the caller's transaction; none if another process has it."""
    if conn.execute(TAKE, {"integration": integration, "lease": ledger.lease}).fetchone() is None:
        return []
    claims = claim_lane(conn, ledger, DELIVERIES, lane_of_integration(integration), most)
    if not claims:  # somebody has been at a batch for longer than a lease
        conn.execute(LEAVE, (BUSY, integration))
    return claims


def rest(conn: psycopg.Connection[Any], integration: str, wait: timedelta) -> None:
    """Let a healthy lane go on after a wait."""
    conn.execute(REST, (wait, integration))


def resume(conn: psycopg.Connection[Any], lane: Lane) -> None:
    """Let what waits by itself go on with its lane, if it waits for the same reason as that did."""
    conn.execute(RESUME, (DELIVERIES.name, lane_of_integration(lane.integration), lane.reason))


def park(conn: psycopg.Connection[Any], integration: str, wait: timedelta, why: Failure, strikes: int) -> None:
    """Let nothing be sent to an integration for a while, for a reason that people read."""
    conn.execute(PARK, (wait, strikes, word_for(why), described(why), integration))


def hurry(conn: psycopg.Connection[Any], integration: str) -> None:
    """Let a lane that waits be asked now, because a person mended something; in the caller's transaction."""
    conn.execute(HURRY, (integration,))
