"""The door: every paid request goes through here. Permit, reservation, request, and what it really cost.

Belongs here: the order of it. Does not: any of the parts; tries, for the caller has the one budget of them.

What is sent was reserved before, in a transaction; what was reserved is settled, released or unknown after, whatever
happens: if this process dies, by another one once the deadline is over.
"""

import hashlib
import json
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import openai
import psycopg

from nooks_dagster.budgets import permits
from nooks_dagster.budgets.breakers import Patience
from nooks_dagster.budgets.outages import SharedBreaker
from nooks_dagster.budgets.pace import Pace
from nooks_dagster.budgets.permits import Permit
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, SourceDown, Unanswered, Unavailable
from nooks_dagster.llm import purchases, replies
from nooks_dagster.llm.asking import Ask, Bought, Opening, never, nothing
from nooks_dagster.llm.bounds import tokens_at_most
from nooks_dagster.llm.caps import defaults
from nooks_dagster.llm.client import Client, TooLong, request
from nooks_dagster.llm.outcomes import Billed
from nooks_dagster.llm.prices import price_of
from nooks_dagster.llm.purchases import End, Purchase, Reserved, State
from nooks_dagster.llm.replies import Outcome
from nooks_dagster.llm.turns import Turns
from nooks_dagster.settings import Settings

KEY = "llm"
"""Of its permits and its breaker."""
PATIENCE = Patience(callers=3, failures=2, silence=timedelta(seconds=3))  # of 30 answers a second, none is an outage
MARGIN = timedelta(seconds=10)  # by which a permit outlives its request: the provider notices late that we gave up
SETTLING = timedelta(minutes=15)  # a caller that has not settled by then is dead: a stall takes ten
REAP_EVERY = 30.0  # seconds


