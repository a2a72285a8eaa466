"""How calls stand now: the last hours, and who works on them; for the command.

Belongs here: reading it, in a time that no number of calls changes. Does not: showing it (`cli.calls`), what is wrong
(`calls.reporting.lacking`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.live.slots import open_slots
from nooks_dagster.ledger.launches import LaunchState, latest_launches


@dataclass(frozen=True, slots=True)
class HourStanding:
    """What the calls of an hour came to; `p95_ms` is that of the slowest workspace, from accepted to recorded."""

    hour: datetime
    accepted: int
    recorded: int
    refused: int
    dead: int
    open: int
    p95_ms: int | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """A live worker's slot and hour, and the run that works there, None if there was none yet."""

    slot: int
    hour: datetime
    launch: LaunchState | None


@dataclass(frozen=True, slots=True)
class Now:
    """What is under way: calls that wait or are worked on, the oldest for how long, and activities that wait."""

    open: int
    oldest: timedelta | None
    dead: int
    undelivered: int
    undeliverable: int


def hours(conn: psycopg.Connection[Any], workspace: str | None, lately: timedelta) -> Sequence[HourStanding]:
    """Return the last hours that had calls, the latest first; closed ones as they were counted."""
    values = {"workspace": workspace, "lately": lately}
    return conn.cursor(row_factory=class_row(HourStanding)).execute(_HOURS, values).fetchall()


def now(conn: psycopg.Connection[Any], workspace: str | None = None) -> Now:
    """Return what is under way, of all workspaces or of one."""
    return conn.cursor(row_factory=class_row(Now)).execute(_NOW, {"workspace": workspace}).fetchall()[0]


def workers(conn: psycopg.Connection[Any]) -> Sequence[Worker]:
    """Return the slots that are due, by slot and hour."""
    slots = open_slots(conn)
    launches = latest_launches(conn, list(slots))
    found = (Worker(one.slot, one.hour, launches.get(one.scope)) for one in slots.values())
    return sorted(found, key=lambda one: (one.slot, one.hour))


# What is closed is read from its count: of an hour there may be 126,000 calls.
_HOURS = """
    with closed as (
        select h.hour, h.workspace, h.accepted, h.recorded, h.refused, h.dead, h.open, h.p95_ms, true as closed
        from calls.hours h
        where h.hour > now() - %(lately)s and (%(workspace)s::text is null or h.workspace = %(workspace)s)
    ), fresh as (
        select c.hour, c.workspace, count(*)::int as accepted, count(*) filter (where c.state = 'recorded')::int,
            count(*) filter (where c.state = 'refused')::int, count(*) filter (where c.state = 'dead')::int,
            count(*) filter (where c.state = 'accepted')::int,
            (1000 * percentile_disc(0.95) within group (
                order by extract(epoch from r.recorded_at - c.accepted_at)))::bigint as p95_ms,
            false as closed
        from calls.calls c left join calls.records r on r.call = c.id
        where c.hour > greatest(now() - %(lately)s, (select max(hour) from calls.hours) - interval '3 hours')
            and (%(workspace)s::text is null or c.workspace = %(workspace)s)
            and not exists (select from calls.hours h where h.hour = c.hour and h.workspace = c.workspace)
        group by c.hour, c.workspace
    )
    select hour, sum(accepted)::int as accepted, sum(recorded)::int as recorded, sum(refused)::int as refused,
        sum(dead)::int as dead, sum(open)::int as open, max(p95_ms) as p95_ms, bool_and(closed) as closed
    from (select * from closed union all select * from fresh) as known group by hour order by hour desc
"""
_NOW = """
    select (select count(*) from calls.calls where state = 'accepted'
            and (%(workspace)s::text is null or workspace = %(workspace)s)) as open,
        (select now() - min(accepted_at) from calls.calls where state = 'accepted'
            and (%(workspace)s::text is null or workspace = %(workspace)s)) as oldest,
        (select count(distinct s.call) from calls.stages s join calls.calls c on c.id = s.call where s.status = 'dead'
            and (%(workspace)s::text is null or c.workspace = %(workspace)s)) as dead,
        (select count(*) from calls.deliveries where state = 'waiting'
            and (%(workspace)s::text is null or workspace = %(workspace)s)) as undelivered,
        (select count(*) from calls.deliveries where state = 'dead'
            and (%(workspace)s::text is null or workspace = %(workspace)s)) as undeliverable
"""
