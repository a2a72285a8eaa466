"""Waiting for a place: one family of calls of a connection, in one process.

Belongs here: how long, and in what order threads wait. Does not: the places (`budgets.places`), the calls of a day
(`crm.access.allowance`).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from nooks_dagster.budgets.places import MOST, Place, Places
from nooks_dagster.crm.kinds import Rate
from nooks_dagster.failures import RateLimited, Unavailable

LONGEST_WAIT = timedelta(seconds=30)


class SharedRate:
    """A rate that this process shares with all others. Safe to share between threads.

    One thread of a process waits for the next place; the others wait for their turn to, and hold no connection.

    Args:
        places: The places of the platform.
        connection: The connection's id.
        family: The family of calls.
        rate: What holds before the source tells.
        account: What the org calls itself, where it is known.
    """

    def __init__(self, places: Places, connection: str, family: str, rate: Rate, account: str = "") -> None:
        self._places = places
        self._connection = connection
        self._key = f"{account if rate.of_account and account else connection}/{family}"
        self._rate = rate
        self._turn = threading.Lock()
        self._told: Rate | None = None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wait for a place and hold it until the block ends.

        Raises:
            RateLimited: It would have to wait for more than half a minute.
        """
        if self._told is not None and self._told.calls > MOST:
            yield
            return
        place = self._wait()
        try:
            yield
        finally:
            with suppress(Unavailable):  # the place will be free by itself; the answer must not be lost
                self._places.leave(place)

    def told(self, rate: Rate) -> None:
        """Remember what the source said; other processes are told when it is news to this one."""
        if rate != self._told:
            self._places.tell(self._key, rate.calls, rate.per)
            self._told = rate

    def _wait(self) -> Place:
        end = time.monotonic() + LONGEST_WAIT.total_seconds()
        if not self._turn.acquire(timeout=LONGEST_WAIT.total_seconds()):
            raise self._limited(None)
        try:
            while isinstance(found := self._places.take(self._key, self._rate.calls, self._rate.per), timedelta):
                if time.monotonic() + found.total_seconds() > end:
                    raise self._limited(found)
                time.sleep(found.total_seconds())
            return found
        finally:
            self._turn.release()

    def _limited(self, wait: timedelta | None) -> RateLimited:
        return RateLimited("all its calls per second are taken", subject=self._connection, retry_in=wait)
