"""The door: every paid request goes through here. Permit, reservation, request, and what it really cost.

Belongs here: the order of it. Does not: any of the parts; tries, for the caller has the one budget of them.

What is sent was reserved before, in a transaction; what was reserved is settled, released or unknown after, whatever
happens: if this process dies, by another one once the deadline is over.
"""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import httpx2
import openai
import psycopg
from pydantic import BaseModel

from nooks_dagster.budgets import permits
from nooks_dagster.budgets.breakers import Patience
from nooks_dagster.budgets.outages import SharedBreaker
from nooks_dagster.budgets.pace import Pace
from nooks_dagster.budgets.permits import Permit
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, SourceDown, Unanswered, Unavailable
from nooks_dagster.llm import purchases, replies
from nooks_dagster.llm.asking import Ask, Bought, Opening, Usage, Wanted, never, nothing
from nooks_dagster.llm.caps import defaults
from nooks_dagster.llm.client import Client, TooLong
from nooks_dagster.llm.goods import Goods
from nooks_dagster.llm.hearing import Heard, Listen
from nooks_dagster.llm.outcomes import Billed, Unusable
from nooks_dagster.llm.prices import price_of
from nooks_dagster.llm.purchases import End, Purchase, Reserved, State
from nooks_dagster.llm.replies import Outcome
from nooks_dagster.llm.speech import Speech
from nooks_dagster.llm.texts import Texts
from nooks_dagster.llm.turns import Turn, Turns
from nooks_dagster.settings import Settings

KEY = "llm"
"""Of its permits."""
# Of 30 answers a second, none is an outage. Calls wait for its end: a probe whose worker was killed is soon replaced.
PATIENCE = Patience(callers=3, failures=2, silence=timedelta(seconds=3), probe=timedelta(seconds=90))
MARGIN = timedelta(seconds=10)  # by which a permit outlives its request: the provider notices late that we gave up
SETTLING = timedelta(minutes=15)  # a caller that has not settled by then is dead: a stall takes ten
REAP_EVERY = 30.0  # seconds
UNTOLD = f"{purchases.COUNTED}the reply did not say what it cost"

TEXTS = Texts()
SPEECH = Speech()

WantedT = TypeVar("WantedT", bound=Wanted)
AnswerT = TypeVar("AnswerT", bound=BaseModel)


