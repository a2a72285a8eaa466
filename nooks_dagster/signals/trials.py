"""Trials: a new prompt, shape or model is tried on some accounts before all are asked, and all wait for its verdict.

Belongs here: the state of a version, and what it lets through. Does not: planning (`signals.planning`).

The first version of a signal is no change, so nothing is tried: caps bound what it costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.settings import Settings
from nooks_dagster.signals.questions import Question

LESS = 0.5
"""So small a part of what was found before is found with a version that breaks something …"""
UNSHOWN = 0.1
"""… or so much more of its answers no page shows."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a signal: `trial`, `held` until a person decides, or `spread`.

    `planned` accounts were tried, of which `open` have no answer yet and `failed` are errors; asking the `left` ones
    costs about `cost` USD each. Of its answers the shares `found` have findings and `unshown` are shown by no page; of
    those that the others have, `found_before` and `unshown_before`.
    """

    signal: str
    version: str
    state: str
    planned: int
    reason: str
    open: int = 0
    ended: int = 0
    failed: int = 0
    left: int = 0
    cost: Decimal = Decimal(0)
    found: float = 0.0
    unshown: float = 0.0
    found_before: float = 0.0
    unshown_before: float = 0.0

    @property
    def projected(self) -> Decimal:
        """What all the others would cost, in USD."""
        return self.cost * self.left

    @property
    def may_change(self) -> bool:
        """Whether accounts that have an answer may be asked with it."""
        return self.state != "held"

    def room(self, trial: int) -> int | None:
        """Return how many more accounts may be planned, None for all."""
        return max(0, trial - self.planned) if self.state == "trial" else None


def version_of(conn: psycopg.Connection[Any], question: Question, settings: Settings) -> Version:
    """Return the version that a question is asked in, and decide about it if its trial is over.

    While it is tried its row stays locked until the transaction ends, so that no two plans try it on more
    accounts than they may.
    """
    key = {"signal": question.signal.name, "version": question.version}
    conn.execute(_REMEMBER, key)
    conn.execute(_COMES_BACK, key)
    conn.execute(_LOCK, key)
    found = _read(conn, key)
    if found.state != "trial" or found.planned < min(settings.signals_trial_accounts, found.planned + found.left):
        return found
    if found.open:
        return found
    reason = _against(found, settings)
    told = reason or f"{found.ended} accounts were tried, {found.failed} of them failed; ${found.cost:.4f} each."
    conn.execute(_DECIDE, {**key, "state": "held" if reason else "spread", "reason": told})
    return _read(conn, key)


def as_of_now(conn: psycopg.Connection[Any], version: Version) -> Version:
    """Return a version with what its trial has shown since it was read."""
    return _read(conn, {"signal": version.signal, "version": version.version})


def count_planned(conn: psycopg.Connection[Any], question: Question, planned: int) -> None:
    """Count accounts that a version is tried on."""
    conn.execute(_COUNT, {"signal": question.signal.name, "version": question.version, "planned": planned})


def spread(conn: psycopg.Connection[Any], signal: str, version: str | None = None) -> bool:
    """Let a version that is tried, or held, be asked of all, because a person says so; say if there was one.

    Args:
        conn: A transaction.
        signal: Its name.
        version: By default the newest.
    """
    return conn.execute(_SPREAD, {"signal": signal, "version": version}).rowcount == 1


def versions(conn: psycopg.Connection[Any], signals: Sequence[str]) -> Sequence[Version]:
    """Return the newest version of each signal, with what its trial has shown."""
    newest = conn.execute(_NEWEST, (list(signals),)).fetchall()
    return [_read(conn, {"signal": signal, "version": version}) for signal, version in newest]


def _against(version: Version, settings: Settings) -> str | None:
    """Return why a person must decide, None if nobody need."""
    share = version.failed / max(version.ended, 1)
    advice = "Look at `nooks signals status`, then let it go on with `nooks signals spread`."
    if share >= settings.signals_failed_share:
        return f"{version.failed} of {version.ended} accounts that it was tried on failed. {advice}"
    if version.unshown > version.unshown_before + UNSHOWN:
        before = f"before {version.unshown_before:.0%}. {advice}"
        return f"No page shows the answer about {version.unshown:.0%} of those that it was tried on, {before}"
    if version.found < LESS * version.found_before:
        before = f"before about {version.found_before:.0%}. {advice}"
        return f"Something was found about {version.found:.0%} of those that it was tried on, {before}"
    if version.projected > settings.signals_spread_usd:
        return (
            f"Asking the other {version.left} accounts costs about ${version.projected:.2f}, more than "
            f"NOOKS_SIGNALS_SPREAD_USD = {settings.signals_spread_usd}. {advice}"
        )
    return None


def _read(conn: psycopg.Connection[Any], key: dict[str, str]) -> Version:
    with conn.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(_READ, key).fetchall()[0]


_REMEMBER = """
    insert into signals.versions (signal, version, state, reason)
    select %(signal)s, %(version)s, case when known.any then 'trial' else 'spread' end,
        case when known.any then '' else 'It is the first of this signal.' end
    from (select exists (select from signals.versions where signal = %(signal)s) as any) known
    on conflict do nothing
