"""Refresh tokens: what a person's consent leaves with an app, used again and again or each only once.

Belongs here: their life, the same for all vendors. Does not: who may use one, the tokens that it buys (each vendor's).
"""

import math
import secrets

from sandbox.store import Store

TABLE = "CREATE TABLE IF NOT EXISTS refresh_tokens (token TEXT PRIMARY KEY, owner TEXT, dies REAL) WITHOUT ROWID;"


class RefreshTokens:
    """The refresh tokens of all orgs, or portals; moments are seconds by the owner's clock.

    An owner's first token is known from its name, and is in the store from its first use on.

    Args:
        store: Where they are kept; has `TABLE`.
        grace: For how many seconds a token that was used is still good; infinite where tokens do not rotate.
    """

    def __init__(self, store: Store, grace: float) -> None:
        self._store = store
        self._grace = grace

    @property
    def rotate(self) -> bool:
        """Whether each use of a token gives another one."""
        return math.isfinite(self._grace)

    def owner(self, token: str) -> str | None:
        """Return whose token it is, good or not; None for one that nobody has used yet."""
        rows = self._store.run("SELECT owner FROM refresh_tokens WHERE token = ?", token)
        return str(rows[0][0]) if rows else None

    def good(self, token: str, first: str, now: float) -> bool:
        """Return whether a token buys something."""
        rows = self._store.run("SELECT dies FROM refresh_tokens WHERE token = ?", token)
        return rows[0][0] is None or rows[0][0] > now if rows else token == first

    def use(self, token: str, owner: str, first: str, now: float) -> str:
        """Use a good token, and return the one to be used from now on."""
        if not self.rotate:
            return token
        following = self._new(owner, first)
        self._end(token, owner, now + self._grace)
        return following

    def consent(self, owner: str, first: str) -> str:
        """Return a good token, whatever happened to those before."""
        if self.rotate:
            return self._new(owner, first)
        self._store.run("DELETE FROM refresh_tokens WHERE token = ?", first)
        return first

    def revoke(self, token: str, owner: str) -> None:
        """End a token for ever."""
        self._end(token, owner, 0)

    def revoke_all(self, owner: str) -> None:
        """End every token that the owner has."""
        self._store.run("UPDATE refresh_tokens SET dies = 0 WHERE owner = ?", owner)

    def _new(self, owner: str, first: str) -> str:
        token = f"{first}.{secrets.token_urlsafe(24)}"
        self._store.run("INSERT INTO refresh_tokens VALUES (?, ?, NULL)", token, owner)
        return token

    def _end(self, token: str, owner: str, moment: float) -> None:
        """Let a token die at a moment, unless it dies before."""
        self._store.run(
            "INSERT INTO refresh_tokens VALUES (?, ?, ?)"
            " ON CONFLICT (token) DO UPDATE SET dies = min(coalesce(dies, excluded.dies), excluded.dies)",
            token,
            owner,
            moment,
        )
