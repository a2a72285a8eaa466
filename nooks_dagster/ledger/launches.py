"""Launches: which runs were asked for, which live, which are due. The one dispatcher.

Belongs here: the answer to "what should start now?" and the record of what became of it.
Does not: Dagster; schedules and sensors turn a `Launch` into a run request, and a run reports back here.

Why not Dagster's own means: it never catches up on missed ticks, loses a tick whose function raised, skips a
run key for ever once its run has failed, and leaves a run STARTED after a reboot (all measured on 1.13.27).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

import psycopg
from psycopg.rows import class_row

from nooks_dagster.database.last import with_commit
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.statements import READY
from nooks_dagster.settings import Settings

SLOW = int(WorkClass.NIGHTLY)  # from here on a run may take days
FAIR = "interval '1 hour'"  # so long what is slow lets pass what is urgent

LOSE = """
    UPDATE work.launches SET ended_at = now(), outcome = 'lost'
    WHERE ended_at IS NULL AND coalesce(heartbeat_at < now() - %(silence)s, requested_at < now() - %(grace)s)
      AND NOT (started_at IS NULL AND scope || ':' || n = ANY(%(queued)s))
    RETURNING run_id
"""
# A launch that ended badly is followed after 5 s, 10 s, 20 s … at most five minutes. The exponent is bounded too:
# an interval of 5 s * 2 ^ 41 is out of range, and would stop the dispatcher for every scope.
RESTED = "last.ended_at + least(interval '5 seconds' * 2 ^ least(last.failures - 1, 6), interval '5 minutes') <= now()"
# A scope has one run at a time. A slow one does what is urgent too, an urgent one leaves what is slow. So where
# something urgent is always due, what is slow goes first after an hour, if one of the slow places is free.
DUE = f"""
    WITH due AS (
        SELECT i.scope, min(i.class) AS class, bool_or(i.class >= {SLOW} AND i.due_at < now() - {FAIR}) AS passed_over
        FROM work.items i
        WHERE i.parent IS NULL AND i.scope = ANY(%(scopes)s) AND {READY} GROUP BY i.scope, i.class >= {SLOW}
    ), live AS (
        SELECT count(*) FILTER (WHERE class < {SLOW}) AS urgent, count(*) FILTER (WHERE class >= {SLOW}) AS slow
        FROM work.launches WHERE ended_at IS NULL AND split_part(scope, '/', 1) = ANY(%(families)s)
    ), ranked AS (
        SELECT due.scope, due.class, due.passed_over, coalesce(last.n, 0) AS n, coalesce(last.failures, 0) AS failures,
            row_number() OVER (
                PARTITION BY due.class >= {SLOW} ORDER BY due.class, last.ended_at NULLS FIRST, due.scope
            ) AS place
        FROM due LEFT JOIN LATERAL (
            SELECT l.n, l.ended_at, CASE WHEN l.outcome = 'done' THEN 0 ELSE l.failures + 1 END AS failures
            FROM work.launches l WHERE l.scope = due.scope ORDER BY l.n DESC LIMIT 1
        ) last ON true
        WHERE NOT EXISTS (SELECT FROM work.launches l WHERE l.scope = due.scope AND l.ended_at IS NULL)
          AND (last.n IS NULL OR last.failures = 0 OR {RESTED})
    ), chosen AS (
        SELECT DISTINCT ON (scope) scope, n + 1 AS n, class, failures, place FROM ranked, live
        WHERE place <= CASE WHEN class >= {SLOW} THEN %(most_slow)s - slow ELSE %(at_once)s - urgent END
        ORDER BY scope, passed_over DESC, class
    ), requested AS (
        INSERT INTO work.launches (scope, n, class, failures) SELECT scope, n, class, failures FROM chosen
    )
    SELECT scope, n, class, failures FROM chosen ORDER BY class, place
"""  # noqa: S608 - constants of this module
LIVE = "SELECT run_id FROM work.launches WHERE ended_at IS NULL AND run_id IS NOT NULL"
AWAITED = "SELECT scope, n FROM work.launches WHERE ended_at IS NULL AND started_at IS NULL"
# What it held is free at once, and not when its leases run out: a fence tells if it was not over after all.
END_RUN = """
    WITH ended AS (
        UPDATE work.launches SET ended_at = now(), outcome = 'failed' WHERE ended_at IS NULL AND run_id = %(run)s
    )
    UPDATE work.items SET lease_until = least(lease_until, now())
    WHERE state = 'leased' AND holder LIKE '%%:' || %(run)s
"""
START = """
    UPDATE work.launches SET run_id = %(run)s, started_at = now(), heartbeat_at = now()
    WHERE scope = %(scope)s AND n = %(n)s AND ended_at IS NULL AND (run_id IS NULL OR run_id = %(run)s)
"""
JOIN = """
    INSERT INTO work.launches (scope, n, class, run_id, started_at, heartbeat_at)
    SELECT %(scope)s, coalesce(max(n), 0) + 1, %(class)s, %(run)s, now(), now()
    FROM work.launches WHERE scope = %(scope)s
    RETURNING n
"""
END = "UPDATE work.launches SET ended_at = now(), outcome = %s WHERE scope = %s AND n = %s AND ended_at IS NULL"
LATEST = """
    SELECT l.scope, l.n, l.run_id, l.requested_at, l.started_at, l.ended_at, l.outcome, l.failures,
        now() - l.heartbeat_at AS silence
    FROM unnest(%s::text[]) AS asked (scope) CROSS JOIN LATERAL (
        SELECT coalesce(max(n) FILTER (WHERE ended_at IS NULL), max(n)) AS n
        FROM (SELECT n, ended_at FROM work.launches WHERE scope = asked.scope ORDER BY n DESC LIMIT 5) AS recent
    ) AS newest JOIN work.launches l ON l.scope = asked.scope AND l.n = newest.n
