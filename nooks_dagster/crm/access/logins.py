"""One login that all threads of a session share: made once, renewed when it dies, given up when it is refused.

Belongs here: who logs in when. Does not: how (each CRM's session), how often a request is tried (`crm.access.tries`).
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

from nooks_dagster.crm.access.tries import StaleToken
from nooks_dagster.failures import Unauthorized

VAIN_LOGINS = 2  # whose tokens opened nothing: the credentials are refused; a token that had served only died


class Kept(Protocol):
    """A login; `kept` is one that another process made, which may have died since."""

    @property
    def kept(self) -> bool:
        """Say whether another process made it."""
        ...


Login = TypeVar("Login", bound=Kept)
Answer = TypeVar("Answer")


class Logins(Generic[Login]):
    """The login of a session. Nothing happens before the first call.

    Args:
        log_in: Makes a login other than a dead one, if that is given.
        serves: Whether a login that has not been refused is still to be used.
    """

    def __init__(
        self, log_in: Callable[[Login | None], Login], serves: Callable[[Login], bool] = lambda _: True
    ) -> None:
        self._log_in = log_in
        self._serves = serves
        self._lock = Lock()
        self._login: Login | None = None
        self._dead: Login | None = None
        self._vain = 0  # logins since a call was last answered
        self._refused: Unauthorized | None = None

    @property
    def latest(self) -> Login | None:
        """The login, if there is one."""
        return self._login

    def call(self, send: Callable[[Login], Answer]) -> Answer:
        """Return what a call answers that is sent with the login; a refused login is forgotten.

        Raises:
            StaleToken: The login was refused; the next call makes a new one.
            Failure: What the call met, or the login.
        """
        login = self._current()
        try:
            answer = send(login)
        except Unauthorized as refused:
            if self._forget(login) >= VAIN_LOGINS:
                raise
            raise StaleToken("The session expired.", subject=refused.subject) from None
        self._vain = 0
        return answer

    def _current(self) -> Login:
        """Return the login, made by the first thread that needs one; a refused one is not tried again.

        Four threads that each repeat a wrong password would lock the user.
        """
        with self._lock:
            if self._refused:
                known = self._refused
                raise Unauthorized(known.what, subject=known.subject, next_step=known.next_step)
            if self._login is None or not self._serves(self._login):
                try:
                    self._login = self._log_in(self._login or self._dead)
                    self._vain += not self._login.kept
                except Unauthorized as refused:
                    self._refused = refused
                    raise
            return self._login

    def _forget(self, login: Login) -> int:
        """Forget a dead login; return how many in a row have led nowhere, 0 if another thread renewed it."""
        with self._lock:
            if self._login is not login:
                return 0
            self._login, self._dead = None, login
            return self._vain
