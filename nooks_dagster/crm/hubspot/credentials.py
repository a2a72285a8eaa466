"""What it takes to read a portal: the token of its private app, or an OAuth app that the portal has installed.

Belongs here: reading a secret, the sandbox's recognisable credentials.
Does not: tokens for a refresh token (`tokens`), where secrets are kept (`workspaces`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal

from nooks_dagster.failures import Permanent

Flow = Literal["access token", "refresh token"]

_PRINTABLE = re.compile(r"[!-~]*")  # what a header can hold


@dataclass(frozen=True, slots=True)
class Credentials:
    """One way into one portal; empty text stands for "not given". Nothing shows in a repr."""

    access_token: str = field(default="", repr=False)
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, secret: Mapping[str, str]) -> "Credentials":
        """Return the credentials of a secret; keys it does not know are ignored.

        Raises:
            Permanent: One of them holds characters that no token has.
        """
        known = {f.name: secret[f.name].strip() for f in fields(cls) if secret.get(f.name)}
        if odd := [name for name, value in known.items() if not _PRINTABLE.fullmatch(value)]:
            raise Permanent(
                f"What was given as {odd[0]} cannot be one.", next_step="Copy it anew, without spaces or line breaks."
            )
        return cls(**known)

    @property
    def flow(self) -> Flow:
        """Return how a token is come by; one that was given needs no app.

        Raises:
            Permanent: They are incomplete; the message names what is missing.
        """
        if self.access_token:
            return "access token"
        if self.client_id and self.client_secret and self.refresh_token:
            return "refresh token"
        raise Permanent(
            "The credentials are incomplete.",
            next_step="Give access_token (of a private app or service key); or client_id, client_secret and "
            "refresh_token (of an OAuth app).",
        )


def belongs_to_sandbox(secret: Mapping[str, str]) -> bool | None:
    """Tell whether credentials look like the local sandbox's own; None when they are of both kinds."""
    marks = {"access_token": "pat-sandbox-", "client_id": "SANDBOX.", "client_secret": "sandbox-secret-"}
    looks = {secret[name].strip().startswith(mark) for name, mark in marks.items() if secret.get(name)}
    return None if len(looks) > 1 else looks == {True}
