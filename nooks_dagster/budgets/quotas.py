"""Quotas: what may be spent in a day, as the other side last counted it, shared by every process through Postgres.

Belongs here: remembering what was told, and who may still spend. Does not: rates (`budgets.places`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from nooks_dagster.database.last import with_commit
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import QuotaExhausted

PROBE_EVERY = timedelta(minutes=10)
"""A spent quota is asked again this often, by one call: Salesforce counts the last 24 hours, so it frees itself
slowly, and nothing but a response tells how far."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the other side last said: calls used out of how many, `age` ago."""

    used: int
    allowed: int
    age: timedelta


class Quotas:
    """The quotas of the platform. Safe to share between threads.

    Args:
        db: The platform's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def report_usage(self, key: str, used: int, limit: int) -> None:
        """Remember what the other side last said: calls used, out of how many.

        Args:
            key: Whose calls they are.
            used: Calls used in the other side's own period.
            limit: Calls allowed in it.
        """
        values = {"key": key, "used": used, "allowed": limit, "probe": PROBE_EVERY}
        with self._db.transaction() as conn:
            with_commit(conn, _REPORT, values)

    def allowances(self) -> Mapping[str, Allowance]:
        """Return every allowance that was ever told, by its key."""
        with self._db.transaction() as conn:
            return {key: Allowance(*rest) for key, *rest in conn.execute(_ALLOWANCES)}

    def check(self, key: str, share: float) -> None:
        """Return if a kind of work may still call; nothing known means it may.

        Args:
            key: Whose calls they are.
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
            subject=key,
            next_step=f"It is tried again in {_minutes(wait)}, and goes on once the usage has fallen.",
            retry_in=wait,
        )


def _minutes(wait: timedelta) -> str:
    minutes = max(1, round(wait / timedelta(minutes=1)))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


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
