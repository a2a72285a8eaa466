"""Items of work in Postgres: plan, claim, advance, complete, fail.

Belongs here: each change of an item's state, as one SQL statement guarded by its fence.
Does not: renewal (`ledger.leases`), runs (`ledger.launches`), dead letters (`ledger.dead_letters`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease, Poison, Transient, word_for
from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.items import Claim, Item, NewItem, Queue, WorkClass
from nooks_dagster.ledger.verdicts import Verdict, judge

# What falls due later and was never begun is not there yet: it holds up nobody, and nobody is told of it.
THERE = "(state <> 'waiting' OR fence > 0 OR due_at <= now())"
# Of a serial lane only the head may be worked on, and only when nobody has another.
HEAD = """
    (NOT i.serial OR NOT EXISTS (
        SELECT FROM work.items head
        WHERE head.queue = i.queue AND head.lane = i.lane AND head.state IN ('waiting', 'leased', 'blocked')
          AND CASE WHEN head.id < i.id THEN head.state <> 'waiting' OR head.fence > 0 OR head.due_at <= now()
                   ELSE head.id > i.id AND head.lease_until >= now() END))
"""
# Ready: it fell due, or its holder's lease ran out; of a held lane, nothing.
READY = f"""
    ((i.state IN ('waiting', 'blocked') AND i.due_at <= now()) OR (i.state = 'leased' AND i.lease_until < now()))
    AND {HEAD} AND {NOT_HELD}
"""

PLAN = """
    INSERT INTO work.items (queue, scope, lane, key, parent, serial, class, payload, release, due_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(%s, now() + %s))
    ON CONFLICT (queue, lane, key) DO NOTHING
"""

CLAIM = f"""
    WITH ready AS (
        SELECT i.id, i.fence, i.state = 'leased' AS died FROM work.items i
        WHERE i.queue = %(queue)s AND (i.deaths > 0 OR i.state = 'leased') = %(suspects)s
          AND (%(parents)s::bigint[] IS NULL OR i.parent = ANY(%(parents)s))
          AND (%(scope)s::text IS NULL OR i.scope = %(scope)s)
          AND (%(lanes)s::text[] IS NULL OR i.lane = ANY(%(lanes)s)) AND i.class <= %(most)s
          AND {READY}
        ORDER BY i.class, i.due_at, i.id
        FOR UPDATE SKIP LOCKED
        LIMIT %(limit)s
    ), buried AS (
        UPDATE work.attempts a SET ended_at = now(), outcome = 'died'
        FROM ready WHERE ready.died AND a.item_id = ready.id AND a.fence = ready.fence
    ), claimed AS (
        UPDATE work.items i SET state = 'leased', fence = i.fence + 1, holder = %(worker)s,
            lease_until = now() + %(lease)s, deaths = i.deaths + ready.died::int
        FROM ready WHERE i.id = ready.id
        RETURNING i.*
    ), opened AS (
        INSERT INTO work.attempts (item_id, fence, worker) SELECT id, fence, %(worker)s FROM claimed
    )
    SELECT id, queue, scope, lane, key, parent, class, payload, progress, attempts, deaths, fence
    FROM claimed ORDER BY class, due_at, id
"""  # noqa: S608 - READY is the constant above

HELD = "WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased'"
ADVANCE = f"UPDATE work.items SET progress = %(progress)s, attempts = 0, deaths = 0 {HELD}"  # noqa: S608
NOTE = f"UPDATE work.items SET progress = %(progress)s, deaths = 0 {HELD}"  # noqa: S608
COMPLETE = f"""
    UPDATE work.items SET state = 'done', outcome = %(outcome)s, finished_at = now(), holder = NULL,
        lease_until = NULL, failure = NULL, reason = NULL {HELD}