class Door:
    """Buys answers of OpenAI. See `nooks_dagster.llm.asking.Seller`. One of a process; safe to share between threads.

    Args:
        db: The platform's database; a connection of its pool is used at a time, none while a request is under way.
        settings: Bounds, caps and key.
        base_url: Another address than OpenAI's.
    """

    def __init__(self, db: Database, settings: Settings, *, base_url: str | None = None) -> None:
        self._db = db
        self._most = settings.llm_requests_in_flight
        self._kept = settings.llm_live_requests
        self._caps = defaults(settings)
        self._client = Client(
            settings.openai_api_key.get_secret_value(),
            timedelta(seconds=settings.llm_timeout_seconds),
            sandbox=settings.sandbox,
            base_url=base_url,
        )
        self._hold = self._client.longest + MARGIN
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._breaker = SharedBreaker(db, "openai", self._worker, PATIENCE)
        self._turns = Turns()
        self._reaping = Pace(REAP_EVERY)

    def buy(self, ask: Ask, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Bought:
        """Wait for a permit, reserve the most it can cost, and ask once. See `Seller.buy`."""
        self._client.check()
        purchase = self._purchase(ask)
        self._breaker.peek()
        if self._reaping.due():
            with self._db.transaction() as conn:
                purchases.reap(conn)
        permit, reserved = self._open(ask, purchase, opening, stopped)
        try:
            outcome = self._ask(ask, permit)
        except BaseException as error:
            unsent = isinstance(error, SourceDown)
            self._close(permit, reserved, End(State.RELEASED if unsent else State.UNKNOWN, reason=type(error).__name__))
            raise
        return self._take(permit, reserved, outcome)

    def settle(self, conn: psycopg.Connection[Any], bought: Bought, reason: str = "") -> None:
        """Settle a purchase in the caller's transaction. See `Seller.settle`."""
        why = "; ".join(filter(None, (reason, bought.note)))
        end = End(State.SETTLED, bought.cost, bought.usage, bought.model, bought.request_id, why)
        purchases.end(conn, bought.purchase, end)

    def upper_bound(self, ask: Ask) -> Decimal:
        """Return the most that asking can cost, in USD. See `Seller.upper_bound`."""
        today = datetime.now(UTC).date()  # what is bought at midnight may be reserved at the price of a day before
        return price_of(ask.model, today).most(tokens_at_most(ask), ask.max_output_tokens)

    def _purchase(self, ask: Ask) -> Purchase:
        asked_for = hashlib.sha256(json.dumps(request(ask), sort_keys=True).encode()).digest()
        bound = self.upper_bound(ask)
        return Purchase(ask.kind, ask.workspace, ask.purpose, ask.subject, ask.model, asked_for, bound, self._worker)

    def _open(
        self, ask: Ask, purchase: Purchase, opening: Opening, stopped: Callable[[], bool]
    ) -> tuple[Permit, Reserved]:
        """Take a permit and reserve, in one transaction with the caller's own."""
        with self._turns.turn(f"{ask.workspace}{'/live' * ask.live}", stopped) as turn:
            while True:
                with self._db.transaction() as conn:
                    permit = permits.take(
                        conn,
                        KEY,
                        self._most,
                        ask.workspace,
                        self._hold,
                        kept=self._kept,
                        urgent=ask.live,
                        more=turn.more,
                    )
                    if permit:
                        turn.served()
                        opening(conn)
                        return permit, purchases.reserve(conn, purchase, self._caps, self._hold + SETTLING)
                turn.wait()

    def _ask(self, ask: Ask, permit: Permit) -> Outcome:
        """Send it, unless nobody is answered just now, and say what came of it."""
        self._breaker.check()
        try:
            outcome = replies.read(ask, self._client.send(ask))
        except (openai.OpenAIError, httpx2.HTTPError, TooLong) as error:
            outcome = replies.failed(ask, error)
        self._breaker.note(f"permit {permit.n}", outcome.failure)
        return outcome

    def _take(self, permit: Permit, reserved: Reserved, outcome: Outcome) -> Bought:
        """Leave the permit, and end the purchase here, unless there is an answer, which the caller settles."""
        end = _end(reserved, outcome)
        failure, answer = outcome.failure, outcome.answer
        if failure is None and answer is not None and outcome.usage:
            self._close(permit, reserved, None, outcome)
            return Bought(
                reserved.id, answer, outcome.usage, end.cost, end.model or "", end.request_id or "", note=end.reason
            )
        self._close(permit, reserved, end, outcome)
        if isinstance(failure, Billed):
            failure.purchase, failure.cost = reserved.id, end.cost
        raise failure or Unanswered("The reply did not say what it cost.", subject=f"purchase {reserved.id}")

    def _close(self, permit: Permit, reserved: Reserved, end: End | None, outcome: Outcome | None = None) -> None:
        """Leave a permit with what was learned, and end a purchase, in one transaction.

        Without Postgres both end by themselves, and what came of the request must not be lost.
        """
        with suppress(Unavailable), self._db.transaction() as conn:
            if outcome and (outcome.refused or outcome.pause):
                permits.slow_down(conn, permit, self._most, outcome.pause, refused=outcome.refused)
            permits.leave(conn, permit, MARGIN if outcome and outcome.lingers else timedelta())
            if end:
                purchases.end(conn, reserved.id, end)
            else:
                conn.execute("set local synchronous_commit to off")  # a permit that stays taken is free by itself
        self._turns.left()


def _end(reserved: Reserved, outcome: Outcome) -> End:
    """Say what a purchase cost: by the model and tier that answered, which may be others than were asked for."""
    reason = type(outcome.failure).__name__ if outcome.failure else ""
    end = End(outcome.state, Decimal(0), outcome.usage, outcome.model, outcome.request_id, reason)
    if outcome.state is State.RELEASED:
        return end
    if outcome.usage is None or outcome.model is None:
        return replace(end, state=State.UNKNOWN, cost=reserved.bound)
    try:
        return replace(end, cost=price_of(outcome.model, reserved.day, outcome.tier).cost(outcome.usage))
    except Permanent as unpriced:
        return replace(end, cost=reserved.bound, reason=f"{reason} {purchases.COUNTED}{unpriced.what}".strip())
