"""What it takes to log in to an org, and which of Salesforce's flows that means.

Belongs here: reading a secret, the domain's many spellings, the sandbox's recognisable credentials.
Does not: the login itself (`session`), where secrets are kept (`workspaces`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from nooks_dagster.failures import Permanent

Flow = Literal["client credentials", "password", "refresh token", "signed token"]

_SUFFIXES = (".lightning.force.com", ".salesforce.com")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_SHARED = ("login", "test")


@dataclass(frozen=True, slots=True)
class Credentials:
    """One way into one org; empty text stands for "not given". Only the domain shows in a repr."""

    domain: str = "login"
    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    privatekey: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, secret: Mapping[str, str]) -> "Credentials":
        """Return the credentials of a secret; keys it does not know are ignored.

        Raises:
            Permanent: The domain cannot be one.
        """
        known = {f.name: secret[f.name].strip() for f in fields(cls) if secret.get(f.name)}
        return cls(**{**known, "domain": normal_domain(known.get("domain", "login"))})

    @property
    def flow(self) -> Flow:
        """Return the OAuth flow or SOAP login that these credentials are for.

        Raises:
            Permanent: They are incomplete; the message names what is missing.
        """
        if self.consumer_key and self.refresh_token:
            return "refresh token"
        if self.username and self.consumer_key and self.privatekey:
            return "signed token"
        if self.username and self.password:
            return "password"
        if self.consumer_key and self.consumer_secret:
            self._require_own_domain()
            return "client credentials"
        raise Permanent(
            "The credentials are incomplete.",
            next_step="Give consumer_key, consumer_secret and domain (client credentials); or username, "
            "password and security_token; or username, consumer_key and privatekey; or consumer_key, consumer_secret "
            "and refresh_token.",
        )

    @property
    def login_arguments(self) -> dict[str, str]:
        """Return the keyword arguments with which simple-salesforce takes this flow, if it knows it.

        It takes the SOAP login whenever it sees a security token, so with a consumer key the token goes
        behind the password, where OAuth expects it.
        """
        if self.flow == "signed token":
            names = ["username", "consumer_key", "privatekey"]
        elif self.flow == "client credentials":
            names = ["consumer_key", "consumer_secret"]
        elif self.consumer_key and self.consumer_secret:
            whole = {"username": self.username, "password": self.password + self.security_token}
            return {"domain": self.domain, **whole, **self._only(["consumer_key", "consumer_secret"])}
        else:
            names = ["username", "password", "security_token"]
        return {"domain": self.domain, **self._only(names)}

    @property
    def host(self) -> str:
        """Return the host that the login goes to."""
        return f"{self.domain}.salesforce.com"

    def _only(self, names: list[str]) -> dict[str, str]:
        return {name: getattr(self, name) for name in names}

    def _require_own_domain(self) -> None:
        if self.domain in _SHARED:
            raise Permanent(
                f"The client credentials flow does not exist at {self.host}.",
                next_step="Give the org's own domain, e.g. --domain acme.my (Setup, My Domain).",
            )


def normal_domain(text: str) -> str:
    """Return a domain as simple-salesforce wants it ("acme.my") from a host, an address or a domain.

    Raises:
        Permanent: The text cannot be a domain of Salesforce.
    """
    host = text.strip().lower().split("://")[-1].split("/")[0].split(":")[0]
    if host.endswith(_SUFFIXES[0]):
        host = host.removesuffix(_SUFFIXES[0]) + ".my"
    domain = host.removesuffix(_SUFFIXES[1])
    if not _DOMAIN.fullmatch(domain):
        raise Permanent(
            "The domain is not one of Salesforce's.",
            next_step="Give it as acme.my, acme--uat.sandbox.my, login or test.",
        )
    return domain


def belongs_to_sandbox(secret: Mapping[str, str]) -> bool | None:
    """Tell whether credentials look like the local sandbox's own; None when they are of both kinds."""
    looks = set()
    if key := secret.get("consumer_key"):
        looks.add(key.startswith("SANDBOX."))
    if username := secret.get("username"):
        looks.add(username.endswith(".example"))
    return None if len(looks) > 1 else looks == {True}