"""  # noqa: S608
GIVE_BACK = f"""
    UPDATE work.items SET state = %(state)s, due_at = now() + %(wait)s, attempts = %(attempts)s, deaths = %(deaths)s,
        failure = %(failure)s, reason = %(reason)s, holder = NULL, lease_until = NULL,
        finished_at = CASE WHEN %(state)s = 'dead' THEN now() END {HELD}
"""  # noqa: S608
END_ATTEMPT = """
    UPDATE work.attempts SET ended_at = now(), outcome = %(outcome)s, reason = %(reason)s
    WHERE item_id = %(id)s AND fence = %(fence)s
"""
# A history that somebody asks for is due now, but does not become more urgent than what is new.
EXPEDITE = f"""
    UPDATE work.items SET state = 'waiting', due_at = now(), attempts = 0, deaths = least(deaths, 1),
        class = CASE WHEN class >= {int(WorkClass.HISTORY)} THEN class ELSE least(class, %s) END
    WHERE state IN ('waiting', 'blocked') AND {THERE} AND (lane = %s OR (%s AND starts_with(lane, %s || '/')))
"""  # noqa: S608
# What nobody has begun meets what another item of its kind met.
POSTPONE = """
    UPDATE work.items SET due_at = greatest(due_at, now() + %(wait)s), failure = %(failure)s, reason = %(reason)s
    WHERE queue = %(queue)s AND scope = %(scope)s AND state = 'waiting' AND due_at < now() + %(wait)s
