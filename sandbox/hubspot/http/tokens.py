"""Access tokens: those of OAuth apps are issued and expire, by the portal's clock; a private app has one for ever.

Belongs here: their life, and whose they are. Does not: who may have one (`oauth`).
"""

import secrets
from dataclasses import dataclass

from sandbox.hubspot.http import errors
from sandbox.hubspot.http.credentials import portal_of_private
from sandbox.store import Store

_REMEMBERED = 86_400_000  # An expired token is told from a wrong one for a day.


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is. `expires` is None for a private app, 0 for a token that was revoked."""

    portal: str
    expires: int | None

    @property
    def oauth(self) -> bool:
        """Whether an OAuth app holds it."""
        return self.expires is not None

    def check(self, now: int) -> None:
        """Let the token pass.

        Raises:
            Refused: 401, it has expired.
        """
        if self.expires is not None and self.expires <= now:
            raise errors.expired((now - self.expires) // 1000 if self.expires else 0)


class Tokens:
    """The tokens of all portals, durable.

    Args:
        store: Where they are kept.
        seconds: How long one of an OAuth app is good for.
    """

    def __init__(self, store: Store, seconds: int) -> None:
        self._store = store
        self.seconds = seconds

    def issue(self, portal: str, now: int) -> str:
        """Return a new token of a portal's OAuth app."""
        token = f"sandbox-{secrets.token_urlsafe(60)}"
        self._store.run(
            "DELETE FROM tokens WHERE portal = ? AND expires > 0 AND expires < ?", portal, now - _REMEMBERED
        )
        self._keep(token, portal, now + self.seconds * 1000)
        return token

    def find(self, token: str) -> Holder | None:
        """Return whose token it is, good or not; None if nobody's."""
        private = portal_of_private(token)
        if private is not None:
            return Holder(private, None)
        rows = self._store.run("SELECT portal, expires FROM tokens WHERE token = ?", token)
        return Holder(*rows[0]) if rows else None

    def revoke(self, token: str, portal: str) -> None:
        """End a token of an OAuth app for ever."""
        self._keep(token, portal, 0)

    def revoke_all(self, portal: str) -> None:
        """End every token of a portal's OAuth app for ever."""
        self._store.run("UPDATE tokens SET expires = 0 WHERE portal = ?", portal)

    def _keep(self, token: str, portal: str, expires: int) -> None:
        self._store.run("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", token, portal, expires)
