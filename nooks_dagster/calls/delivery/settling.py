"""Settling a batch: what was delivered, what is tried again and when, what is dead; all in one transaction.

Belongs here: from answers to rows, under the fences. Does not: sending (`calls.delivery.sending`), what a failure makes
of an item (`ledger.verdicts`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.calls.delivery.contents import Content, belongs
from nooks_dagster.calls.delivery.lanes import Lane, park, rest, resume
from nooks_dagster.calls.delivery.rules import block, streak, was_blocked
from nooks_dagster.calls.delivery.sending import Sent, of_lane
from nooks_dagster.calls.work import DELIVERIES
from nooks_dagster.crm.activities import Answer, Written
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure, Transient, word_for
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.lanes import give_back_many
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.many import hold_many
from nooks_dagster.ledger.verdicts import Verdict, described, judge

PACE = timedelta(milliseconds=600)
"""Between two batches that are not full: what waits is sent within a second, and a customer with 100,000 calls a day
still spends one API call for more than one of them."""
SLOW_PACE = timedelta(seconds=10)
SCARCE_PACE = timedelta(seconds=60)
AFTER_STRIKE, MOST_AFTER_STRIKE = timedelta(seconds=2), timedelta(minutes=1)
STEP_ASIDE = timedelta(minutes=2)  # of what was not even answered alone: the next probe is another one

# Only what was written under the content that was read is delivered: a record made again meanwhile has an item of its
# own, which finds that the other side has the older content.
SETTLE = """
    update calls.deliveries d set
        state = case when s.state = 'delivered' and d.digest <> s.digest then d.state else s.state end,
        external_id = coalesce(s.record, d.external_id), external_object = coalesce(s.object, d.external_object),
        written = case when s.state = 'delivered' or s.record is not null then s.digest else d.written end,
        links = case when s.state = 'delivered' or s.record is not null and d.links is null then s.links
            else d.links end,
        delivered_at = case when s.state = 'delivered' then coalesce(d.delivered_at, now()) else d.delivered_at end,
        failure = s.failure, reason = s.reason
    from unnest(%(call)s::bigint[], %(digest)s::bytea[], %(state)s::text[], %(record)s::text[], %(object)s::text[],
        %(failure)s::text[], %(reason)s::text[], %(links)s::jsonb[])
        as s (call, digest, state, record, object, failure, reason, links)
    where d.integration = %(integration)s and d.call = s.call
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process has of a lane; two items may be of one call, whose record was made again."""

    lane: Lane
    claims: Sequence[Claim]
    contents: Mapping[int, Content]
    full: bool


@dataclass(frozen=True, slots=True)
class _Row:
    call: int
    digest: bytes
    state: str
    record: str | None
    object: str | None
    failure: str | None
    reason: str | None
    links: Jsonb | None


class Settling:
    """Settles batches of one process. Safe to share between threads.

    Args:
        ledger: Of this process.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def settle(self, batch: Batch, sent: Sent, usage: Usage) -> None:
        """Keep what became of a batch; of items that another process has by now, nothing."""
        lane, ruled = batch.lane, None if sent.trouble else streak(batch.lane, _by_call(batch), sent)
        if ruled and ruled.blocks:
            block(sent, ruled.rule)
        with self._ledger.db.transaction() as conn:
            if not self._settle(conn, batch, sent):
                return  # and the lane is another's too
            if sent.trouble:
                strikes = ruled.calls if ruled else lane.strikes + (not _told(sent.trouble))
                park(conn, lane.integration, _wait(sent.trouble, lane.strikes), sent.trouble, strikes)
            elif ruled:
                park(conn, lane.integration, pace(usage), ruled.rule, ruled.calls)
            else:
                rest(conn, lane.integration, timedelta() if batch.full else pace(usage))
                if was_blocked(lane):
                    resume(conn, lane)

    def _settle(self, conn: psycopg.Connection[Any], batch: Batch, sent: Sent) -> bool:
        """Say whether anything of the batch was still held."""
        verdicts = {claim: _verdict(claim, batch, sent) for claim in batch.claims}
        done: dict[Claim, dict[str, Any]] = {claim: {} for claim, verdict in verdicts.items() if verdict is None}
        back = {claim: verdict for claim, verdict in verdicts.items() if verdict}
        if done and back:
            hold_many(conn, batch.claims)
        held = {claim.item.id for claim in self._ledger.complete_many(conn, done)} | give_back_many(conn, back)
        rows = {row.call: row for row in _rows(batch, sent, {c: v for c, v in verdicts.items() if c.item.id in held})}
        if rows:
            columns = {name: [getattr(row, name) for row in rows.values()] for name in _Row.__slots__}
            conn.execute(SETTLE, {**columns, "integration": batch.lane.integration})
        return bool(held)


def pace(usage: Usage) -> timedelta:
    """Return how long a lane waits until its next batch that is not full: the scarcer the day's calls, the longer."""
    if usage.used is None or not usage.limit:
        return PACE
    used = usage.used / usage.limit
    if used < 0.6:
        return PACE
    return SLOW_PACE if used < 0.85 else SCARCE_PACE


def _by_call(batch: Batch) -> Mapping[int, Claim]:
    return {int(claim.item.payload["call"]): claim for claim in batch.claims}


def _told(trouble: Failure) -> bool:
    """Say whether the other side, or our own breaker, said when to come again."""
    return isinstance(trouble, Transient) and not trouble.counts_as_attempt


def _wait(trouble: Failure, strikes: int) -> timedelta:
    asked = trouble.retry_in if isinstance(trouble, Transient) else None
    doubled: timedelta = AFTER_STRIKE * 2 ** min(strikes, 10)
    return asked or min(doubled, MOST_AFTER_STRIKE)


def _verdict(claim: Claim, batch: Batch, sent: Sent) -> Verdict | None:
    """Return what becomes of an item, None if it is done."""
    call = int(claim.item.payload["call"])
    if call not in batch.contents:
        return None
    answer = sent.answers.get(call)
    if isinstance(answer, Written):
        return None
    failure = answer.failure if answer else sent.trouble
    if failure and not of_lane(failure) and answer:
        return judge(DELIVERIES, claim.item, failure)
    alone = len(batch.contents) == 1 and failure is not None and not _told(failure)
    wait = STEP_ASIDE if alone else timedelta()
    return Verdict("waiting", wait, claim.item.attempts, 0, word_for(failure) if failure else None, _said(failure))


def _rows(batch: Batch, sent: Sent, verdicts: Mapping[Claim, Verdict | None]) -> Iterator[_Row]:
    for claim, verdict in verdicts.items():
        call = int(claim.item.payload["call"])
        if content := batch.contents.get(call):
            yield _row(content, verdict, sent.answers.get(call))


def _row(content: Content, verdict: Verdict | None, answer: Answer | None) -> _Row:
    kept = belongs(content.activity, answer.left if isinstance(answer, Written) else ())
    links = Jsonb(kept) if kept else None
    record, object_ = (answer.record or None, answer.object or None) if answer else (None, None)
    if verdict is None:
        return _Row(content.call, content.digest, "delivered", record, object_, None, None, links)
    state = "dead" if verdict.state == "dead" else "waiting"
    return _Row(content.call, content.digest, state, record, object_, verdict.failure, verdict.reason, links)


def _said(failure: Failure | None) -> str | None:
    return described(failure) if failure else None
