"""Permits: one bound on requests in flight over all runs, steps, processes and threads, through Postgres and its clock.

Belongs here: taking a permit and leaving it, whose turn it is, how the number shrinks and grows.
Does not: waiting for one (`llm.turns`), what a request is.

A bound of N has N permits. A request takes one in the transaction that makes it, and holds it for longer than it can
last, so that a dead process's request is over when its permit is another's. Each refusal by the other side takes one
away, and they grow back by the clock: from nothing to the whole in a minute. So growing writes nothing, a few refusals
among many answers cost nothing (of 96, up to 1.6 a second), and a limit is met by no more refusals than that. A factor
for each second with a refusal, 0.7, left 14 of 256 at less than one stray refusal a second, of 80 requests.
Who is told to wait waits alone, until a quarter are gone: then all do.

Sharers, such as workspaces, come to the same number of permits as soon as anybody waits: who has more than an equal
part takes none while somebody who has less waits. Whoever waits alone may have them all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

REGROWTH = timedelta(minutes=1)  # from nothing to the whole
STRAYS = 0.25  # the part of the whole that refusals may have taken away while they concern but who was refused
LONGEST_PAUSE = timedelta(minutes=1)  # a refusal that names a longer wait is asked again by then
WAITING = timedelta(milliseconds=500)  # who has not looked for so long does not wait any more


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one request until `until`; `since` is when it was taken, by Postgres' clock."""

    key: str
    n: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Found:
    n: int | None
    since: datetime
    until: datetime | None


def take(
    conn: psycopg.Connection[Any],
    key: str,
    most: int,
    sharer: str,
    hold: timedelta,
    *,
    kept: int = 0,
    urgent: bool = False,
    more: bool = False,
) -> Permit | None:
    """Take a permit in the caller's transaction, whose end in failure leaves it; None if it is not one's turn.

    Args:
        conn: The transaction in which the request is remembered. It waits for nobody.
        key: What is scarce, such as "llm".
        most: The bound.
        sharer: Among whom the permits are shared equally.
        hold: Longer than a request can last.
        kept: Permits that are for what is urgent alone.
        urgent: Whether this is: then it waits for nobody's part either.
        more: Whether others of this sharer, in this process, wait too.
    """
    values = {"key": key, "most": most, "sharer": sharer, "hold": hold, "kept": 0 if urgent else kept}
    values |= {"urgent": urgent, "more": more, "regrowth": REGROWTH.total_seconds(), "waiting": WAITING}
    with conn.cursor(row_factory=class_row(_Found)) as cursor:
        (found,) = cursor.execute(_TAKE, values).fetchall()
    if found.n is None or found.until is None:
        return None
    return Permit(key, found.n, found.since, found.until)


def prepare(conn: psycopg.Connection[Any], key: str, most: int) -> None:
    """Make the permits that are not there yet, in a transaction of its own, before any is taken.

    Beside rows that others lock two that make them, and fail, could wait for each other in a circle.
    """
    conn.execute(_MAKE, {"key": key, "most": most})


def leave(
    conn: psycopg.Connection[Any], permit: Permit, after: timedelta = timedelta(), *, unhurried: bool = False
) -> None:
    """Say that the request is over, or surely will be after a while. It means nothing once the permit is another's.

    Args:
        conn: A transaction.
        permit: That of the request.
        after: The while.
        unhurried: Whether the transaction need not be on disk once it is committed, as a permit need not: one that
            stays taken is free by itself.
    """
    values = {"key": permit.key, "n": permit.n, "until": permit.until, "after": after}
    conn.execute(_LEAVE_UNHURRIED.encode() if unhurried else _LEAVE.encode(), values)


def slow_down(
    conn: psycopg.Connection[Any], key: str, most: int, pause: timedelta = timedelta(), *, refused: bool = True
) -> None:
    """Take note that the other side is asked too much: fewer are allowed, or none until `pause` is over.

    Args:
        conn: A transaction.
        key: What is scarce.
        most: The bound.
        pause: How long the other side wants to be left alone.
        refused: Whether it refused, which says little of the others; else it said that whoever comes next would be.
    """
    values = {"key": key, "most": most, "refused": refused, "pause": min(pause, LONGEST_PAUSE)}
    values |= {"strays": STRAYS, "regrowth": REGROWTH.total_seconds()}
    conn.execute(_WHOLE, values)
    conn.execute(_SLOW_DOWN.encode(), values)


