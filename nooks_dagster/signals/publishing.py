"""Publishing: an answer becomes what applications read, for every account that it is about, in one transaction.

Belongs here: `signals.current` and its ordered changes, and what closes the pairs in `signals.asked`. Does not: the
answer itself (`signals.committing`), reading the changes (`signals.changes`).

`change` ascends in the order of the commits: it is drawn behind a lock that is held until the commit. So who has read
up to a change never misses a smaller one that appears later.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from nooks_dagster.database.last import with_commit
from nooks_dagster.signals.declaration import Scope
from nooks_dagster.signals.questions import Question

CHANGE_LOCK = 0x6368616E6765  # "change"
CHANNEL = "signals"
"""Heard by who listens: something is new in `signals.current`."""


@dataclass(frozen=True, slots=True)
class Published:
    """An answer to be published.

    `seen_at` is the site's changed_at on which it rests: what changed later is asked about again.
    """

    answer: int
    subject: str
    seen_at: datetime | None


def publish(conn: psycopg.Connection[Any], question: Question, published: Published) -> None:
    """Give an answer to all accounts that it is about, and close their pairs, in the caller's transaction.

    A public one goes to every workspace that has the site. An answer that tells nothing takes none away that does.
    Locks pairs first, then, with the commit, the order of changes: both after the caller's own rows, and before those
    of the spend.
    """
    shared = question.signal.scope is Scope.PUBLIC
    values = {
        "signal": question.signal.name,
        "subject": published.subject,
        "workspace": question.workspace,
        "shared": shared,
        "version": question.version,
        "own": question.own_digest,
        "seen": published.seen_at,
        "answer": published.answer,
    }
    conn.execute(_CLOSE, values)
    with_commit(conn, _IN_ORDER, _ORDER)
    with_commit(conn, _SHOW, values)


def in_order(conn: psycopg.Connection[Any]) -> None:
    """Wait for the right to change `signals.current` until the transaction ends, and tell who listens."""
    conn.execute(_IN_ORDER, _ORDER)


_IN_ORDER = "select pg_advisory_xact_lock(%(lock)s), pg_notify(%(channel)s, '')"
_ORDER = {"lock": CHANGE_LOCK, "channel": CHANNEL}
_CLOSE = """
    insert into signals.asked as q (signal, subject, workspace, version, own, seen_at, answer, due_at)
    select %(signal)s, %(subject)s, of.workspace, %(version)s, %(own)s, %(seen)s, x.id, x.expires_at
    from signals.answers x cross join (
        select %(workspace)s::text as workspace union
        select a.workspace from research.accounts a
        where %(shared)s and a.site = %(subject)s and a.gone_at is null
    ) of
    where x.id = %(answer)s order by of.workspace
    on conflict (signal, subject, workspace) do update
    set version = excluded.version, own = excluded.own, seen_at = excluded.seen_at, answer = excluded.answer,
        due_at = excluded.due_at, open = false, fresh = false
    where q.workspace = %(workspace)s or not q.fresh
"""
_SHOW = """
    insert into signals.current as c (workspace, connection_id, account_id, signal, subject, answer, latest, change)
    select a.workspace, a.connection_id, a.account_id, %(signal)s, %(subject)s, %(answer)s, %(answer)s,
        nextval('signals.changes')
    from research.accounts a
    where a.site = %(subject)s and a.gone_at is null and (%(shared)s or a.workspace = %(workspace)s)
    on conflict (signal, workspace, connection_id, account_id) do update
    set subject = excluded.subject, latest = excluded.latest, gone_at = null, change = excluded.change,
        changed_at = clock_timestamp(),
        answer = case
            when c.subject = excluded.subject
              and exists (select from signals.answers x where x.id = c.answer and x.status in ('found', 'not_found'))
              and exists (select from signals.answers x
                          where x.id = excluded.answer and x.status not in ('found', 'not_found'))
            then c.answer else excluded.answer end
    where c.latest <> excluded.latest or c.subject <> excluded.subject or c.gone_at is not null
"""
