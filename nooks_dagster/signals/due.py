"""Who is due: the accounts of a workspace that a signal is to be asked about now.

Belongs here: the one query. Does not: cutting batches (`signals.planning`), what it costs (`signals.estimates`).

A pair is due when it is new, when its documents, the version or the workspace's own facts changed since its answer, or
when the answer has run out; and when its batch was given up. It is not while its batch is open: so planning twice is
planning once, whoever was killed in between. Only whom a person names is taken out of a batch that waits. Nor is it due
while a look at its site is planned and due: what is asked before is bought again when the pages have changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.research.work import scope_of
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.work import BATCHES, lane_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the due pairs are meant.

    Attributes:
        sites: Only these, None for all.
        named: A person has named these.
        again: These, due or not.
        expired: Those too whose answer runs out within this, if they were not planned as lately; None for no such.
        changed: Those too that have an answer; without it, only new ones.
    """

    sites: Sequence[str] | None = None
    named: bool = False
    again: bool = False
    expired: timedelta | None = timedelta()
    changed: bool = True


def due(conn: psycopg.Connection[Any], question: Question, wanted: Wanted, after: str, limit: int) -> Sequence[str]:
    """Return the next subjects that are due, in order."""
    values = {**_values(question, wanted), "after": after, "limit": limit}
    return [subject for (subject,) in conn.execute(_PAGE.encode(), values)]


def count_due(conn: psycopg.Connection[Any], question: Question, wanted: Wanted) -> tuple[int, int]:
    """Return how many subjects are due, and for how many of these somebody else's answer may do."""
    values = {**_values(question, wanted), "after": ""}
    ((due, cached),) = conn.execute(_COUNT.encode(), values).fetchall()
    return due, cached


def _values(question: Question, wanted: Wanted) -> Mapping[str, Any]:
    return {
        "workspace": question.workspace,
        "signal": question.signal.name,
        "scope": question.scope,
        "version": question.version,
        "own": question.own_digest,
        "queue": BATCHES.name,
        "lane": lane_of(scope_of(question.workspace), question.signal.name),
        "sites": None if wanted.sites is None else list(wanted.sites),
        "again": wanted.again,
        "expired": None if wanted.expired is None else min(wanted.expired, question.signal.early),
        "taken": ["leased"] if wanted.named else ["waiting", "leased", "blocked"],
        "changed": wanted.changed,
    }


_DUE = """
    (
        select a.site, max(a.planned_at) as look_planned_at from research.accounts a
        where a.workspace = %(workspace)s and a.gone_at is null and a.site > %(after)s
          and (%(sites)s::text[] is null or a.site = any(%(sites)s))
        group by a.site
    ) a
    cross join lateral (select * from research.sites where site = a.site and looked_at is not null limit 1) s
    left join lateral (
        select * from signals.asked
        where signal = %(signal)s and subject = a.site and workspace = %(workspace)s limit 1
    ) q on true
    where not coalesce(
        s.next_look_at <= now() and a.look_planned_at > greatest(s.looked_at, now() - interval '1 day'), false
    ) and (
        %(again)s or q.answer is null
        or (%(changed)s and (
            q.open or q.version <> %(version)s or q.own <> %(own)s or q.seen_at is distinct from s.changed_at
            or (q.due_at <= now() + %(expired)s::interval
                and (q.due_at <= now() or q.planned_at <= now() - %(expired)s::interval))))
    ) and not (coalesce(q.open, false) and exists (
        select from work.items i
        where i.queue = %(queue)s and i.lane = %(lane)s and i.key = q.batch
          and i.state = any(%(taken)s)))
"""
_PAGE = f"select a.site from {_DUE} order by a.site limit %(limit)s"  # noqa: S608 - a constant of this module
_COUNT = f"""
    select count(*), count(*) filter (where exists (
        select from signals.answers x
        where x.scope = %(scope)s and x.subject = a.site and x.signal = %(signal)s and x.version = %(version)s
          and x.expires_at > now() and x.status <> 'error' and not %(again)s))
    from {_DUE}
"""  # noqa: S608
