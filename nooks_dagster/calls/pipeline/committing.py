"""Committing: writes what came of a call's stages, each time in one transaction under the fence of its item.

Belongs here: what is written together, and trying again when Postgres gave up. Does not: which stage runs next
(`calls.pipeline.pipeline`), the statements (`calls.pipeline.stage_rows`).

Locked in one order: the item, the call, its stages, what the stages write, and the spend last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.calls.model import CallState
from nooks_dagster.calls.pipeline.hold import Hold, Trial
from nooks_dagster.calls.pipeline.stage_rows import Row, keep, stand
from nooks_dagster.calls.work import CALLS
from nooks_dagster.database.insisting import insist
from nooks_dagster.failures import Unauthorized, word_for
from nooks_dagster.ledger.items import Item
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.verdicts import Verdict, described, judge

KEY_REFUSED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes for the calls of one worker; safe to share between threads."""

    ledger: Ledger

    def commit(self, hold: Hold) -> None:
        """Write what is done so far; the next stage begins with a clean record."""

        def write(conn: psycopg.Connection[Any]) -> None:
            self.ledger.advance(conn, hold.claim, {"done": hold.done})
            self._pending(conn, hold)

        self._insist(hold, write)

    def finish(self, hold: Hold, state: CallState | None, reason: str | None) -> None:
        """Write the last of it, where the call stands (None: where it stood), and that its item is done."""

        def write(conn: psycopg.Connection[Any]) -> None:
            self.ledger.complete(conn, hold.claim, {})
            stand(conn, hold.loaded.id, self.ledger.release, state, reason)
            self._pending(conn, hold)

        self._insist(hold, write)

    def give_back(self, hold: Hold, wait: timedelta, reason: str) -> None:
        """Give a call back unharmed, with what is done so far."""

        def write(conn: psycopg.Connection[Any]) -> None:
            item = self._advanced(conn, hold)
            unharmed = Verdict("waiting", wait, item.attempts, item.deaths, None, reason)
            self._pending(conn, hold)
            self.ledger.give_back(conn, hold.claim, unharmed)

        self._insist(hold, write)

    def fail(self, hold: Hold, trial: Trial, error: Exception) -> Verdict:
        """Give a call back with what happened at a stage; say what becomes of it."""
        verdicts: list[Verdict] = []

        def write(conn: psycopg.Connection[Any]) -> None:
            item = self._advanced(conn, hold)
            verdict = judged(item, error)
            dead = verdict.state == "dead"
            if dead:
                stand(conn, hold.loaded.id, self.ledger.release, CallState.DEAD, verdict.reason)
            accused = [_accused(hold, trial, verdict)] if dead or verdict.attempts > item.attempts else []
            self._pending(conn, hold, accused)
            self.ledger.give_back(conn, hold.claim, verdict)
            verdicts.append(verdict)

        self._insist(hold, write)
        return verdicts[-1]

    def _advanced(self, conn: psycopg.Connection[Any], hold: Hold) -> Item:
        if not hold.pending:
            return self.ledger.recall(conn, hold.claim)
        self.ledger.advance(conn, hold.claim, {"done": hold.done})
        return hold.claim.item

    def _pending(self, conn: psycopg.Connection[Any], hold: Hold, more: list[Row] | None = None) -> None:
        done = [(trial, trial.outcome) for trial in hold.pending if trial.outcome]
        rows = [trial.row(outcome.made.status, hold.loaded.tries(trial.stage)) for trial, outcome in done]
        keep(conn, hold.loaded.id, hold.claim.fence, self.ledger.release, rows + (more or []))
        for _, outcome in done:
            outcome.write(conn)

    def _insist(self, hold: Hold, write: Callable[[psycopg.Connection[Any]], None]) -> None:
        def once() -> None:
            with self.ledger.db.transaction() as conn:
                write(conn)

        insist(once)
        hold.pending.clear()


def judged(item: Item, error: Exception) -> Verdict:
    """Decide what an error makes of a call; a key that is refused is no call's fault."""
    if isinstance(error, Unauthorized):
        return Verdict("waiting", KEY_REFUSED, item.attempts, 0, word_for(error), described(error))
    return judge(CALLS, item, error)


def _accused(hold: Hold, trial: Trial, verdict: Verdict) -> Row:
    status = "dead" if verdict.state == "dead" else "failing"
    tries = hold.loaded.tries(trial.stage)
    return trial.row(status, tries, failure=verdict.failure, reason=verdict.reason)
