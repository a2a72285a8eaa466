"""Leases: one worker at a time asks about a (scope, subject, signal); the fence proves it at commit.

Belongs here: the rows of `signals.leases`, each change as one statement. Does not: who needs one (`signals.batches`).

A lease lives through the ledger item of its batch: while that is leased under the fence that took it. So the one
renewal of the item keeps a hundred leases, and a worker that is paused, killed or stalled loses them with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.items import Claim


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask about a subject.

    `failures` are those that accuse it since its last answer, `deaths` the workers that died asking about it; `wait` is
    how long it rests. `reason` is what last accused it, also before its last answer.
    """

    scope: str
    subject: str
    signal: str
    fence: int
    item: int
    item_fence: int
    failures: int
    deaths: int
    wait: timedelta
    reason: str | None

    @property
    def key(self) -> Mapping[str, Any]:
        """Return what its statements need."""
        return {
            "scope": self.scope,
            "subject": self.subject,
            "signal": self.signal,
            "fence": self.fence,
            "item": self.item,
            "item_fence": self.item_fence,
        }


def take(
    conn: psycopg.Connection[Any], scope: str, signal: str, subjects: Sequence[str], claim: Claim
) -> Mapping[str, Lease]:
    """Take the leases that nobody holds; return them by subject. Those of others are left out, not waited for.

    Who has lost the batch meanwhile gets none. Who finds one begun takes it that its last worker died of it.
    Two statements, in the order of the subjects: the first locks the rows, so that the second sees the items of
    all who took them before.
    """
    claimed = {"item": claim.item.id, "item_fence": claim.fence}
    values = {"scope": scope, "signal": signal, "subjects": sorted(set(subjects)), **claimed}
    conn.execute(_LOCK, values)
    rows = conn.execute(_TAKE, values).fetchall()
    return {row[0]: Lease(scope, row[0], signal, row[1], claim.item.id, claim.fence, *row[2:]) for row in rows}


def begin(conn: psycopg.Connection[Any], lease: Lease) -> None:
    """Note that the model is asked now, in the transaction that reserves the money.

    Raises:
        LostLease: Another has it, or may have; nothing must be bought.
    """
    _guarded(conn, _BEGIN, lease)


def end(conn: psycopg.Connection[Any], lease: Lease) -> None:
    """End a lease with an answer, in the transaction of that answer: what accused the subject counts no more.

    Raises:
        LostLease: Another has it; the answer must not be kept.
    """
    _guarded(conn, _END, lease)


def fail(conn: psycopg.Connection[Any], lease: Lease, failures: int, wait: timedelta, reason: str) -> None:
    """Keep a lease, and what happened: the subject rests for a while, and did not kill its worker.

    Raises:
        LostLease: Another has it.
    """
    _guarded(conn, _FAIL, lease, {"failures": failures, "wait": wait, "reason": reason})


def let_go(conn: psycopg.Connection[Any], claim: Claim) -> None:
    """Free what a batch still holds, unharmed; whoever is still asking for it finds its lease gone."""
    conn.execute(_LET_GO, {"item": claim.item.id, "item_fence": claim.fence})


def _guarded(
    conn: psycopg.Connection[Any], statement: str, lease: Lease, values: Mapping[str, Any] | None = None
) -> None:
    if conn.execute(statement.encode(), {**lease.key, **(values or {})}).rowcount != 1:
        raise LostLease(f"the lease on {lease.subject} for {lease.signal} was taken over")


_LOCK = """
    insert into signals.leases as l (scope, subject, signal)
    select %(scope)s, subject, %(signal)s from unnest(%(subjects)s::text[]) as subject order by subject collate "C"
    on conflict (scope, subject, signal) do update set fence = l.fence where false
"""
_TAKE = """
    update signals.leases as l
    set fence = l.fence + 1, item = %(item)s, item_fence = %(item_fence)s, begun_at = null,
        deaths = l.deaths + (l.begun_at is not null)::int
    where l.scope = %(scope)s and l.signal = %(signal)s and l.subject = any(%(subjects)s::text[])
      and not exists (
        select from work.items i
        where i.id = l.item and i.fence = l.item_fence and i.state = 'leased' and i.lease_until > clock_timestamp())
      and exists (select from work.items i where i.id = %(item)s and i.fence = %(item_fence)s and i.state = 'leased')
    returning l.subject, l.fence, l.failures, l.deaths,
        greatest(coalesce(l.retry_at - clock_timestamp(), interval '0'), interval '0'), l.reason
"""
_MINE = """
    scope = %(scope)s and subject = %(subject)s and signal = %(signal)s
    and fence = %(fence)s and item = %(item)s and item_fence = %(item_fence)s
"""
_BEGIN = f"""
    update signals.leases set begun_at = clock_timestamp() where {_MINE}
      and exists (select from work.items i where i.id = %(item)s and i.fence = %(item_fence)s and i.state = 'leased')
"""  # noqa: S608 - constants of this module
_END = f"""
    update signals.leases set item = null, item_fence = null, begun_at = null, failures = 0, deaths = 0,
        retry_at = null
    where {_MINE}
"""  # noqa: S608
_FAIL = f"""
    update signals.leases set begun_at = null, deaths = 0, failures = %(failures)s,
        retry_at = clock_timestamp() + %(wait)s, reason = %(reason)s
    where {_MINE}
"""  # noqa: S608
_LET_GO = """
    update signals.leases set item = null, item_fence = null, begun_at = null
    where item = %(item)s and item_fence = %(item_fence)s
"""
