"""How the signals of workspaces stand: for checks, metadata and `nooks signals status`.

Belongs here: counting. Does not: showing it (assets, command), what it cost in all (`llm.costs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row


@dataclass(frozen=True, slots=True)
class SignalStatus:
    """How one signal of one workspace stands.

    Attributes:
        accounts: That are in its CRMs now.
        found: Those with findings; likewise the other statuses of the answers that stand.
        failing: Those whose last look was an error, whether or not an older answer stands.
        unasked: Those without any answer yet.
        open: Sites in batches that are not done; of these, `deferred` wait for a cap on spend.
        overdue: How long the oldest pair that should be asked again waits to be planned; None if none does.
        usd_today: Spent on answers since midnight UTC.
        bought_today, cached_today: Answers since then, by where they came from.
        duplicates: Purchases of which another had the account by then, in the last 30 days.
        version: `trial`, `held` or `spread`, of the newest version; `version_reason` tells why.
    """

    workspace: str
    signal: str
    accounts: int
    found: int
    not_found: int
    insufficient_evidence: int
    degraded: int
    error: int
    failing: int
    unasked: int
    open: int
    deferred: int
    overdue: timedelta | None
    usd_today: Decimal
    bought_today: int
    cached_today: int
    duplicates: int
    version: str
    version_reason: str

    @property
    def failed_share(self) -> float:
        """Share of the accounts that were looked into whose last look was an error."""
        return self.failing / max(self.accounts - self.unasked, 1)

    @property
    def cached_share(self) -> float:
        """Share of today's answers that were not bought."""
        return self.cached_today / max(self.cached_today + self.bought_today, 1)


@dataclass(frozen=True, slots=True)
class Failing:
    """A reason for which accounts are errors, or could not be looked into, and how many."""

    signal: str
    status: str
    reason: str
    accounts: int


def asked_signals(conn: psycopg.Connection[Any]) -> Sequence[str]:
    """Return the names of the signals that anybody was ever asked, in order."""
    return [name for (name,) in conn.execute("select distinct signal from signals.versions order by signal")]


def statuses(
    conn: psycopg.Connection[Any], signals: Sequence[str], workspaces: Sequence[str] | None = None
) -> Sequence[SignalStatus]:
    """Return how signals stand in each workspace that has accounts, or in some.

    Args:
        conn: A transaction.
        signals: Their names.
        workspaces: None for all.
    """
    values = {"signals": list(signals), "workspaces": None if workspaces is None else list(workspaces)}
    with conn.cursor(row_factory=class_row(SignalStatus)) as cursor:
        return cursor.execute(_STATUS, values).fetchall()


def reasons(conn: psycopg.Connection[Any], workspace: str, limit: int = 20) -> Sequence[Failing]:
    """Return why accounts of a workspace have no findings, the most frequent reason first."""
    with conn.cursor(row_factory=class_row(Failing)) as cursor:
        return cursor.execute(_REASONS, (workspace, limit)).fetchall()


_STATUS = """
    with wanted as (
        select w.name as workspace, s.signal
        from workspaces.workspaces w cross join unnest(%(signals)s::text[]) s (signal)
        where %(workspaces)s::text[] is null or w.name = any(%(workspaces)s)
    ), book as (
        select workspace, count(*) as accounts from research.accounts where gone_at is null group by workspace
    ), standing as (
        select c.workspace, c.signal, count(*) as known,
            count(*) filter (where x.status = 'found') as found,
            count(*) filter (where x.status = 'not_found') as not_found,
            count(*) filter (where x.status = 'insufficient_evidence') as insufficient_evidence,
            count(*) filter (where x.status = 'degraded') as degraded,
            count(*) filter (where x.status = 'error') as error,
            count(*) filter (where y.status = 'error') as failing
        from signals.current c join signals.answers x on x.id = c.answer join signals.answers y on y.id = c.latest
        where c.gone_at is null and c.signal = any(%(signals)s) group by c.workspace, c.signal
    ), asked as (
        select q.workspace, q.signal, count(i.id) as open,
            count(i.id) filter (where i.failure = 'Deferred') as deferred,
            max(now() - q.due_at) filter (where not q.open and q.due_at <= now() and exists (
                select from research.accounts a
                where a.workspace = q.workspace and a.site = q.subject and a.gone_at is null)) as overdue
        from signals.asked q left join work.items i on q.open and i.queue = 'signals.batches'
            and i.lane = 'signals/' || q.workspace || '/' || q.signal and i.key = q.batch
            and i.state in ('waiting', 'leased', 'blocked')
        where q.signal = any(%(signals)s) group by q.workspace, q.signal
    ), spent as (
        select workspace, signal, sum(cost) as usd, count(purchase) as bought from signals.answers
        where observed_at >= date_trunc('day', now(), 'UTC') and signal = any(%(signals)s) group by workspace, signal
    ), batches as (
        select split_part(lane, '/', 2) as workspace, split_part(lane, '/', 3) as signal,
            sum((outcome ->> 'cached')::int) as cached
        from work.items where queue = 'signals.batches' and finished_at >= date_trunc('day', now(), 'UTC')
        group by 1, 2
    ), twice as (
        select workspace, signal, count(*) as count from signals.duplicates
        where noticed_at > now() - interval '30 days' group by workspace, signal
    ), newest as (
        select distinct on (signal) signal, state, reason from signals.versions order by signal, first_at desc
    )
    select w.workspace, w.signal, b.accounts, coalesce(s.found, 0) as found, coalesce(s.not_found, 0) as not_found,
        coalesce(s.insufficient_evidence, 0) as insufficient_evidence, coalesce(s.degraded, 0) as degraded,
        coalesce(s.error, 0) as error, coalesce(s.failing, 0) as failing,
        greatest(b.accounts - coalesce(s.known, 0), 0) as unasked,
        coalesce(a.open, 0) as open, coalesce(a.deferred, 0) as deferred, a.overdue,
        coalesce(p.usd, 0) as usd_today, coalesce(p.bought, 0) as bought_today,
        coalesce(d.cached, 0) as cached_today, coalesce(t.count, 0) as duplicates,
        coalesce(v.state, 'spread') as version, coalesce(v.reason, '') as version_reason
    from wanted w join book b on b.workspace = w.workspace
    left join standing s on (s.workspace, s.signal) = (w.workspace, w.signal)
    left join asked a on (a.workspace, a.signal) = (w.workspace, w.signal)
    left join spent p on (p.workspace, p.signal) = (w.workspace, w.signal)
    left join batches d on (d.workspace, d.signal) = (w.workspace, w.signal)
    left join twice t on (t.workspace, t.signal) = (w.workspace, w.signal)
    left join newest v on v.signal = w.signal
    order by w.workspace, w.signal
"""
_REASONS = """
    select c.signal, y.status, y.reason, count(*) as accounts
    from signals.current c join signals.answers y on y.id = c.latest
    where c.workspace = %s and c.gone_at is null and y.status not in ('found', 'not_found')
    group by c.signal, y.status, y.reason order by count(*) desc, c.signal, y.status, y.reason limit %s
"""
