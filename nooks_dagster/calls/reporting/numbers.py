"""What the calls of some hours came to, stage by stage: for metadata, pages and the command.

Belongs here: counting. Does not: what is shown of it (`assets.calls`, `cli.calls`), hours that were closed
(`calls.closing.metrics`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.model import Stage


@dataclass(frozen=True, slots=True)
class Totals:
    """How calls stand as a whole; the milliseconds are from accepted to recorded, None without a record."""

    accepted: int
    recorded: int
    refused: int
    dead: int
    open: int
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a stage with one status: of how many calls, how long it took, what it cost and left in the lake."""

    status: str
    calls: int
    p50_ms: int
    p95_ms: int
    usd: Decimal
    bytes: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the activities for one integration."""

    integration: str
    kind: str
    waiting: int
    delivered: int
    dead: int


@dataclass(frozen=True, slots=True)
class Which:
    """Whose calls, of which hours; no workspace is all of them."""

    hours: Sequence[datetime]
    workspaces: Sequence[str] = ()

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the parameters of the statements of this module."""
        return {"hours": list(self.hours), "workspaces": list(self.workspaces) or None}


def totals(conn: psycopg.Connection[Any], which: Which) -> Totals:
    """Return how the calls stand as a whole."""
    return conn.cursor(row_factory=class_row(Totals)).execute(_TOTALS, which.values).fetchall()[0]


def outcomes(conn: psycopg.Connection[Any], which: Which, stage: Stage) -> Sequence[Outcomes]:
    """Return what came of a stage, the most frequent status first."""
    return conn.cursor(row_factory=class_row(Outcomes)).execute(_OUTCOMES, {**which.values, "stage": stage}).fetchall()


def sent(conn: psycopg.Connection[Any], which: Which) -> Sequence[Sent]:
    """Return what became of the activities, by integration."""
    return conn.cursor(row_factory=class_row(Sent)).execute(_SENT, which.values).fetchall()


def spread(conn: psycopg.Connection[Any], which: Which, stage: Stage, fact: str) -> Mapping[str, int]:
    """Return how many calls have which value of a fact of a stage, the most frequent ten.

    Of a fact that counts things by name each name is a value.
    """
    return dict(conn.execute(_SPREAD, {**which.values, "stage": stage, "fact": fact}))


def reasons(conn: psycopg.Connection[Any], which: Which, stage: Stage) -> Sequence[tuple[str, str, int]]:
    """Return status, reason and how many calls, where a stage was not simply done; the most frequent ten."""
    return conn.execute(_REASONS, {**which.values, "stage": stage}).fetchall()


def by_minute(conn: psycopg.Connection[Any], which: Which) -> Sequence[tuple[int, float]]:
    """Return calls accepted and the seconds until 95 % were recorded, for each minute from the first call to the last.

    A minute without a record has 0 seconds.
    """
    return conn.execute(_MINUTES, which.values).fetchall()


_WHICH = "c.hour = any(%(hours)s) and (%(workspaces)s::text[] is null or c.workspace = any(%(workspaces)s))"
_TOTALS = f"""
    select count(*) as accepted, count(*) filter (where c.state = 'recorded') as recorded,
        count(*) filter (where c.state = 'refused') as refused, count(*) filter (where c.state = 'dead') as dead,
        count(*) filter (where c.state = 'accepted') as open,
        percentile_disc(0.5) within group (order by r.ms) as p50_ms,
        percentile_disc(0.95) within group (order by r.ms) as p95_ms
    from calls.calls c left join lateral (
        select (1000 * extract(epoch from recorded_at - c.accepted_at))::bigint as ms
        from calls.records where call = c.id
    ) r on true where {_WHICH}
"""  # noqa: S608 - constants of this module, as below
_STAGE = f"from calls.calls c join calls.stages s on s.call = c.id and s.stage = %(stage)s where {_WHICH}"
_OUTCOMES = f"""
    with took as (
        select s.status, (1000 * extract(epoch from s.ended_at - s.started_at))::bigint as ms,
            (s.facts ->> 'cost')::numeric as usd, (s.output ->> 'bytes')::bigint as bytes {_STAGE}
    )
    select status, count(*) as calls, percentile_disc(0.5) within group (order by ms) as p50_ms,
        percentile_disc(0.95) within group (order by ms) as p95_ms, coalesce(sum(usd), 0) as usd,
        coalesce(sum(bytes), 0)::bigint as bytes
    from took group by status order by count(*) desc, status
"""  # noqa: S608
_SPREAD = f"""
    select v.value, count(*) from (select s.facts -> %(fact)s as fact {_STAGE}) f cross join lateral (
        select jsonb_object_keys(f.fact) as value where jsonb_typeof(f.fact) = 'object' union all
        select f.fact #>> '{{}}' where jsonb_typeof(f.fact) = 'string'
    ) v group by v.value order by count(*) desc, v.value limit 10
"""  # noqa: S608
_REASONS = f"""
    select s.status, coalesce(regexp_replace(s.reason, '^call [0-9]+: ', ''), '') as why, count(*)::int
    {_STAGE} and s.status <> 'done' group by s.status, why order by count(*) desc, s.status, why limit 10
"""
_SENT = f"""
    select d.integration, d.kind, count(*) filter (where d.state = 'waiting') as waiting,
        count(*) filter (where d.state = 'delivered') as delivered, count(*) filter (where d.state = 'dead') as dead
    from calls.calls c join calls.deliveries d on d.call = c.id where {_WHICH}
    group by d.integration, d.kind order by d.integration
"""  # noqa: S608
_MINUTES = f"""
    with minutes as (
        select date_bin('1 minute', c.accepted_at, timestamptz '2000-01-01Z') as minute, count(*)::int as calls,
            percentile_cont(0.95) within group (order by extract(epoch from r.recorded_at - c.accepted_at)) as seconds
        from calls.calls c left join calls.records r on r.call = c.id where {_WHICH} group by minute
    )
    select coalesce(m.calls, 0), coalesce(m.seconds, 0)::float8
    from generate_series(
        (select min(minute) from minutes), (select max(minute) from minutes), interval '1 minute') at (minute)
    left join minutes m on m.minute = at.minute order by at.minute
"""  # noqa: S608
