"""OAuth: the token endpoint with its five grants, revocation, and who the token belongs to.

Belongs here: `/services/oauth2/*` and `/id/*`, their checks and their error bodies.
Does not: SOAP login (`soap`), the life of tokens (`tokens`, `sandbox.refresh_tokens`).

The signature of a JWT is not verified, for no connected app here holds a certificate; its structure, issuer,
subject, audience and expiry are.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.counters import Counters
from sandbox.refresh_tokens import RefreshTokens
from sandbox.salesforce.http import jwt_bearer
from sandbox.salesforce.http.credentials import (
    LOGIN_HOSTS,
    Credentials,
    org_of_consumer_key,
    org_of_host,
    org_of_username,
)
from sandbox.salesforce.http.hosts import clock, host_of, org_at
from sandbox.salesforce.http.oauth_errors import OAuthError, client_unknown, login_failed
from sandbox.salesforce.http.replies import date_header, json_reply
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class OAuth:
    """The OAuth interface of all orgs. Only production orgs exist, so test.salesforce.com knows nobody."""

    orgs: Orgs
    tokens: Tokens
    refresh_tokens: RefreshTokens
    counters: Counters

    async def token(self, request: Request) -> Response:
        """Answer `/services/oauth2/token`."""
        here = org_at(self.orgs, request)
        form = await _form(request)
        try:
            org, more = self._grant(request, form)
        except OAuthError as error:
            return json_reply(request, error.body, status=400, now=clock(here))
        now = org.now()
        self.counters.request(org.name, "login")
        return json_reply(request, self._issued(request, org, now) | more, now=now)

    async def revoke(self, request: Request) -> Response:
        """Answer `/services/oauth2/revoke` for access and refresh tokens."""
        token = (dict(request.query_params) | await _form(request)).get("token", "")
        if (owner := self.tokens.owner(token)) is not None:
            self.tokens.revoke(token, owner)
        elif (owner := self._owner_of_refresh_token(token)) is not None:
            self.refresh_tokens.revoke(token, owner)
        else:
            error = OAuthError("invalid_token", f"invalid token: {token[:15]}")
            return json_reply(request, error.body, status=400, now=datetime.now(UTC))
        return Response(headers=date_header(self.orgs.get(owner).now()))

    async def userinfo(self, request: Request) -> Response:
        """Answer `/services/oauth2/userinfo` and the identity URL."""
        token = request.headers.get("authorization", "").partition(" ")[2]
        name = self.tokens.owner(token)
        org = self.orgs.get(name) if name in self.orgs.names() and name else None
        if org is None or not self.tokens.valid(token, org.name, org.now()):
            return Response("Bad_OAuth_Token", 403, date_header(datetime.now(UTC)), media_type="text/html")
        return json_reply(request, _identity(Credentials(org.name)), now=org.now())

    def _grant(self, request: Request, form: Form) -> tuple[Org, Form]:
        """Return the org that is opened, and what else the reply has."""
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            if org_of_host(host_of(request)) is None:
                raise OAuthError("invalid_grant", "request not supported on this domain")
            return self._client(request, form), {}
        if grant == "password":
            return self._password(request, form), {}
        if grant == "authorization_code":
            return self._code(request, form)
        if grant == "refresh_token":
            return self._refresh(request, form)
        if grant == _JWT_GRANT:
            return self._assertion(request, form), {}
        raise OAuthError("unsupported_grant_type", "grant type not supported")

    def _client(self, request: Request, form: Form) -> Org:
        key, secret = _client_in_header(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        org = self._org_of_key(request, key)
        if not _same(secret, Credentials(org.name).consumer_secret):
            raise OAuthError("invalid_client", "invalid client credentials")
        return org

    def _password(self, request: Request, form: Form) -> Org:
        org = self._client(request, form)
        known = Credentials(org.name)
        # The security token may be left out, as for a client in the org's trusted IP ranges.
        passwords = {known.password, known.password + known.security_token}
        if org_of_username(form.get("username", "")) != org.name or form.get("password") not in passwords:
            raise login_failed()
        return org

    def _code(self, request: Request, form: Form) -> tuple[Org, Form]:
        org = self._client(request, form)
        known = Credentials(org.name)
        if not _same(form.get("code", ""), known.code):
            raise OAuthError("invalid_grant", "invalid authorization code")
        return org, {"refresh_token": self.refresh_tokens.consent(org.name, known.refresh_token)}

    def _refresh(self, request: Request, form: Form) -> tuple[Org, Form]:
        org = self._client(request, form)
        token, now = form.get("refresh_token", ""), org.now().timestamp()
        first = Credentials(org.name).refresh_token
        if self._owner_of_refresh_token(token) != org.name or not self.refresh_tokens.good(token, first, now):
            self._reused(token, org.name)
            raise OAuthError("invalid_grant", "expired access/refresh token")
        following = self.refresh_tokens.use(token, org.name, first, now)
        return org, {"refresh_token": following} if self.refresh_tokens.rotate else {}

    def _reused(self, token: str, org: str) -> None:
        """End all that the app has, where a token that is used up comes again: somebody may have stolen it."""
        if self.refresh_tokens.rotate and self.refresh_tokens.owner(token) == org:
            self.refresh_tokens.revoke_all(org)
            self.tokens.revoke_all(org)

    def _assertion(self, request: Request, form: Form) -> Org:
        claims = jwt_bearer.read(form.get("assertion", ""))
        org = self._org_of_key(request, claims.issuer)
        jwt_bearer.check(claims, Credentials(org.name), org.now())
        return org

    def _org_of_key(self, request: Request, key: str) -> Org:
        name, host = org_of_consumer_key(key), host_of(request)
        at_home = host == LOGIN_HOSTS[0] or org_of_host(host) == name
        if not (at_home and name in self.orgs.names() and key == Credentials(name).consumer_key):
            raise client_unknown()
        return self.orgs.get(name)

    def _owner_of_refresh_token(self, token: str) -> str | None:
        first = (org for org in self.orgs.names() if Credentials(org).refresh_token == token)
        return self.refresh_tokens.owner(token) or next(first, None)

    def _issued(self, request: Request, org: Org, now: datetime) -> dict[str, str]:
        known = Credentials(org.name)
        identity = f"https://{host_of(request)}/id/{known.organization_id}/{known.user_id}"
        issued_at = str(int(now.timestamp() * 1000))
        mark = hmac.digest(known.consumer_secret.encode(), (identity + issued_at).encode(), hashlib.sha256)
        return {
            "access_token": self.tokens.issue(org.name, now),
            "signature": base64.b64encode(mark).decode(),
            "scope": "api",
            "instance_url": f"https://{known.host}",
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }


async def _form(request: Request) -> Form:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _client_in_header(request: Request) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", "invalid client credentials") from None
    return key, secret


def _identity(known: Credentials) -> dict[str, Any]:
    home = f"https://{known.host}"
    return {
        "sub": f"{home}/id/{known.organization_id}/{known.user_id}",
        "user_id": known.user_id,
        "organization_id": known.organization_id,
        "preferred_username": known.username,
        "nickname": "admin",
        "name": "Sandbox Administrator",
        "email": known.username,
        "email_verified": True,
        "zoneinfo": "UTC",
        "active": True,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "urls": {
            "rest": f"{home}/services/data/v{{version}}/",
            "sobjects": f"{home}/services/data/v{{version}}/sobjects/",
            "query": f"{home}/services/data/v{{version}}/query/",
            "partner": f"{home}/services/Soap/u/{{version}}/{known.organization_id[:15]}",
            "custom_domain": home,
        },
    }
