"""The credentials of an org: deterministic, so that nothing has to be handed over, and recognisably not real.

Belongs here: names, secrets, ids and host of an org, and finding the org that a credential belongs to.
Does not: checking them (`auth`, `soap`).
"""

import hashlib
from dataclasses import dataclass

from sandbox.salesforce.ids import to18

LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
MY_DOMAIN = ".my.salesforce.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that is needed to log in to one org."""

    org: str

    @property
    def host(self) -> str:
        """The org's My Domain host name."""
        return self.org + MY_DOMAIN

    @property
    def domain(self) -> str:
        """What simple-salesforce takes as `domain`."""
        return f"{self.org}.my"

    @property
    def consumer_key(self) -> str:
        """The client id of the org's connected app."""
        return f"SANDBOX.{self.org}"

    @property
    def consumer_secret(self) -> str:
        """The client secret of the org's connected app."""
        return f"sandbox-secret-{self.org}"

    @property
    def username(self) -> str:
        """The login name of the org's administrator."""
        return f"admin@{self.org}.example"

    @property
    def password(self) -> str:
        """The administrator's password."""
        return "sandbox-password"

    @property
    def security_token(self) -> str:
        """What SOAP login wants appended to the password."""
        return "sandboxtoken"

    @property
    def refresh_token(self) -> str:
        """A refresh token as a web login would have left behind."""
        return f"5Aep861.sandbox-refresh-{self.org}"

    @property
    def code(self) -> str:
        """What a person's consent hands to the app, once; here as often as wanted."""
        return f"aPrx.sandbox-code-{self.org}"

    @property
    def organization_id(self) -> str:
        """The org's own id, 18 characters."""
        return self._id("00D")

    @property
    def user_id(self) -> str:
        """The administrator's id, 18 characters."""
        return self._id("005")

    def _id(self, prefix: str) -> str:
        return to18(prefix + "5g" + hashlib.sha256(self.org.encode()).hexdigest()[:10])


def org_of_host(host: str) -> str | None:
    """Return the org whose My Domain this would be, or None for a login host."""
    return host.removesuffix(MY_DOMAIN) if host.endswith(MY_DOMAIN) else None


def org_of_username(username: str) -> str:
    """Return the org that a user name points at, which need not exist."""
    return username.rpartition("@")[2].removesuffix(".example").lower()


def org_of_consumer_key(key: str) -> str:
    """Return the org that a consumer key points at, which need not exist."""
    return key.partition(".")[2]