"""
# What a part of it got done shows that the whole does not kill its worker.
ACQUIT = "UPDATE work.items SET deaths = 0 WHERE id = %s AND deaths > 0"
DEATHS_ALONE = 5


class Ledger:
    """The items of one database, seen by one worker.

    Args:
        db: The platform's database.
        worker: Who holds what this process claims, for people to read; never relied on.
        lease: How long a claim lasts without renewal.
        release: The release that plans, written on each item.
    """

    def __init__(self, db: Database, worker: str, lease: timedelta, release: str = "dev") -> None:
        self.db = db
        self.worker = worker
        self.lease = lease
        self.release = release

    def plan(self, conn: psycopg.Connection[Any], items: Iterable[NewItem]) -> int:
        """Remember items in the caller's transaction; return how many are new."""
        rows = [
            (*_identity(i), i.parent, i.queue.serial, i.work_class, Jsonb(i.payload), self.release, i.due_at, i.due_in)
            for i in items
        ]
        with conn.cursor() as cursor:
            cursor.executemany(PLAN, rows)
            return max(cursor.rowcount, 0)

    def claim(
        self,
        queue: Queue,
        *,
        limit: int,
        scope: str | None = None,
        lanes: Sequence[str] | None = None,
        parents: Sequence[int] | None = None,
        suspects: bool = False,
        most: WorkClass = WorkClass.HISTORY,
    ) -> list[Claim]:
        """Lease ready items in the order of their class; suspects are those whose last worker died.

        A suspect is to be worked on alone, so that it takes no neighbour with it. One that has killed
        five workers alone is buried here instead of being returned. Classes above `most` are left alone.
        """
        arguments: dict[str, Any] = {"queue": queue.name, "limit": limit, "worker": self.worker, "lease": self.lease}
        arguments |= {
            "scope": scope,
            "lanes": _list(lanes),
            "parents": _list(parents),
            "suspects": suspects,
            "most": most,
        }
        with self.db.transaction() as conn:
            rows = conn.cursor(row_factory=dict_row).execute(CLAIM, arguments).fetchall()
        claims = [Claim(item=_item(row), fence=row["fence"]) for row in rows]
        poisoned = [c for c in claims if c.item.deaths > DEATHS_ALONE]
        for claim in poisoned:
            self.fail(queue, claim, Poison(f"killed its worker {DEATHS_ALONE} times alone", subject=claim.item.lane))
        return [c for c in claims if c not in poisoned]

    def advance(self, conn: psycopg.Connection[Any], claim: Claim, progress: Mapping[str, Any]) -> None:
        """Record progress under the fence, in the transaction of what was reached; clears the item's record.

        Raises:
            LostLease: The item is another's; the caller's transaction must not commit.
        """
        self._guarded(conn, claim, ADVANCE, {"progress": Jsonb(progress)})
        claim.item = replace(claim.item, progress=progress, attempts=0, deaths=0)

    def note(self, conn: psycopg.Connection[Any], claim: Claim, progress: Mapping[str, Any]) -> None:
        """Record under the fence what was found out: the item does not kill its worker, but its attempts still count.

        Raises:
            LostLease: The item is another's; the caller's transaction must not commit.
        """
        self._guarded(conn, claim, NOTE, {"progress": Jsonb(progress)})
        claim.item = replace(claim.item, progress=progress, deaths=0)

    def complete(self, conn: psycopg.Connection[Any], claim: Claim, outcome: Mapping[str, Any]) -> None:
        """Finish an item under the fence, in the transaction of its data.

        Raises:
            LostLease: The item is another's; the caller's transaction must not commit.
        """
        self._guarded(conn, claim, COMPLETE, {"outcome": Jsonb(outcome)})
        self._end_attempt(conn, claim, "done", None)
        if claim.item.parent is not None:
            conn.execute(ACQUIT, (claim.item.parent,))

    def expedite(self, conn: psycopg.Connection[Any], lane: str, work_class: WorkClass, *, below: bool = True) -> None:
        """Make what waits or is blocked in a lane, and in those below it, due now, because a person asked.

        What was never begun and falls due later keeps its time.
        """
        conn.execute(EXPEDITE.encode(), (work_class, lane, below, lane))

    def postpone(self, conn: psycopg.Connection[Any], queue: Queue, scope: str, error: Transient) -> None:
        """Make what waits in a queue of a scope wait as long as an error that would meet all of it; no attempt."""
        wait = error.retry_in or queue.backoff
        values = {"queue": queue.name, "scope": scope, "wait": wait, "failure": word_for(error), "reason": str(error)}
        conn.execute(POSTPONE, values)

    def fail(self, queue: Queue, claim: Claim, error: BaseException) -> Verdict:
        """Give an item back with what happened; say what becomes of it. A lost lease is no outcome."""
        verdict = judge(queue, claim.item, error)
        if not isinstance(error, LostLease):
            self._give_back(claim, verdict)
        return verdict

    def release_claim(self, claim: Claim, wait: timedelta, reason: str | None = None) -> None:
        """Give an item back unharmed, due again after a wait: a shutdown, or a child not yet due."""
        unharmed = Verdict("waiting", wait, claim.item.attempts, claim.item.deaths, None, reason)
        self._give_back(claim, unharmed)

    def _give_back(self, claim: Claim, verdict: Verdict) -> None:
        try:
            with self.db.transaction() as conn:
                self._guarded(conn, claim, GIVE_BACK, verdict.columns())
                self._end_attempt(conn, claim, verdict.failure or "released", verdict.reason)
        except LostLease:
            return

    def _guarded(self, conn: psycopg.Connection[Any], claim: Claim, sql: str, values: Mapping[str, Any]) -> None:
        done = conn.execute(sql.encode(), {**values, "id": claim.item.id, "fence": claim.fence})
        if done.rowcount != 1:
            claim.lost = True
            raise LostLease(f"item {claim.item.id} is no longer held under fence {claim.fence}")

    def _end_attempt(self, conn: psycopg.Connection[Any], claim: Claim, outcome: str, reason: str | None) -> None:
        values = {"id": claim.item.id, "fence": claim.fence, "outcome": outcome, "reason": reason}
        conn.execute(END_ATTEMPT, values)


def _identity(item: NewItem) -> tuple[str, str, str, str]:
    return item.queue.name, item.scope, item.lane, item.key


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)


def _item(row: Mapping[str, Any]) -> Item:
    columns = {name: row[name] for name in Item.__dataclass_fields__ if name != "work_class"}
    return Item(**columns, work_class=WorkClass(row["class"]))
