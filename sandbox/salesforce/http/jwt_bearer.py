"""The assertion of the JWT bearer grant: reading its claims and checking them.

Belongs here: structure, issuer, subject, audience, expiry.
Does not: the signature, since no connected app here holds a certificate.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime

from sandbox.salesforce.http.credentials import LOGIN_HOSTS, Credentials
from sandbox.salesforce.http.oauth_errors import OAuthError


@dataclass(frozen=True, slots=True)
class Claims:
    """What an assertion says; `expires` in seconds since 1970."""

    issuer: str
    subject: str
    audience: str
    expires: float


def read(assertion: str) -> Claims:
    """Return the claims of a token of three parts, signed with RS256.

    Raises:
        OAuthError: It is none.
    """
    try:
        header, payload, signature = assertion.split(".")
        claims = _decoded(payload)
        signed = _decoded(header)["alg"] == "RS256" and bool(signature)
        found = Claims(str(claims["iss"]), str(claims["sub"]), str(claims["aud"]), float(str(claims["exp"])))
    except (ValueError, KeyError, TypeError):
        raise OAuthError("invalid_grant", "invalid assertion") from None
    if not signed:
        raise OAuthError("invalid_grant", "invalid assertion")
    return found


def check(claims: Claims, known: Credentials, now: datetime) -> None:
    """Let an assertion for the org's administrator pass.

    Raises:
        OAuthError: In Salesforce's words, which call an expired assertion an expired authorization code.
    """
    if claims.audience.rstrip("/") not in {f"https://{LOGIN_HOSTS[0]}", f"https://{known.host}"}:
        raise OAuthError("invalid_grant", "audience is invalid")
    if claims.expires <= now.timestamp():
        raise OAuthError("invalid_grant", "expired authorization code")
    if claims.subject != known.username:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _decoded(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return decoded
