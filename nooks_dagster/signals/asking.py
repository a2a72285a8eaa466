"""Asking about one account: documents, cache, purchase, check, commit; in a thread of its own.

Belongs here: the order of these steps, and what an error leaves behind. Does not: who is asked about when
(`signals.draining`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from pydantic import BaseModel

from nooks_dagster.crash_points import crash_point
from nooks_dagster.database.insisting import insist
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, LostLease, Poison, Unavailable
from nooks_dagster.ledger.ledger import DEATHS_ALONE
from nooks_dagster.ledger.verdicts import described
from nooks_dagster.llm.asking import Ask, Bought, Seller
from nooks_dagster.llm.outcomes import Billed, Refused, Truncated
from nooks_dagster.research.documents import Document, Dossier
from nooks_dagster.research.library import Library
from nooks_dagster.signals import leases
from nooks_dagster.signals.answers import Answer, Verdict, sources_tried, unread
from nooks_dagster.signals.cache import Hit, look_up
from nooks_dagster.signals.checks import Check, nothing_found
from nooks_dagster.signals.committing import Committer
from nooks_dagster.signals.envelope import Envelope
from nooks_dagster.signals.outcomes import Outcome, judge
from nooks_dagster.signals.pairs import TOO_LONG, Pair
from nooks_dagster.signals.prompts import inputs
from nooks_dagster.signals.reports import Status

INVENTED = "no document shows what the model said"
BROKEN = "what the model said could not be kept"
NOTHING = frozenset({Status.NOT_FOUND, Status.DEGRADED})
Stopped = Callable[[], bool]


class Asker:
    """Asks about accounts. Safe to share between threads.

    Args:
        db: The platform's database.
        seller: Who answers.
        library: The documents.
        committer: Who commits.
        attempts: Errors until an account is one (`signals_attempts`).
        rest: How long an error stands before it is looked into again.
        most: Characters of documents in a prompt.
    """

    def __init__(
        self,
        db: Database,
        seller: Seller,
        library: Library,
        committer: Committer,
        *,
        attempts: int,
        rest: timedelta,
        most: int,
    ) -> None:
        self._db = db
        self._seller = seller
        self._library = library
        self._committer = committer
        self._attempts = attempts
        self._error_rest = rest
        self._most = most

    def ask(self, pair: Pair, stopped: Stopped) -> Outcome:
        """Bring an account to an answer, or say why it must wait.

        Args:
            pair: Which account and signal, and the lease on them.
            stopped: Says that nothing more is to be bought.

        Raises:
            Unauthorized: No account can be asked about.
        """
        try:
            return self._answered(pair, stopped)
        except LostLease:
            return Outcome()
        except Exception as error:  # noqa: BLE001  others go on; the verdict says what may be told
            return self._failed(pair, error)

    def bury(self, pair: Pair) -> Outcome:
        """Give up an account that kills its workers; the others of its batch go on without it."""
        poison = Poison(f"killed its worker {DEATHS_ALONE} times alone", subject=pair.lease.subject)
        try:
            return self._gave_up(pair, poison)
        except LostLease:
            return Outcome()

    def _answered(self, pair: Pair, stopped: Stopped) -> Outcome:
        question, subject = pair.question, pair.lease.subject
        hit = self._known(pair)
        if hit and hit.status not in NOTHING:
            return self._shown(pair, hit)
        dossier = self._library.of([subject], question.signal.documents)[subject]
        if reason := _cannot_look(pair, dossier):
            return self._commit(pair, dossier, Verdict(Status.INSUFFICIENT_EVIDENCE, reason=reason))
        once = {document.sha256: document for document in dossier.documents}
        key = question.cache_key(subject, once)
        if hit and hit.key == key:
            return self._judged_anew(pair, dossier, hit)
        documents = {f"d{number}": document for number, document in enumerate(once.values(), 1)}
        crash_point("asking")
        bought = self._seller.buy(
            self._question(pair, documents), opening=partial(leases.begin, lease=pair.lease), stopped=stopped
        )
        crash_point("bought")
        try:
            return self._checked(pair, dossier, documents, bought, key)
        except (Failure, LostLease):
            raise
        except Exception:  # an answer that breaks the check is paid for all the same
            self._committer.waste(bought, BROKEN)
            raise

    def _known(self, pair: Pair) -> Hit | None:
        """Return an answer that was made from the documents of today, without reading them."""
        question, subject = pair.question, pair.lease.subject
        if pair.fresh or question.missing:
            return None
        with self._db.transaction() as conn:
            documents = self._library.shas(conn, [subject], question.signal.documents)[subject]
            key = question.cache_key(subject, documents)
            return look_up(conn, key, question.signal.early) if documents else None

    def _shown(self, pair: Pair, hit: Hit) -> Outcome:
        holds = None if hit.holds else pair.question.signal.holds(hit.status)
        self._committer.show(pair.question, pair.lease, hit.answer, pair.seen_at, anew=holds)
        return Outcome(hit.status, cached=True)

    def _judged_anew(self, pair: Pair, dossier: Dossier, hit: Hit) -> Outcome:
        """Say again that nothing was found, in the light of the pages that can be read today."""
        verdict = nothing_found(dossier, hit.reason if hit.status is Status.NOT_FOUND else "")
        if hit.holds and (verdict.status, verdict.reason) == (hit.status, hit.reason):
            return self._shown(pair, hit)
        answer = Answer(
            verdict, pair.question.signal.holds(verdict.status), sources_tried(dossier), hit.key, model=hit.model
        )
        self._committer.commit(pair.question, pair.lease, answer, pair.seen_at)
        return Outcome(verdict.status, cached=True)

    def _question(self, pair: Pair, documents: Mapping[str, Document]) -> Ask:
        question, subject = pair.question, pair.lease.subject
        return question.ask(subject, inputs(subject, documents, question.own, self._most), longer=pair.longer)

    def _checked(
        self, pair: Pair, dossier: Dossier, documents: Mapping[str, Document], bought: Bought[BaseModel], key: str
    ) -> Outcome:
        if not isinstance(bought.answer, Envelope):
            raise TypeError("the seller answered in another shape than was asked")
        verdict = Check(pair.question.signal, documents, pair.question.own).verdict(bought.answer, dossier)
        if verdict.invented and not pair.invented and pair.failures + 1 < self._attempts:
            self._committer.waste(bought, INVENTED)
            pair.spent += bought.cost
            self._rest(pair, pair.failures + 1, timedelta(), INVENTED)
            pair.invented = True
            return Outcome(wait=timedelta(), cost=bought.cost, bought=1)
        return self._commit(pair, dossier, verdict, bought, key)

    def _commit(
        self,
        pair: Pair,
        dossier: Dossier,
        verdict: Verdict,
        bought: Bought[BaseModel] | None = None,
        key: str | None = None,
    ) -> Outcome:
        holds = pair.question.signal.holds(verdict.status)
        answer = Answer(verdict, holds, sources_tried(dossier), key)
        if bought:
            answer = replace(answer, model=bought.model, purchase=bought.purchase, cost=pair.spent + bought.cost)
        cost, purchases = bought.cost if bought else Decimal(0), int(bought is not None)
        try:
            insist(lambda: self._committer.commit(pair.question, pair.lease, answer, pair.seen_at, bought))
        except LostLease:
            return Outcome(cost=cost, bought=purchases, duplicates=purchases)
        return Outcome(verdict.status, cost=cost, bought=purchases, dropped=verdict.dropped)

    def _failed(self, pair: Pair, error: Exception) -> Outcome:
        pair.longer = pair.longer or isinstance(error, Truncated)
        after = judge(error, pair.failures, self._attempts)
        cost, bought = (error.cost, 1) if isinstance(error, Billed) else (Decimal(0), 0)
        pair.spent += cost
        reason = TOO_LONG if isinstance(error, Truncated) else described(error)
        try:
            if not after.again:
                return self._gave_up(pair, error)
            # What stops all is no rest of this one's: it may be over before, by a person's word.
            self._rest(pair, after.failures, timedelta() if after.holds_all else after.wait, reason)
        except LostLease:
            return Outcome(cost=cost, bought=bought)
        except Unavailable as down:  # nothing could be written down: the lease goes on telling that it was begun
            return Outcome(wait=down.retry_in, error=down, holds_all=True)
        return Outcome(wait=after.wait, error=error, holds_all=after.holds_all, cost=cost, bought=bought)

    def _rest(self, pair: Pair, failures: int, wait: timedelta, reason: str) -> None:
        with self._db.transaction() as conn:
            leases.fail(conn, pair.lease, failures, wait, reason)
        pair.failures = failures

    def _gave_up(self, pair: Pair, error: Exception) -> Outcome:
        """Commit an error as what is known of the account, with the purchase that it was the answer to, if any."""
        rest = self._error_rest
        if isinstance(error, Refused):  # asked the same, it answers the same
            rest = max(rest, pair.question.signal.not_found_time_to_live)
        answer = Answer(Verdict(Status.ERROR, reason=described(error)), rest, cost=pair.spent)
        if isinstance(error, Billed):
            answer = replace(answer, purchase=error.purchase)
        self._committer.commit(pair.question, pair.lease, answer, pair.seen_at)
        cost = error.cost if isinstance(error, Billed) else Decimal(0)
        return Outcome(Status.ERROR, error=error, cost=cost, bought=int(answer.purchase is not None))


def _cannot_look(pair: Pair, dossier: Dossier) -> str | None:
    """Return why an account cannot be looked into, None if it can."""
    if missing := pair.question.missing:
        return f"The workspace has not told its own {missing}, so there is nothing to compare with."
    if dossier.documents:
        return None
    if dossier.looked_at is None:
        return "Nobody has looked at its site yet."
    gaps = unread(dossier)
    return f"Its site could not be read ({gaps})." if gaps else "Its site has none of the pages that tell this."