def allowed(conn: psycopg.Connection[Any], key: str, most: int) -> int:
    """Return how many requests may be in flight now."""
    values = {"key": key, "most": most, "regrowth": REGROWTH.total_seconds()}
    row = conn.execute(_ALLOWED.encode(), values).fetchone()
    return int(row[0]) if row else most


# Without a refusal all are allowed.
_GROWN = """
    greatest(1, least(%(most)s, b.allowed
        + %(most)s * extract(epoch from clock_timestamp() - b.shrunk_at) / %(regrowth)s))
"""
_BOUND = f"""
    bound as materialized (
        select coalesce(floor({_GROWN}), %(most)s)::int as allowed,
            coalesce(b.paused_until, '-infinity') > clock_timestamp() as paused
        from (select) as always left join budgets.bounds as b on b.key = %(key)s
    )
"""  # noqa: S608 - a constant of this module
_ALLOWED = f"with {_BOUND} select allowed from bound"  # noqa: S608 - likewise
_TAKE = f"""
    with {_BOUND}, held as (
        select sharer, count(*) as count from budgets.permits
        where key = %(key)s and until > clock_timestamp() group by sharer
    ), waits as (
        select sharer from budgets.waiting
        where key = %(key)s and until > clock_timestamp() and sharer <> %(sharer)s
    ), part as (
        select ceil(bound.allowed::numeric / count(*)) as count from bound, (
            select sharer from held union select sharer from waits union select %(sharer)s) as sharers
        group by bound.allowed
    ), turn as materialized (
        select %(urgent)s
            or coalesce((select count from held where sharer = %(sharer)s), 0) < part.count
            or not exists (select from waits left join held using (sharer) where coalesce(held.count, 0) < part.count)
            as is_mine
        from part
    ), free as (
        select p.n from bound, turn, budgets.permits as p
        where p.key = %(key)s and p.n < bound.allowed
            and p.n >= least(%(kept)s * bound.allowed / %(most)s, bound.allowed - 1)
            and p.until <= clock_timestamp() and turn.is_mine and not bound.paused
        order by p.n limit 1
        for update of p skip locked
    ), taken as (
        update budgets.permits as p set until = clock_timestamp() + %(hold)s, sharer = %(sharer)s
        from free where p.key = %(key)s and p.n = free.n
        returning p.n, p.until
    ), waiting as (
        insert into budgets.waiting as w (key, sharer, until)
        select %(key)s, %(sharer)s, clock_timestamp() + %(waiting)s where not exists (select from taken)
        on conflict (key, sharer) do update set until = excluded.until where w.until < excluded.until - %(waiting)s / 2
    ), served as (
        delete from budgets.waiting
        where key = %(key)s and sharer = %(sharer)s and exists (select from taken) and not %(more)s
    )
    select taken.n, clock_timestamp() as since, taken.until from bound left join taken on true
"""  # noqa: S608 - constants of this module
_MAKE = """
    insert into budgets.permits (key, n, until)
    select %(key)s, n, timestamptz '-infinity' from generate_series(0, %(most)s - 1) as n
    on conflict do nothing
"""
_LEAVE = """
    update budgets.permits set until = clock_timestamp() + %(after)s
    where key = %(key)s and n = %(n)s and until = %(until)s
"""
_LEAVE_UNHURRIED = f"""
    with unhurried as (select set_config('synchronous_commit', 'off', true)) {_LEAVE} and exists (select from unhurried)
"""  # noqa: S608 - likewise
_WHOLE = """
    insert into budgets.bounds (key, allowed, shrunk_at) values (%(key)s, %(most)s, clock_timestamp())
    on conflict do nothing
"""
_LEFT_OVER = f"({_GROWN} - %(refused)s::int)"
_SLOW_DOWN = f"""
    update budgets.bounds as b set allowed = greatest(1, {_LEFT_OVER}), shrunk_at = clock_timestamp(),
        paused_until = case when %(refused)s and {_LEFT_OVER} >= %(most)s * (1.0 - %(strays)s) then b.paused_until
            else greatest(b.paused_until, clock_timestamp() + %(pause)s) end
    where b.key = %(key)s
"""  # noqa: S608 - constants of this module
