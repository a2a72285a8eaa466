"""Items of work in Postgres: plan, claim, advance, complete, fail.

Belongs here: each change of an item's state, as one SQL statement guarded by its fence.
Does not: what a new item is (`ledger.planning`), renewal (`ledger.leases`), runs (`ledger.launches`), dead letters
(`ledger.dead_letters`).
"""

import os
import socket
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease, Poison, Transient, word_for
from nooks_dagster.ledger.items import Claim, Item, NewItem, Queue, WorkClass
from nooks_dagster.ledger.many import FAIRLY, SUSPECTS, claim_rows, complete_rows
from nooks_dagster.ledger.planning import plan
from nooks_dagster.ledger.statements import (
    ACQUIT,
    ADVANCE,
    CHECK,
    CLAIM,
    COMPLETE,
    EXPEDITE,
    GIVE_BACK,
    NOTE,
    POSTPONE,
    RECALL,
)
from nooks_dagster.ledger.verdicts import Verdict, judge
from nooks_dagster.settings import Settings

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

    @classmethod
    def of(cls, db: Database, settings: Settings, run_id: str) -> Self:
        """Return the items as a run sees them; `run_id` is a word for whoever is no run."""
        return cls(db, worker_name(run_id), settings.lease, settings.release)

    def plan(self, conn: psycopg.Connection[Any], items: Iterable[NewItem]) -> int:
        """Remember items in the caller's transaction; return how many are new."""
        return plan(conn, items, self.release)

    def claim(
        self,
        queue: Queue,
        *,
        limit: int,
        scope: str | None = None,
        lanes: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
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
            "keys": _list(keys),
            "parents": _list(parents),
            "suspects": suspects,
            "most": most,
        }
        with self.db.transaction() as conn:
            claims = claim_rows(conn, CLAIM, arguments)
        poisoned = [c for c in claims if c.item.deaths > DEATHS_ALONE]
        for claim in poisoned:
            self.fail(queue, claim, Poison(f"killed its worker {DEATHS_ALONE} times alone", subject=claim.item.lane))
        return [c for c in claims if c not in poisoned]

    def claim_fairly(
        self,
        conn: psycopg.Connection[Any],
        queue: Queue,
        *,
        limit: int,
        least: WorkClass = WorkClass.LIVE,
        most: WorkClass = WorkClass.HISTORY,
        suspects: bool = False,
        within: tuple[str, Sequence[str]] | None = None,
    ) -> list[Claim]:
        """Lease ready items of all scopes in the caller's transaction, so that no lane waits for another's thousands.

        For queues that are not serial and have no parts; costs one look into an index for each lane with something
        waiting. A suspect is returned even after its fifth death alone: the caller buries it with what it knows.
        `within` leaves items alone whose payload lists, under that key, anything but these words: a stage of another
        release.
        """
        of, words = within or (None, ())
        values = {"queue": queue.name, "limit": limit, "worker": self.worker, "lease": self.lease, "of": of}
        chosen = {"least": least, "most": most, "within": Jsonb(list(words))}
        return claim_rows(conn, SUSPECTS if suspects else FAIRLY, values | chosen)

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
        self._guarded(conn, claim, COMPLETE, {"outcome": Jsonb(outcome), "ended": "done", "reason": None})
        if claim.item.parent is not None:
            conn.execute(ACQUIT, (claim.item.parent,))

    def complete_many(
        self, conn: psycopg.Connection[Any], outcomes: Mapping[Claim, Mapping[str, Any]]
    ) -> Collection[Claim]:
        """Finish those items that are still held, in one statement; return them, and mark the others as lost.

        Call it before their data is written, in the same transaction, and write only what belongs to those returned.
        """
        done = complete_rows(conn, outcomes)
        for claim in outcomes:
            claim.lost = claim.lost or claim.item.id not in done
        return [claim for claim in outcomes if claim.item.id in done]

    def check(self, conn: psycopg.Connection[Any], claim: Claim) -> None:
        """Return if an item is still held, and stays so until the caller's transaction ends.

        Raises:
            LostLease: It is another's; the caller's transaction must not commit.
        """
        self._guarded(conn, claim, CHECK, {})

    def expedite(self, conn: psycopg.Connection[Any], lane: str, work_class: WorkClass, *, below: bool = True) -> None:
        """Make what waits or is blocked in a lane, and in those below it, due now, because a person asked.

        What was never begun and falls due later keeps its time, unless it waits for what another item met.
        """
        conn.execute(EXPEDITE.encode(), (work_class, lane, below, lane))

    def postpone(self, conn: psycopg.Connection[Any], queue: Queue, scope: str, error: Transient) -> None:
        """Make what waits in a queue of a scope wait as long as an error that would meet all of it; no attempt."""
        wait = error.retry_in or queue.backoff
        values = {"queue": queue.name, "scope": scope, "wait": wait, "failure": word_for(error), "reason": str(error)}
        conn.execute(POSTPONE, values)

    def fail(self, queue: Queue, claim: Claim, error: BaseException) -> Verdict:
        """Give an item back with what happened; say what becomes of it. A lost lease is no outcome."""
        if isinstance(error, LostLease):
            return judge(queue, claim.item, error)
        return self._judged(claim, lambda item: judge(queue, item, error))

    def release_claim(self, claim: Claim, wait: timedelta, reason: str | None = None) -> None:
        """Give an item back unharmed, due again after a wait: a shutdown, or a child not yet due."""
        self._judged(claim, lambda item: Verdict("waiting", wait, item.attempts, item.deaths, None, reason))

    def recall(self, conn: psycopg.Connection[Any], claim: Claim) -> Item:
        """Return a held item as it was committed: a transaction that failed has left in memory what it would have been.

        Raises:
            LostLease: The item is another's; the caller's transaction must not commit.
        """
        ((progress, attempts, deaths),) = self._guarded(conn, claim, RECALL, {}).fetchall()
        claim.item = replace(claim.item, progress=progress, attempts=attempts, deaths=deaths)
        return claim.item

    def give_back(self, conn: psycopg.Connection[Any], claim: Claim, verdict: Verdict) -> None:
        """Give an item back with what became of it, in the transaction that keeps why.

        Raises:
            LostLease: The item is another's; the caller's transaction must not commit.
        """
        self._guarded(conn, claim, GIVE_BACK, {**verdict.columns(), "ended": verdict.failure or "released"})

    def _judged(self, claim: Claim, verdict_on: Callable[[Item], Verdict]) -> Verdict:
        with suppress(LostLease), self.db.transaction() as conn:
            self.give_back(conn, claim, verdict_on(self.recall(conn, claim)))
        return verdict_on(claim.item)

    def _guarded(
        self, conn: psycopg.Connection[Any], claim: Claim, sql: str, values: Mapping[str, Any]
    ) -> psycopg.Cursor[Any]:
        done = conn.execute(sql.encode(), {**values, "id": claim.item.id, "fence": claim.fence})
        if done.rowcount != 1:
            claim.lost = True
            raise LostLease(f"item {claim.item.id} is no longer held under fence {claim.fence}")
        return done


def worker_name(run_id: str) -> str:
    """Return who holds what a run claims in this process; by its end the claims of a dead run are found."""
    return f"{socket.gethostname()}:{os.getpid()}:{run_id}"


def _list(values: Sequence[Any] | None) -> list[Any] | None:
    return None if values is None else list(values)