"""
# "dispatch": one dispatcher at a time, whichever sensor it runs in. A statement of its own, for the next one sees what
# was committed before it began; both go with the commit, so that who holds the lock waits for no core.
DISPATCH_LOCK = 0x6469737061746368
ALONE = f"SELECT pg_advisory_xact_lock({DISPATCH_LOCK})"


@dataclass(frozen=True, slots=True)
class Launch:
    """A run that should start: the n-th of its scope."""

    scope: str
    n: int
    work_class: int
    failures: int

    @property
    def key(self) -> str:
        """Return the run key: new for each launch, the same if one tick is evaluated twice."""
        return f"{self.scope}:{self.n}"


@dataclass(frozen=True, slots=True)
class LaunchState:
    """What has become of the latest launch of a scope; `silence` is the time since its run was last heard of."""

    scope: str
    n: int
    run_id: str | None
    requested_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    failures: int
    silence: timedelta | None


def latest_launches(conn: psycopg.Connection[Any], scopes: Sequence[str]) -> Mapping[str, LaunchState]:
    """Return the live launch of each scope, or else its last one."""
    cursor = conn.cursor(row_factory=class_row(LaunchState))
    return {launch.scope: launch for launch in cursor.execute(LATEST, (list(scopes),))}


class Launches:
    """The launches of one database.

    Args:
        db: The platform's database.
        silence: A run without a heartbeat for this long is lost.
        grace: A requested run that has not reported by then is lost.
    """

    def __init__(self, db: Database, silence: timedelta, grace: timedelta) -> None:
        self._db = db
        self._silence = silence
        self._grace = grace

    @classmethod
    def of(cls, db: Database, settings: Settings) -> Self:
        """Return the launches of a database, with the patience of the settings."""
        silence, grace = timedelta(seconds=settings.silence_seconds), timedelta(seconds=settings.launch_grace_seconds)
        return cls(db, silence, grace)

    def lose(self, queued: Sequence[str] = ()) -> Sequence[str]:
        """End the launches whose runs are gone; return the run ids to be marked as failed.

        Args:
            queued: Keys of the launches whose runs still wait for a slot, or just got one: late, but not gone.
        """
        values = {"silence": self._silence, "grace": self._grace, "queued": list(queued)}
        with self._db.transaction() as conn:
            rows = conn.execute(LOSE, values).fetchall()
        return [run_id for (run_id,) in rows if run_id]

    def live_runs(self) -> Sequence[str]:
        """Return the ids of the runs that work on a scope, as far as we know."""
        with self._db.transaction() as conn:
            return [run_id for (run_id,) in conn.execute(LIVE)]

    def awaited(self) -> Mapping[str, tuple[str, int]]:
        """Return the scope and number of the launches whose runs have not reported yet, by run key."""
        with self._db.transaction() as conn:
            return {f"{scope}:{n}": (scope, n) for scope, n in conn.execute(AWAITED)}

    def end_run(self, run_id: str) -> None:
        """Take note that a run is over which did not say so itself; others may take what it held."""
        with self._db.transaction() as conn:
            conn.execute(END_RUN, {"run": run_id})

    def due(self, at_once: int, slow: int, scopes: Sequence[str]) -> Sequence[Launch]:
        """Request a run for each of the scopes with ready work and no live run, the most urgent class first.

        What is due beyond the bounds waits here, in order of urgency, and not in a queue of runs that knows only
        its own order. What may take days has a bound of its own, so that it never holds up what is due now.

        Args:
            at_once: The most launches of the urgent classes that live at the same time.
            slow: The same of what may take days: sweeps, histories, backfills.
            scopes: The scopes that may run, `<family>/<workspace>`; each family has bounds of its own.
        """
        families = sorted({scope.partition("/")[0] for scope in scopes})
        bounds = {"at_once": at_once, "most_slow": slow, "scopes": list(scopes), "families": families}
        requested: list[tuple[str, int, int, int]] = []
        with self._db.transaction() as conn:
            with_commit(conn, ALONE, {})
            with_commit(conn, DUE, bounds, requested.extend)
        return [Launch(*values) for values in requested]

    @contextmanager
    def joined(self, scope: str, run_id: str, work_class: WorkClass, n: int | None) -> Iterator[int]:
        """Report that a run works on a scope, and at the end of the block how that ended; yield its number.

        Args:
            scope: What it works on.
            run_id: Which run.
            work_class: For whom.
            n: Its launch; None for a run that nobody requested.
        """
        joined = self.start(scope, run_id, work_class, n)
        try:
            yield joined
        except BaseException:
            self.end(scope, joined, "failed")
            raise
        self.end(scope, joined, "done")

    def start(self, scope: str, run_id: str, work_class: int, n: int | None) -> int:
        """Report that a run works on a scope; return its number.

        A run that nobody requested (a click), or whose launch was given up meanwhile, joins under the next number:
        it is safe beside others, because every commit is fenced.
        """
        values = {"scope": scope, "n": n, "run": run_id, "class": work_class}
        numbers: list[tuple[int]] = []
        with self._db.transaction() as conn:
            if n is not None and conn.execute(START, values).rowcount == 1:
                return n
            with_commit(conn, ALONE, {})
            with_commit(conn, JOIN, values, numbers.extend)
        ((number,),) = numbers
        return number

    def end(self, scope: str, n: int, outcome: str) -> None:
        """Report how a run ended: done or failed."""
        with self._db.transaction() as conn:
            conn.execute(END, (outcome, scope, n))
