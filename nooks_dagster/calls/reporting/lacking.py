"""What is wrong with calls: hours that do not add up or are slow, what waits for too long, what was given up.

Belongs here: the questions, over the hours that are still looked at. Does not: what is shown of the answers
(`assets.calls.findings`, `cli.calls`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.uploading import UPLOADED_WITHIN
from nooks_dagster.failures import NotReady

LOOKED_AT = timedelta(days=2)
"""So far back hours are judged; what is older was seen, or is a dead letter."""
MARGIN = timedelta(minutes=1)
"""Who still waits for a recording so long after the wait has ended is not taken up by anybody."""


@dataclass(frozen=True, slots=True)
class Unbalanced:
    """A closed hour of which calls are neither recorded nor refused nor dead, and since when the oldest waits."""

    hour: datetime
    workspace: str
    accepted: int
    open: int
    since: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How a workspace's calls went in the last hour: seconds until 95 % were recorded, and how many failed a stage."""

    workspace: str
    calls: int
    p95_seconds: float | None
    waiting_seconds: float
    failing: int
    dead: int


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Activities that wait for an integration, the oldest since when, and what its last try met.

    `rests` says that a person let its connection rest, so that nothing is sent.
    """

    workspace: str
    integration: str
    waiting: int
    dead: int
    since: datetime
    waited: timedelta
    reason: str | None
    rests: bool


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Calls whose stage was given up, for one reason; `call` is one of them."""

    workspace: str
    stage: str
    failure: str | None
    reason: str | None
    calls: int
    call: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Unclosed:
    """An hour that should be closed and is not, and why."""

    hour: datetime
    since: datetime
    reason: str | None


def unbalanced(conn: psycopg.Connection[Any]) -> Sequence[Unbalanced]:
    """Return closed hours with calls that are still open, the one that waits longest first."""
    return conn.cursor(row_factory=class_row(Unbalanced)).execute(_UNBALANCED, (LOOKED_AT,)).fetchall()


def paces(conn: psycopg.Connection[Any]) -> Sequence[Pace]:
    """Return how the calls of the last 60 minutes went in each workspace that had any.

    A call whose recording is still being uploaded waits for its dialer, so it is not counted as waiting.
    """
    values = {"uploading": NotReady.__name__, "within": UPLOADED_WITHIN + MARGIN}
    return conn.cursor(row_factory=class_row(Pace)).execute(_PACES, values).fetchall()


def undelivered(conn: psycopg.Connection[Any]) -> Sequence[Undelivered]:
    """Return the integrations for which activities wait or were given up, the one that waits longest first."""
    return conn.cursor(row_factory=class_row(Undelivered)).execute(_UNDELIVERED).fetchall()


def given_up(conn: psycopg.Connection[Any]) -> Sequence[GivenUp]:
    """Return the dead letters of stages by reason, the most frequent first."""
    return conn.cursor(row_factory=class_row(GivenUp)).execute(_GIVEN_UP).fetchall()


def unclosed(conn: psycopg.Connection[Any], late: timedelta) -> Sequence[Unclosed]:
    """Return the hours whose closing has been due for so long."""
    return conn.cursor(row_factory=class_row(Unclosed)).execute(_UNCLOSED, (late,)).fetchall()


# By the calls, not by what was counted at closing: what was recorded late balances its hour at once.
_UNBALANCED = """
    select h.hour, h.workspace, h.accepted, w.open, w.since,
        (select s.reason from calls.stages s where s.call = w.call and s.reason is not null
            order by s.ended_at desc limit 1) as reason
    from calls.hours h cross join lateral (
        select count(*)::int as open, min(c.accepted_at) as since, min(c.id) as call
        from calls.calls c where c.hour = h.hour and c.workspace = h.workspace and c.state = 'accepted'
    ) w
    where h.hour > now() - %s and w.open > 0 order by w.since, h.workspace
"""
_PACES = """
    select c.workspace, count(*)::int as calls,
        percentile_disc(0.95) within group (order by extract(epoch from r.recorded_at - c.accepted_at))::float8
            as p95_seconds,
        coalesce(max(extract(epoch from now() - c.accepted_at)) filter (
            where c.state = 'accepted' and u.uploading is null), 0)::float8 as waiting_seconds,
        count(*) filter (where c.state = 'accepted' and f.failing)::int as failing,
        count(*) filter (where c.state = 'dead')::int as dead
    from calls.calls c left join calls.records r on r.call = c.id left join lateral (
        select true as failing from calls.stages s where s.call = c.id and s.status = 'failing' limit 1
    ) f on c.state = 'accepted' left join lateral (
        select true as uploading from work.items i
        where i.queue = 'calls' and i.lane = 'calls/' || c.workspace and i.key = c.id::text
            and i.failure = %(uploading)s
    ) u on c.state = 'accepted' and c.accepted_at > now() - %(within)s
    where c.hour >= date_bin('1 hour', now(), timestamptz '2000-01-01Z') - interval '1 hour'
        and c.accepted_at > now() - interval '1 hour'
    group by c.workspace order by p95_seconds desc nulls last, c.workspace
"""
# In two, for there is an index of each.
_UNDELIVERED = """
    select d.workspace, d.integration, count(*) filter (where d.state = 'waiting')::int as waiting,
        count(*) filter (where d.state = 'dead')::int as dead, min(d.owed_at) as since,
        now() - min(d.owed_at) as waited,
        coalesce((array_agg(d.reason order by d.owed_at) filter (where d.reason is not null))[1], min(l.reason))
            as reason,
        coalesce(bool_or(c.state in ('paused', 'disconnected')), false) as rests
    from (
        select * from calls.deliveries where state = 'waiting' union all
        select * from calls.deliveries where state = 'dead'
    ) d left join calls.lanes l on l.integration = d.integration
        left join workspaces.connections c on c.id = d.integration
    group by d.workspace, d.integration order by since, d.integration
"""
# A reason names its call first, which is no reason of its own.
_GIVEN_UP = """
    select c.workspace, s.stage, s.failure, w.reason, count(*)::int as calls, max(c.id) as call,
        min(s.ended_at) as since
    from calls.stages s join calls.calls c on c.id = s.call
    cross join lateral (select regexp_replace(s.reason, '^call [0-9]+: ', '') as reason) w
    where s.status = 'dead' group by c.workspace, s.stage, s.failure, w.reason
    order by calls desc, c.workspace, s.stage limit 1000
"""
_UNCLOSED = """
    select (i.payload ->> 'hour')::timestamptz as hour, i.due_at as since, i.reason
    from work.items i
    where i.queue = 'calls.hours' and i.scope = 'calls.hours/close' and i.parent is null
        and (i.state = 'blocked' or (i.state in ('waiting', 'leased') and i.due_at < now() - %s)) order by i.due_at
"""
