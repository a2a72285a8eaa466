"""What the sessions of all CRMs do alike: one login for all threads, one budget of tries, one count of calls.

Belongs here: what no CRM does in a way of its own.
Does not: requests, logins, what answers tell (each CRM's `session`).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Generic, TypeVar

from nooks_dagster.crm.access.keys import Keys
from nooks_dagster.crm.access.logins import Login, Logins
from nooks_dagster.crm.access.meter import Meter
from nooks_dagster.crm.access.server_clock import ServerClock
from nooks_dagster.crm.access.throttle import Throttle
from nooks_dagster.crm.access.tries import TRIES, Sleep, budget
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure

Answer = TypeVar("Answer")


class AccountSession(ABC, Generic[Login]):
    """A line to one account, shared by threads. Nothing is sent before the first question.

    Args:
        subject: The connection, named in failures.
        throttle: Stands around each call.
        sleep: How to wait between tries.
        keys: What the credentials are of, and where a token is kept.
    """

    def __init__(self, subject: str, throttle: Throttle, sleep: Sleep, keys: Keys) -> None:
        self._subject = subject
        self._throttle = throttle
        self._sleep = sleep
        self._keys = keys
        self._meter = Meter()
        self._logins = Logins[Login](self._log_in, self._serves)
        self._clock = ServerClock()

    def usage(self) -> Usage:
        """Return the calls of this session."""
        return self._meter.usage()

    def clock(self) -> datetime:
        """Return about what the server's clock shows: the last answer's, and the time since; asks if there is none."""
        return self._clock.now() or self._asked_time()

    def _tried(self, send: Callable[[Login], Answer], tries: int = TRIES) -> Answer:
        """Send with the login, and again while that may help.

        Raises:
            Failure: What the last try met.
        """
        return budget(tries, self._sleep)(lambda: self._logins.call(send))

    @contextmanager
    def _named(self, about: str) -> Iterator[None]:
        """Let failures of the block name the connection, and the object that was asked about."""
        try:
            yield
        except Failure as failure:
            failure.subject = f"{self._subject} {about}".strip()
            raise

    def _serves(self, _login: Login) -> bool:
        """Say whether a login that has not been refused is still to be used."""
        return True

    @abstractmethod
    def _log_in(self, dead: Login | None) -> Login:
        """Return a login other than a dead one."""

    @abstractmethod
    def _asked_time(self) -> datetime:
        """Ask the server something small, and return its time."""