"""
# What is asked now is the newest, also after a change that was taken back.
_COMES_BACK = """
    update signals.versions v set first_at = now()
    where v.signal = %(signal)s and v.version = %(version)s
      and exists (select from signals.versions x where x.signal = v.signal and x.first_at > v.first_at)
"""
_LOCK = (
    "select from signals.versions where signal = %(signal)s and version = %(version)s and state = 'trial' for update"
)
_READ = """
    select v.signal, v.version, v.state, v.planned, v.reason, asked.open, asked.ended, asked.failed, asked.left,
        coalesce(spent.cost, 0) as cost, asked.found, asked.unshown, asked.found_before, asked.unshown_before
    from signals.versions v cross join lateral (
        select count(*) filter (where q.version = v.version and q.open and exists (
                select from work.items i
                where i.queue = 'signals.batches' and i.lane = 'signals/' || q.workspace || '/' || q.signal
                  and i.key = q.batch and i.state in ('waiting', 'leased', 'blocked'))) as open,
            count(*) filter (where q.version = v.version and not q.open) as ended,
            count(*) filter (where q.version = v.version and not q.open and x.status = 'error') as failed,
            count(*) filter (where q.version <> v.version) as left,
            coalesce(avg((x.status = 'found')::int) filter (where q.version = v.version and not q.open), 0)::float
                as found,
            coalesce(avg((x.status = 'insufficient_evidence')::int)
                filter (where q.version = v.version and not q.open), 0)::float as unshown,
            coalesce(avg((x.status = 'found')::int) filter (where q.version <> v.version), 0)::float as found_before,
            coalesce(avg((x.status = 'insufficient_evidence')::int)
                filter (where q.version <> v.version), 0)::float as unshown_before
        from signals.asked q left join signals.answers x on x.id = q.answer and v.state = 'trial'
        where q.signal = v.signal and v.state <> 'spread' and exists (
            select from research.accounts a
            where a.workspace = q.workspace and a.site = q.subject and a.gone_at is null)
    ) asked cross join lateral (
        select avg(x.cost) as cost from signals.answers x
        where x.signal = v.signal and x.version = v.version and x.purchase is not null and v.state <> 'spread'
    ) spent
    where v.signal = %(signal)s and v.version = %(version)s
"""
_DECIDE = """
    update signals.versions set state = %(state)s, reason = %(reason)s, decided_at = now()
    where signal = %(signal)s and version = %(version)s
"""
_COUNT = (
    "update signals.versions set planned = planned + %(planned)s where signal = %(signal)s and version = %(version)s"
)
_SPREAD = """
    update signals.versions v set state = 'spread', reason = 'A person said so.', decided_at = now()
    where v.signal = %(signal)s and v.state <> 'spread' and v.version = coalesce(%(version)s, (
        select version from signals.versions where signal = %(signal)s order by first_at desc limit 1))
"""
_NEWEST = """
    select distinct on (signal) signal, version from signals.versions where signal = any(%s)
    order by signal, first_at desc
"""
