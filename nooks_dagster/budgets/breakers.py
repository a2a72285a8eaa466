"""Breakers: when the other side answers nobody any more, all stop calling, and one asks now and then if it is back.

Belongs here: who failed, when it opens and closes, who may ask; by Postgres' clock, for all processes. Does not: what
counts as a failure of the other side (`crm.access.allowance`), whose calls they are.

It opens when callers fail one call after another, several of them, and not one of any caller has been answered
meanwhile. So a caller whose own account is broken opens nothing, and neither does a source that fails now and then.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from nooks_dagster.database.last import with_commit
from nooks_dagster.database.pool import Database

FORGOTTEN = timedelta(minutes=5)  # a failure that old says nothing about now
PROBE_EVERY = timedelta(seconds=5)  # doubled with each probe in vain
LONGEST_PAUSE = timedelta(minutes=1)  # between two probes; a probe must be given longer


@dataclass(frozen=True, slots=True)
class Patience:
    """When a breaker opens: so many callers failed so often in a row, and nobody was answered for so long.

    With fewer callers, the tries of a request are all the patience there is. A probe that has not ended after `probe`
    died with its process, and another asks; the longest call of a CRM takes five minutes.
    """

    callers: int = 3
    failures: int = 3
    silence: timedelta = timedelta(seconds=10)
    probe: timedelta = timedelta(minutes=6)


USUAL = Patience()


@dataclass(frozen=True, slots=True)
class Outage:
    """A breaker that is open: since when, how often it was asked in vain, and how long until the next time."""

    key: str
    since: datetime
    probes: int
    next_in: timedelta


class Breakers:
    """The breakers of the platform. Safe to share between threads.

    Args:
        db: The platform's database.
        patience: When they open.
    """

    def __init__(self, db: Database, patience: Patience = USUAL) -> None:
        self._db = db
        self._patience = asdict(patience)

    def may_call(self, key: str) -> Outage | None:
        """Return None if a call may be made, which may be the one that asks; else the outage.

        Raises:
            Unavailable: Postgres does not answer.
        """
        with self._db.transaction() as conn, conn.cursor(row_factory=class_row(Outage)) as cursor:
            return cursor.execute(_MAY_CALL, {"key": key, "timeout": self._patience["probe"]}).fetchone()

    def silence(self, key: str) -> Outage | None:
        """Return the outage in which nobody is to ask yet, if there is one; changes nothing."""
        with self._db.transaction() as conn, conn.cursor(row_factory=class_row(Outage)) as cursor:
            return cursor.execute(_SILENCE, {"key": key}).fetchone()

    def answered(self, key: str) -> None:
        """Take note that a call was answered, whatever the answer: the breaker closes, and nobody has failed in a row.

        Answers are told every few seconds only, by one of many callers: would it speak for itself alone, the others'
        failures of minutes were in a row, whatever was answered between.
        """
        with self._db.transaction() as conn:
            conn.execute(_IN_A_ROW_NO_MORE, {"key": key})
            with_commit(conn, _ANSWERED, {"key": key})

    def failed(self, key: str, caller: str) -> None:
        """Take note that a call was not answered; the breaker opens when enough were not, or stays open for longer."""
        values = {"key": key, "caller": caller, "forgotten": FORGOTTEN, "every": PROBE_EVERY, "longest": LONGEST_PAUSE}
        values |= self._patience
        with self._db.transaction() as conn:
            conn.execute(_COUNT, values)
            if conn.execute(_PROBED, values).rowcount == 0:
                conn.execute(_OPEN, values)

    def outages(self) -> dict[str, Outage]:
        """Return the breakers that are open, by key."""
        with self._db.transaction() as conn, conn.cursor(row_factory=class_row(Outage)) as cursor:
            return {outage.key: outage for outage in cursor.execute(_OUTAGES)}


_AS_OUTAGE = """
    key, opened_at as since, probes,
    greatest(next_probe_at - clock_timestamp(), interval '1 second') as next_in
"""
# Whoever moves the next probe away is the one that asks.
_MAY_CALL = f"""
    with probe as (
        update budgets.breakers set next_probe_at = clock_timestamp() + %(timeout)s
        where key = %(key)s and opened_at is not null and next_probe_at <= clock_timestamp() returning key
    )
    select {_AS_OUTAGE} from budgets.breakers
    where key = %(key)s and opened_at is not null and not exists (select from probe)
"""  # noqa: S608 - a constant of this module
_IN_A_ROW_NO_MORE = """
    delete from budgets.failing where (key, caller) in (
        select key, caller from budgets.failing where key = %(key)s order by caller for update skip locked)
"""
_ANSWERED = """
    insert into budgets.breakers (key, answered_at) values (%(key)s, clock_timestamp())
    on conflict (key) do update set answered_at = excluded.answered_at, opened_at = null, probes = 0,
        next_probe_at = null
"""
_COUNT = """
    insert into budgets.failing as f (key, caller, in_a_row, failed_at)
    values (%(key)s, %(caller)s, 1, clock_timestamp())
    on conflict (key, caller) do update set failed_at = excluded.failed_at,
        in_a_row = case when f.failed_at < clock_timestamp() - %(forgotten)s then 1 else f.in_a_row + 1 end
"""
# A call that was under way when the breaker opened is no probe: while one is, the next is further away than a pause.
_PROBED = """
    update budgets.breakers set probes = probes + 1,
        next_probe_at = clock_timestamp() + least(%(every)s * 2 ^ least(probes + 1, 6), %(longest)s)
    where key = %(key)s and opened_at is not null and next_probe_at > clock_timestamp() + %(longest)s
"""
_OPEN = """
    insert into budgets.breakers as b (key, opened_at, next_probe_at)
    select %(key)s, clock_timestamp(), clock_timestamp() + %(every)s from budgets.failing
    where key = %(key)s and in_a_row >= %(failures)s and failed_at > clock_timestamp() - %(forgotten)s
    having count(*) >= %(callers)s
    on conflict (key) do update set
        opened_at = excluded.opened_at, probes = 0, next_probe_at = excluded.next_probe_at
    where b.opened_at is null and (b.answered_at is null or b.answered_at < clock_timestamp() - %(silence)s)
"""
_OUTAGES = f"select {_AS_OUTAGE} from budgets.breakers where opened_at is not null"  # noqa: S608 - likewise
_SILENCE = f"{_OUTAGES} and key = %(key)s and next_probe_at > clock_timestamp()"