class Door:
    """Buys of OpenAI. See `llm.asking.Seller` and `llm.hearing.SpeechSeller`. One of a process; safe between threads.

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
        self._preparing = threading.Lock()
        self._prepared = False
        self._reaping = Pace(REAP_EVERY)

    def peek(self) -> None:
        """Return unless the provider is known to answer nobody. See `SpeechSeller.peek`."""
        self._breaker.peek()

    def buy(self, ask: Ask, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Bought[BaseModel]:
        """Wait for a permit, reserve the most it can cost, and ask once. See `Seller.buy`."""
        return self._buy(TEXTS, ask, opening, stopped)

    def hear(self, listen: Listen, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Heard:
        """Wait for a permit, reserve the most it can cost, and send it once. See `SpeechSeller.hear`."""
        return self._buy(SPEECH, listen, opening, stopped)

    def settle(self, conn: psycopg.Connection[Any], bought: Bought[BaseModel], reason: str = "") -> None:
        """Settle a purchase in the caller's transaction. See `Seller.settle`."""
        self.settle_all(conn, [bought], reason)

    def settle_all(self, conn: psycopg.Connection[Any], bought: Sequence[Bought[BaseModel]], reason: str = "") -> None:
        """Settle purchases with the commit of the caller's transaction. See `SpeechSeller.settle_all`."""
        purchases.end_with_commit(conn, {one.purchase: _settled(one, reason) for one in bought})

    def upper_bound(self, ask: Ask) -> Decimal:
        """Return the most that asking can cost, in USD. See `Seller.upper_bound`."""
        return TEXTS.most(ask, _today())

    def _buy(
        self, goods: Goods[WantedT, AnswerT], wanted: WantedT, opening: Opening, stopped: Callable[[], bool]
    ) -> Bought[AnswerT]:
        self._client.check()
        purchase = self._purchase(goods, wanted)
        self._breaker.peek()
        if self._reaping.due():
            with self._db.transaction() as conn:
                purchases.reap(conn)
        permit, reserved = self._open(wanted, purchase, opening, stopped)
        try:
            outcome = self._ask(goods, wanted, permit)
        except BaseException as error:
            unsent = isinstance(error, SourceDown)
            self._close(permit, reserved, End(State.RELEASED if unsent else State.UNKNOWN, reason=type(error).__name__))
            raise
        return self._take(permit, reserved, outcome)

    def _purchase(self, goods: Goods[WantedT, AnswerT], wanted: WantedT) -> Purchase:
        return Purchase(
            wanted.kind,
            wanted.workspace,
            wanted.purpose,
            wanted.subject,
            wanted.model,
            goods.fingerprint(wanted),
            goods.most(wanted, _today()),
            self._worker,
        )

    def _open(
        self, wanted: Wanted, purchase: Purchase, opening: Opening, stopped: Callable[[], bool]
    ) -> tuple[Permit, Reserved]:
        """Take a permit and reserve, in one transaction with the caller's own."""
        self._prepare()
        with self._turns.turn(f"{wanted.workspace}{'/live' * wanted.live}", stopped) as turn:
            while True:
                try:
                    if opened := self._opened(wanted, purchase, opening, turn):
                        return opened
                except purchases.Unreserved:
                    with self._db.transaction() as conn:
                        purchases.begin_day(conn, purchase)
                    if opened := self._opened(wanted, purchase, opening, turn, at_once=True):
                        return opened
                turn.wait()

    def _prepare(self) -> None:
        """Make the permits, before the first purchase of this process."""
        with self._preparing:
            if not self._prepared:
                with self._db.transaction() as conn:
                    permits.prepare(conn, KEY, self._most)
                self._prepared = True

    def _opened(
        self, wanted: Wanted, purchase: Purchase, opening: Opening, turn: Turn, *, at_once: bool = False
    ) -> tuple[Permit, Reserved] | None:
        """Try it; without `at_once` the purchase is reserved with the commit, where nobody waits for this process."""
        hold = self._hold + SETTLING
        with self._db.transaction() as conn:
            permit = permits.take(
                conn,
                KEY,
                self._most,
                wanted.workspace,
                self._hold,
                kept=self._kept,
                urgent=wanted.live,
                more=turn.more,
            )
            if permit is None:
                return None
            turn.served()
            opening(conn)
            if at_once:
                return permit, purchases.reserve(conn, purchase, self._caps, hold)
            reserving = purchases.Reserving(conn, purchase, self._caps, hold)
        return permit, reserving.reserved

    def _ask(self, goods: Goods[WantedT, AnswerT], wanted: WantedT, permit: Permit) -> Outcome[AnswerT]:
        """Send it, unless nobody is answered just now, and say what came of it."""
        self._breaker.check()
        try:
            outcome = goods.read(wanted, self._client.send(lambda openai: goods.send(openai, wanted)))
        except (openai.OpenAIError, httpx2.HTTPError, TooLong) as error:
            outcome = replies.failed(wanted, error, goods.advice)
        self._breaker.note(f"permit {permit.n}", outcome.failure)
        return outcome

    def _take(self, permit: Permit, reserved: Reserved, outcome: Outcome[AnswerT]) -> Bought[AnswerT]:
        """Leave the permit, and end the purchase here, unless there is an answer, which the caller settles."""
        end = _end(reserved, outcome)
        failure, answer = outcome.failure, outcome.answer
        if failure is None and answer is not None:
            self._close(permit, reserved, None, outcome)
            usage = outcome.usage or Usage(0, 0)
            return Bought(reserved.id, answer, usage, end.cost, end.model or "", end.request_id or "", note=end.reason)
        self._close(permit, reserved, end, outcome)
        if isinstance(failure, Billed):
            failure.purchase, failure.cost = reserved.id, end.cost
        raise failure or Unanswered("The reply holds nothing.", subject=f"purchase {reserved.id}")

    def _close(self, permit: Permit, reserved: Reserved, end: End | None, outcome: Outcome[Any] | None = None) -> None:
        """Leave a permit with what was learned, and end a purchase, in one transaction.

        Without Postgres both end by themselves, and what came of the request must not be lost.
        """
        with suppress(Unavailable), self._db.transaction() as conn:
            if outcome and (outcome.refused or outcome.pause):
                permits.slow_down(conn, permit.key, self._most, outcome.pause, refused=outcome.refused)
            permits.leave(conn, permit, MARGIN if outcome and outcome.lingers else timedelta(), unhurried=not end)
            if end:
                purchases.end_with_commit(conn, {reserved.id: end})
        self._turns.left()


def _today() -> date:
    """Return the day of prices; what is bought at midnight may be reserved at the price of a day before."""
    return datetime.now(UTC).date()


def _settled(bought: Bought[BaseModel], reason: str) -> End:
    why = "; ".join(filter(None, (reason, bought.note)))
    return End(State.SETTLED, bought.cost, bought.usage, bought.model, bought.request_id, why)


def _end(reserved: Reserved, outcome: Outcome[Any]) -> End:
    """Say what a purchase cost: by the model and tier that answered, which may be others than were asked for."""
    reason = type(outcome.failure).__name__ if outcome.failure else ""
    end = End(outcome.state, Decimal(0), outcome.usage, outcome.model, outcome.request_id, reason)
    if outcome.state is State.RELEASED:
        return end
    if outcome.usage is None or outcome.model is None:
        return replace(end, state=State.UNKNOWN, cost=reserved.bound, reason=reason or UNTOLD)
    try:
        return replace(end, cost=price_of(outcome.model, reserved.day, outcome.tier).cost(outcome.usage))
    except (Permanent, Unusable) as unpriced:
        return replace(end, cost=reserved.bound, reason=f"{reason} {purchases.COUNTED}{unpriced.what}".strip())
