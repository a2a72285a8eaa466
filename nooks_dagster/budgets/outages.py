"""The breaker of a source, as one caller in one process meets it: an outage is one incident, not 200.

Belongs here: what counts as no answer, how often Postgres is asked and told, how long work waits. Does not: when a
breaker opens and who may ask (`budgets.breakers`).
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from nooks_dagster.budgets.breakers import LONGEST_PAUSE, USUAL, Breakers, Outage, Patience
from nooks_dagster.budgets.pace import Pace
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, SourceDown, Unanswered, Unavailable

ASK_EVERY = 1.0  # seconds for which a closed breaker is believed
TELL_EVERY = 5.0  # half of the silence in which one may open
ANY_MOMENT = timedelta(seconds=10)  # while a probe is under way: it may take its whole timeout, but seldom does
LASTING = 3  # probes in vain, 35 s: from then on work waits for a minute, instead of a run for each probe


class SharedBreaker:
    """The breaker that a caller shares with all others of its source. Safe to share between threads.

    Args:
        db: The platform's database.
        kind: Of source, such as a kind of CRM.
        caller: Who calls, such as a connection.
        patience: When it opens.
    """

    def __init__(self, db: Database, kind: str, caller: str, patience: Patience = USUAL) -> None:
        self._breakers = Breakers(db, patience)
        self._kind = kind
        self._caller = caller
        self._ask = Pace(ASK_EVERY)
        self._tell = Pace(min(TELL_EVERY, patience.silence.total_seconds() / 2))
        self._seen_open = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Let one call be made, and take note of whether it was answered.

        Raises:
            SourceDown: The source answers nobody; nothing is sent.
        """
        self.check()
        try:
            yield
        except Failure as failure:
            self.note(self._caller, failure)
            raise
        self.note(self._caller, None)

    def check(self) -> None:
        """Return if a call may be made.

        Raises:
            SourceDown: The source answers nobody; nothing is sent.
        """
        if self._ask.due() and (outage := self._breakers.may_call(self._kind)):
            self._ask.hurry()
            self._seen_open = True
            raise _down(outage, self._caller)

    def peek(self) -> None:
        """Return unless an outage is known in which it is nobody's turn to ask; `check` is still to come.

        For who prepares much before a call: whoever passes `check` must call, or nobody does for minutes.

        Raises:
            SourceDown: The source answers nobody.
        """
        if self._seen_open and (outage := self._breakers.silence(self._kind)):
            raise _down(outage, self._caller)

    def note(self, caller: str, failure: Failure | None) -> None:
        """Take note of how a call of one of many callers ended."""
        if isinstance(failure, Unanswered):
            self._failed(caller)
        else:
            self._answered()

    def _failed(self, caller: str) -> None:
        with suppress(Unavailable):  # what the call met must not be lost
            self._breakers.failed(self._kind, caller)
        self._ask.hurry()
        self._tell.hurry()

    def _answered(self) -> None:
        self._seen_open = False
        if self._tell.due():
            with suppress(Unavailable):
                self._breakers.answered(self._kind)


def _down(outage: Outage, caller: str) -> SourceDown:
    lasting = timedelta(minutes=1) if outage.probes >= LASTING else timedelta()
    soon = ANY_MOMENT if outage.next_in > LONGEST_PAUSE else outage.next_in
    wait = max(soon, lasting) + timedelta(seconds=random.uniform(0, 5 + lasting.seconds / 2))
    return SourceDown(
        f"{outage.key} has answered nobody since {outage.since:%H:%M} UTC: nothing is sent but a call now and then.",
        subject=caller,
        next_step="All its work goes on by itself once it is back.",
        retry_in=wait,
    )
