"""Places: a rate that is never exceeded, shared by every process through Postgres and its clock.

Belongs here: taking a place and leaving it.
Does not: waiting for one (`crm.access.rates`), allowances of a day (`quotas`).

A rate of N calls in a span has N places. A call takes one before it is sent, and the place stays its own until a
span after its answer has come. So of all calls that arrive within any span, the last has seen every other one in a
place of its own: they are N at most. What is lost is the time of the call: 0.2 % of 10 s at 20 ms.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from nooks_dagster.database.pool import Database

LATEST = timedelta(seconds=15)
"""A request arrives within this, for connecting is given up after 10 s: then the place of a dead process is free."""
MOST = 2_000
"""Calls in a span that are counted: a place costs 2 ms of each call, so more than that is no bound."""
SHORTEST_WAIT = timedelta(milliseconds=5)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is taken until `until`; left at the answer, it is free `per` later. No `n`: nothing is counted."""

    key: str
    n: int | None
    per: timedelta
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look has found: a place, if one was free, the rate that holds, and how many places were made."""

    n: int | None
    until: datetime | None
    calls: int
    per: timedelta
    made: int
    wait: timedelta


class Places:
    """The places of the platform. Safe to share between threads.

    Args:
        db: The platform's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def take(self, key: str, calls: int, per: timedelta) -> Place | timedelta:
        """Take the place that has been free the longest; return it, or how long until there may be one.

        Args:
            key: What is scarce, such as "acme-hubspot/search".
            calls: How many calls are allowed in a span, unless the source has told another number (`tell`).
            per: The span, likewise.

        Raises:
            Unavailable: Postgres does not answer.
        """
        values = {"key": key, "calls": calls, "per": per, "latest": LATEST, "most": MOST}
        with self._db.transaction() as conn, conn.cursor(row_factory=class_row(_Found)) as cursor:
            while found := cursor.execute(_TAKE, values).fetchone():
                if found.n is not None or found.calls > MOST:
                    return Place(key, found.n, found.per, found.until)
                if found.made >= found.calls:
                    return max(found.wait, SHORTEST_WAIT)
                conn.execute(_MAKE, {"key": key, "calls": found.calls})
        return SHORTEST_WAIT  # the statement always has a row

    def leave(self, place: Place) -> None:
        """Say that the answer is there: the place is free a span from now. It means nothing once it is another's.

        Raises:
            Unavailable: Postgres does not answer; the place will be free by itself.
        """
        if place.n is not None:
            with self._db.transaction() as conn:
                conn.execute(_LEAVE, {"key": place.key, "n": place.n, "per": place.per, "until": place.until})

    def tell(self, key: str, calls: int, per: timedelta) -> None:
        """Remember what the source said of a rate, for every process.

        Raises:
            Unavailable: Postgres does not answer.
        """
        with self._db.transaction() as conn:
            conn.execute(_TELL, {"key": key, "calls": calls, "per": per})


# Past what a call can take, a place is held by nobody: the clock was set back, or the span has become shorter.
_TAKE = """
    with rate as materialized (
        select coalesce(told.calls, %(calls)s) as calls, coalesce(told.per, %(per)s) as per
        from (select) as always left join budgets.rates as told on told.key = %(key)s
    ), free as (
        select p.n from rate, budgets.places as p
        where p.key = %(key)s and p.n < rate.calls and rate.calls <= %(most)s and (
            p.busy_until <= clock_timestamp() or p.busy_until > clock_timestamp() + rate.per + %(latest)s)
        order by p.busy_until limit 1
        for update of p skip locked
    ), taken as (
        update budgets.places as p set busy_until = clock_timestamp() + rate.per + %(latest)s
        from free, rate where p.key = %(key)s and p.n = free.n
        returning p.n, p.busy_until
    ), made as (
        select count(*) as count, min(p.busy_until) as first
        from rate, budgets.places as p where p.key = %(key)s and p.n < rate.calls
    )
    select taken.n, taken.busy_until as until, rate.calls, rate.per, made.count as made,
        coalesce(least(made.first - clock_timestamp(), rate.per), rate.per) as wait
    from rate cross join made left join taken on true
"""
_MAKE = """
    insert into budgets.places (key, n, busy_until)
    select %(key)s, n, timestamptz 'epoch' from generate_series(0, %(calls)s - 1) as n
    on conflict do nothing
"""
_LEAVE = """
    update budgets.places set busy_until = clock_timestamp() + %(per)s
    where key = %(key)s and n = %(n)s and busy_until = %(until)s
"""
_TELL = """
    insert into budgets.rates as r (key, calls, per) values (%(key)s, %(calls)s, %(per)s)
    on conflict (key) do update set calls = excluded.calls, per = excluded.per
    where (r.calls, r.per) <> (excluded.calls, excluded.per)
"""
