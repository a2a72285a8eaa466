"""Committing an answer: the record, what applications read and the purchase, in one transaction under a fence.

Belongs here: the order of that transaction, and what becomes of a purchase whose lease is gone. Does not: the lease
(`signals.leases`), what is shown (`signals.publishing`), the spend (`llm`).

Rows are locked in one order by all: lease, answer, pairs, the order of changes, spend.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from nooks_dagster.crash_points import crash_point
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.llm.asking import Bought, Seller
from nooks_dagster.signals import leases
from nooks_dagster.signals.answers import Answer
from nooks_dagster.signals.canonical import line
from nooks_dagster.signals.leases import Lease
from nooks_dagster.signals.publishing import Published, publish
from nooks_dagster.signals.questions import Question

LOST = "another worker had the account by the time of the answer"


class Committer:
    """Commits answers. Safe to share between threads.

    Args:
        db: The platform's database.
        seller: Who settles what was bought.
        run_id: Written on each answer.
    """

    def __init__(self, db: Database, seller: Seller, run_id: str) -> None:
        self._db = db
        self._seller = seller
        self._run_id = run_id

    def commit(
        self,
        question: Question,
        lease: Lease,
        answer: Answer,
        seen_at: datetime | None,
        bought: Bought[BaseModel] | None = None,
    ) -> None:
        """Keep an answer, show it, and settle what it cost.

        Args:
            question: What was asked.
            lease: The right to have asked it.
            answer: What is kept.
            seen_at: The site's changed_at on which it rests.
            bought: The purchase, if it is still to be settled.

        Raises:
            LostLease: Another has the account: of all this only the purchase was settled, as spent twice.
        """
        try:
            with self._db.transaction() as conn:
                leases.end(conn, lease)
                identity = _insert(conn, question, lease, answer, self._run_id)
                publish(conn, question, Published(identity, lease.subject, seen_at))
                if bought:
                    self._seller.settle(conn, bought)
                crash_point("publishing")
        except LostLease:
            if bought:
                self._settle_lost(question, lease, bought)
            raise
        crash_point("published")

    def show(
        self,
        question: Question,
        lease: Lease,
        answer: int,
        seen_at: datetime | None,
        *,
        anew: timedelta | None = None,
    ) -> None:
        """Publish an answer that was there already; `anew` is how long it holds from now on, if its time has run out.

        Raises:
            LostLease: Another has the account.
        """
        with self._db.transaction() as conn:
            leases.end(conn, lease)
            if anew:
                answer = _repeat(conn, answer, question, lease, self._run_id, anew)
            publish(conn, question, Published(answer, lease.subject, seen_at))

    def waste(self, bought: Bought[BaseModel], reason: str) -> None:
        """Settle a purchase that is of no use."""
        with self._db.transaction() as conn:
            self._seller.settle(conn, bought, reason)

    def _settle_lost(self, question: Question, lease: Lease, bought: Bought[BaseModel]) -> None:
        row = (bought.purchase, question.workspace, question.signal.name, lease.scope, lease.subject, bought.cost, LOST)
        with self._db.transaction() as conn:
            conn.execute(_DUPLICATE, row)
            self._seller.settle(conn, bought, LOST)


def _insert(conn: psycopg.Connection[Any], question: Question, lease: Lease, answer: Answer, run_id: str) -> int:
    verdict = answer.verdict
    values = {
        "scope": lease.scope,
        "subject": lease.subject,
        "signal": question.signal.name,
        "status": str(verdict.status),
        "reason": verdict.reason.encode()[:2000].decode(errors="ignore"),
        "value": Jsonb(list(verdict.value), dumps=line),
        "evidence": Jsonb(list(verdict.evidence), dumps=line),
        "confidence": verdict.confidence,
        "event_date": verdict.event_date,
        "expires_in": answer.expires_in,
        "sources_tried": Jsonb(list(answer.sources_tried), dumps=line),
        "cache_key": answer.cache_key,
        "purchase": answer.purchase,
        "model": answer.model,
        "version": question.version,
        "prompt_version": question.signal.prompt_version,
        "schema_version": question.signal.schema_version,
        "cost": answer.cost,
        "workspace": question.workspace,
        "run_id": run_id,
        "fence": lease.fence,
    }
    ((kept,),) = conn.execute(_INSERT, values).fetchall()
    return int(kept)


def _repeat(
    conn: psycopg.Connection[Any], answer: int, question: Question, lease: Lease, run_id: str, holds: timedelta
) -> int:
    values = {"answer": answer, "workspace": question.workspace, "run_id": run_id, "fence": lease.fence, "holds": holds}
    ((repeated,),) = conn.execute(_REPEAT, values).fetchall()
    return int(repeated)


_INSERT = """
    insert into signals.answers (
        scope, subject, signal, status, reason, value, evidence, confidence, event_date, expires_at, sources_tried,
        cache_key, purchase, model, version, prompt_version, schema_version, cost, workspace, run_id, fence)
    values (
        %(scope)s, %(subject)s, %(signal)s, %(status)s, %(reason)s, %(value)s, %(evidence)s, %(confidence)s,
        %(event_date)s, now() + %(expires_in)s, %(sources_tried)s, %(cache_key)s, %(purchase)s, %(model)s, %(version)s,
        %(prompt_version)s, %(schema_version)s, %(cost)s, %(workspace)s, %(run_id)s, %(fence)s)
    returning id
"""
_REPEAT = """
    insert into signals.answers (
        scope, subject, signal, status, reason, value, evidence, confidence, event_date, expires_at, sources_tried,
        cache_key, model, version, prompt_version, schema_version, workspace, run_id, fence)
    select scope, subject, signal, status, reason, value, evidence, confidence, event_date, now() + %(holds)s,
        sources_tried, cache_key, model, version, prompt_version, schema_version, %(workspace)s, %(run_id)s, %(fence)s
    from signals.answers where id = %(answer)s
    returning id
"""
_DUPLICATE = """
    insert into signals.duplicates (purchase, workspace, signal, scope, subject, cost, reason)
    values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing
"""
