"""Access tokens: issued at login, good for a while by the org's clock, gone when revoked.

Belongs here: their life. Does not: who may have one (`auth`, `soap`).
"""

import secrets
from datetime import datetime, timedelta

from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.http.store import Store


class Tokens:
    """The tokens of all orgs, durable.

    Args:
        store: Where they are kept.
        life: How long one is good for; two hours is Salesforce's default session timeout.
    """

    def __init__(self, store: Store, life: timedelta) -> None:
        self._store = store
        self._life = life

    def issue(self, org: str, now: datetime) -> str:
        """Return a new access token: the org's id, an exclamation mark, and noise."""
        token = f"{Credentials(org).organization_id[:15]}!{secrets.token_urlsafe(72)}"
        expired = "DELETE FROM tokens WHERE org = ? AND expires > 0 AND expires < ?"
        self._store.run(expired, org, now.timestamp())
        self._keep(token, org, (now + self._life).timestamp())
        return token

    def valid(self, token: str, org: str, now: datetime) -> bool:
        """Return whether the token opens the org at this moment."""
        rows = self._store.run("SELECT expires FROM tokens WHERE token = ? AND org = ?", token, org)
        return bool(rows) and rows[0][0] > now.timestamp()

    def revoke(self, token: str, org: str) -> None:
        """End a token for ever."""
        self._keep(token, org, 0)

    def revoke_all(self, org: str) -> None:
        """End every token of an org for ever."""
        self._store.run("UPDATE tokens SET expires = 0 WHERE org = ?", org)

    def owner(self, token: str) -> str | None:
        """Return the org that a token was issued for, expired or not."""
        rows = self._store.run("SELECT org FROM tokens WHERE token = ?", token)
        return str(rows[0][0]) if rows else None

    def _keep(self, token: str, org: str, expires: float) -> None:
        self._store.run("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", token, org, expires)
