"""The breaker of a kind of CRM, as one connection in one process meets it: an outage is one incident, not 200.

Belongs here: what counts as no answer, how often Postgres is asked and told, how long work waits. Does not: when a
breaker opens and who may ask (`budgets.breakers`).
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Lock

from nooks_dagster.budgets.breakers import Breakers, Outage
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, SourceDown, Unanswered, Unavailable

ASK_EVERY = 1.0  # seconds for which a closed breaker is believed
TELL_EVERY = 5.0  # half of the silence in which one may open
LASTING = 3  # probes in vain, 35 s: from then on work waits for a minute, instead of a run for each probe


class SharedBreaker:
    """The breaker that a connection shares with all others of its kind. Safe to share between threads.

    Args:
        db: The platform's database.
        kind: Of CRM.
        connection: The connection's id.
    """

    def __init__(self, db: Database, kind: str, connection: str) -> None:
        self._breakers = Breakers(db)
        self._kind = kind
        self._connection = connection
        self._ask = _Pace(ASK_EVERY)
        self._tell = _Pace(TELL_EVERY)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Let one call be made, and take note of whether it was answered.

        Raises:
            SourceDown: The CRM answers nobody; nothing is sent.
        """
        self._check()
        try:
            yield
        except Unanswered:
            self._failed()
            raise
        except Failure:
            self._answered()
            raise
        self._answered()

    def _check(self) -> None:
        if self._ask.due() and (outage := self._breakers.may_call(self._kind)):
            self._ask.hurry()
            raise _down(outage, self._connection)

    def _failed(self) -> None:
        with suppress(Unavailable):  # what the call met must not be lost
            self._breakers.failed(self._kind, self._connection)
        self._ask.hurry()
        self._tell.hurry()

    def _answered(self) -> None:
        if self._tell.due():
            with suppress(Unavailable):
                self._breakers.answered(self._kind, self._connection)


class _Pace:
    """Says when something is to be done again: so many seconds after the last time, or at once when it is urgent."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._lock = Lock()
        self._next = 0.0

    def due(self) -> bool:
        """Say if it is to be done, and take it as done."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return False
            self._next = now + self._every
            return True

    def hurry(self) -> None:
        """Let it be done the next time."""
        with self._lock:
            self._next = 0.0


def _down(outage: Outage, connection: str) -> SourceDown:
    lasting = timedelta(minutes=1) if outage.probes >= LASTING else timedelta()
    wait = max(outage.next_in, lasting) + timedelta(seconds=random.uniform(0, 5 + lasting.seconds / 2))  # noqa: S311
    return SourceDown(
        f"{outage.key} has answered nobody since {outage.since:%H:%M} UTC: nothing is sent but a call now and then.",
        subject=connection,
        next_step="All its connections go on by themselves once it is back.",
        retry_in=wait,
    )
