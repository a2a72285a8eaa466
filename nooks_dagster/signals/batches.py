"""A batch from claim to end: its list out of the lake, its leases, and how it is given back.

Belongs here: opening and closing. Does not: asking (`signals.asking`), which batch comes next (`signals.draining`).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.crash_points import crash_point
from nooks_dagster.failures import Transient
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.lists import read_list
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.signals import leases
from nooks_dagster.signals.hands import Held
from nooks_dagster.signals.pairs import Asked, Pair
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import Counts
from nooks_dagster.signals.work import BATCHES, lane_of, signal_of


class Batches:
    """Opens and closes the batches of a run.

    Args:
        ledger: The work.
        keeper: Keeps what is held.
        lake: Where the lists are.
        scope: Whose batches.
        questions: What is asked, by signal; batches of others are left alone.
        only: The keys of the batches that are meant, None for all.
    """

    def __init__(
        self,
        ledger: Ledger,
        keeper: LeaseKeeper,
        lake: Lake,
        scope: str,
        questions: Mapping[str, Question],
        only: Sequence[str] | None = None,
    ) -> None:
        self._scope = scope
        self._ledger = ledger
        self._keeper = keeper
        self._lake = lake
        self._questions = questions
        self._only = only

    def claim(self, most: WorkClass, suspects: bool) -> list[Claim]:
        """Claim the most urgent batch of the classes up to `most`; a suspect is one whose last worker died."""
        lanes = [lane_of(self._scope, signal) for signal in self._questions]
        return self._ledger.claim(
            BATCHES, limit=1, scope=self._scope, lanes=lanes, keys=self._only, suspects=suspects, most=most
        )

    def open(self, claim: Claim) -> Held:
        """Take the leases of all accounts of a batch that have no answer yet, in one transaction.

        Those that were planned for another version are left out, for the next plan: this one is tried on some first.
        What its last worker died of is known by then: the accounts that it had begun. So the batch itself is none that
        kills its worker.

        Raises:
            LostLease: Another run has it.
            Failure: Its list cannot be read.
        """
        question = self._questions[signal_of(claim.item.lane)]
        renewal = ExitStack()
        renewal.enter_context(self._keeper.holding(claim))
        try:
            subjects = read_list(self._lake, Handle.from_json(claim.item.payload["subjects"]))
            crash_point("opening")
            with self._ledger.db.transaction() as conn:
                asked = _open(conn, question, claim, subjects)
                taken = leases.take(conn, question.scope, question.signal.name, list(asked), claim)
                self._ledger.note(conn, claim, claim.item.progress)
        except BaseException:
            renewal.close()
            raise
        crash_point("leased")
        pairs = {subject: Pair.of(question, lease, asked[subject]) for subject, lease in taken.items()}
        return Held(claim, renewal, question, pairs, len(asked) - len(taken))

    def complete(self, held: Held) -> None:
        """End a batch of which every account has an answer.

        Raises:
            LostLease: Another run has it.
        """
        with self._ledger.db.transaction() as conn:
            self._ledger.complete(conn, held.claim, _outcome(held.counts))
        held.renewal.close()

    def give_back(self, held: Held, wait: timedelta, reason: str | None = None) -> None:
        """Give a batch back unharmed, due again after a wait; its accounts are free."""
        self._free(held)
        self._ledger.release_claim(held.claim, wait, reason)

    def defer(self, held: Held, error: BaseException) -> str | None:
        """Give a batch back because of what stops all of them; return the sentence that is told of it."""
        self._free(held)
        return self.fail(held.claim, error)

    def postpone(self, error: Transient) -> None:
        """Let the batches that nobody has claimed wait as long as one that met an error."""
        with self._ledger.db.transaction() as conn:
            self._ledger.postpone(conn, BATCHES, self._scope, error)

    def fail(self, claim: Claim, error: BaseException) -> str | None:
        """Give back a batch that could not be opened; return the sentence that is told of it."""
        return self._ledger.fail(BATCHES, claim, error).reason

    def _free(self, held: Held) -> None:
        held.renewal.close()
        held.claim.lost = True  # what still asks for it stops at its next step
        with self._ledger.db.transaction() as conn:
            leases.let_go(conn, held.claim)


def _open(
    conn: psycopg.Connection[Any], question: Question, claim: Claim, subjects: Sequence[str]
) -> Mapping[str, Asked]:
    """Return the subjects that have no answer yet and may be asked in today's version."""
    values = {
        "signal": question.signal.name,
        "workspace": question.workspace,
        "subjects": list(subjects),
        "batch": claim.item.key,
        "version": question.version,
    }
    return {subject: Asked(fresh, seen_at) for subject, fresh, seen_at in conn.execute(_OPEN, values)}


def _outcome(counts: Counts) -> Mapping[str, Any]:
    statuses = {str(status): count for status, count in counts.statuses.items()}
    return {**statuses, "cached": counts.cached, "bought": counts.bought, "usd": str(counts.cost)}


_OPEN = """
    select q.subject, q.fresh, s.changed_at
    from signals.asked q left join research.sites s on s.site = q.subject
    where q.signal = %(signal)s and q.workspace = %(workspace)s and q.subject = any(%(subjects)s)
      and q.batch = %(batch)s and q.open
      and (q.version = %(version)s or exists (
        select from signals.versions v
        where v.signal = q.signal and v.version = %(version)s and v.state = 'spread'))
"""
