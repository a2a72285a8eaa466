"""Token buckets and quotas, shared by every process through Postgres and its clock.

Belongs here: the one statement that takes, and the one that asks. Does not: spending locally (`reservation`).

A bucket bounds a rate: in any span it grants at most its capacity plus what flows in meanwhile.
A quota is an allowance that the other side counts; we only remember what it last said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, QuotaExhausted

PROBE_EVERY = timedelta(minutes=10)
"""A spent quota is asked again this often, by one call: Salesforce counts the last 24 hours, so it frees itself
slowly, and nothing but a response tells how far."""
SHORTEST_WAIT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the other side last said: calls used out of how many, `age` ago."""

    used: int
    allowed: int
    age: timedelta


class Budgets:
    """The buckets and quotas of the platform. Safe to share between threads.

    Args:
        db: The platform's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def configure(self, key: str, capacity: float, refill_per_second: float) -> None:
        """Make a bucket, full; or give it another size, keeping what it holds.

        Args:
            key: What is scarce, such as "salesforce:acme-salesforce".
            capacity: The most that can be taken at once, in tokens.
            refill_per_second: Tokens that flow in each second.
        """
        with self._db.transaction() as conn:
            conn.execute(_CONFIGURE, {"key": key, "capacity": capacity, "refill": refill_per_second})

    def take(self, key: str, n: int = 1) -> timedelta:
        """Take tokens, all or none; return zero when granted, else how long until there may be enough.

        Raises:
            Permanent: There is no such bucket, or it can never hold that many.
        """
        return self.take_up_to(key, n, n)[1]

    def take_up_to(self, key: str, least: int, most: int) -> tuple[int, timedelta]:
        """Take as many tokens as there are, between two bounds; return how many, and how long to wait if none.

        Args:
            key: The bucket.
            least: Fewer are of no use.
            most: More are not needed.

        Raises:
            Permanent: There is no such bucket, or it can never hold `least`.
        """
        with self._db.transaction() as conn:
            row = conn.execute(_TAKE, {"key": key, "least": least, "most": most}).fetchone()
        if row is None:
            raise Permanent("There is no such budget; it was never configured.", subject=f"budget {key}")
        granted, wait, capacity = row
        if least > capacity:
            raise Permanent(f"It holds {capacity:g} at most, never {least}.", subject=f"budget {key}")
        if granted:
            return int(granted), timedelta()
        return 0, max(timedelta(seconds=wait), SHORTEST_WAIT)

    def give_back(self, key: str, n: int) -> None:
        """Return tokens that were taken and not spent; a full bucket stays full."""
        with self._db.transaction() as conn:
            conn.execute(_GIVE_BACK, {"key": key, "n": n})

    def report_usage(self, key: str, used: int, limit: int) -> None:
        """Remember what the other side last said: calls used, out of how many.

        Args:
            key: The connection.
            used: Calls used in the other side's own period.
            limit: Calls allowed in it.
        """
        with self._db.transaction() as conn:
            values = {"key": key, "used": used, "allowed": limit, "probe": PROBE_EVERY}
            conn.execute(_REPORT, values)

    def allowances(self) -> Mapping[str, Allowance]:
        """Return every allowance that was ever told, by its key."""
        with self._db.transaction() as conn:
            return {key: Allowance(*rest) for key, *rest in conn.execute(_ALLOWANCES)}

    def check(self, key: str, share: float) -> None:
        """Return if a kind of work may still call; nothing known means it may.

        Args:
            key: The connection.
            share: The part of the allowance at which this kind of work stops, such as 0.60.

        Raises:
            QuotaExhausted: The share is used. Every ten minutes one caller is let through, to learn how it stands.
        """
        with self._db.transaction() as conn:
            values = {"key": key, "share": share, "probe": PROBE_EVERY}
            row = conn.execute(_CHECK, values).fetchone()
        if row is None:
            return
        used, allowed, wait = row
        raise QuotaExhausted(
            f"{used:,} of {allowed:,} API calls are used, and this work stops at {share:.0%} of them.",
            subject=f"connection {key}",
            next_step=f"It is tried again in {_minutes(wait)}, and goes on once the usage has fallen.",
            retry_in=wait,
        )


def _minutes(wait: timedelta) -> str:
    minutes = max(1, round(wait / timedelta(minutes=1)))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


_CONFIGURE = """
    insert into budgets.buckets as b (key, capacity, refill_per_second, tokens, refilled_at)
    values (%(key)s, %(capacity)s, %(refill)s, %(capacity)s, clock_timestamp())
    on conflict (key) do update set
        capacity = excluded.capacity,
        refill_per_second = excluded.refill_per_second,
        tokens = least(excluded.capacity, budgets.level(b, excluded.refilled_at)),
        refilled_at = greatest(b.refilled_at, excluded.refilled_at)
    where (b.capacity, b.refill_per_second) <> (excluded.capacity, excluded.refill_per_second)
"""
_TAKE = """
    with asked as (
        select b.key, b.capacity, b.refill_per_second, clock.now, budgets.level(b, clock.now) as level
        from budgets.buckets as b, (select clock_timestamp() as now) as clock
        where b.key = %(key)s for update of b
    ), granted as (
        update budgets.buckets as b
        set tokens = a.level - least(%(most)s, floor(a.level)), refilled_at = greatest(b.refilled_at, a.now)
        from asked as a
        where b.key = a.key and a.level >= %(least)s
        returning least(%(most)s, floor(a.level)) as tokens
    )
    select coalesce(g.tokens, 0), (%(least)s - a.level) / a.refill_per_second, a.capacity
    from asked as a left join granted as g on true
"""
_GIVE_BACK = """
    update budgets.buckets as b
    set tokens = least(b.capacity, budgets.level(b, clock.now) + %(n)s),
        refilled_at = greatest(b.refilled_at, clock.now)
    from (select clock_timestamp() as now) as clock
    where b.key = %(key)s
"""
_REPORT = """
    insert into budgets.quotas as q (key, used, allowed, reported_at, next_probe_at)
    values (%(key)s, %(used)s, %(allowed)s, clock_timestamp(), clock_timestamp() + %(probe)s)
    on conflict (key) do update set used = excluded.used, allowed = excluded.allowed,
        reported_at = excluded.reported_at, next_probe_at = excluded.next_probe_at
"""
_ALLOWANCES = "select key, used, allowed, greatest(now() - reported_at, interval '0') from budgets.quotas"
_CHECK = """
    with probe as (
        update budgets.quotas set next_probe_at = clock_timestamp() + %(probe)s
        where key = %(key)s and used >= %(share)s * allowed and next_probe_at <= clock_timestamp()
        returning key
    )
    select used, allowed, greatest(next_probe_at - clock_timestamp(), interval '1 second')
    from budgets.quotas
    where key = %(key)s and used >= %(share)s * allowed and not exists (select from probe)
"""
