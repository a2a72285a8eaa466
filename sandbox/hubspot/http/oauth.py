"""OAuth: tokens for a code or a refresh token, and what a token is.

Belongs here: `/oauth/*`, its checks and its error bodies. Does not: the life of tokens (`tokens`,
`sandbox.refresh_tokens`).
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.counters import Counters
from sandbox.hubspot.http import errors
from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.http.credentials import Credentials, portal_of_client, portal_of_private, portal_of_refresh
from sandbox.hubspot.http.door import Answer
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.replies import NOTHING, Reply, json_reply
from sandbox.hubspot.http.tokens import Tokens
from sandbox.hubspot.portal import Portal
from sandbox.refresh_tokens import RefreshTokens

SCOPES = (
    "oauth",
    "crm.objects.companies.read",
    "crm.objects.contacts.read",
    "crm.objects.custom.read",
    "crm.objects.deals.read",
    "crm.objects.leads.read",
    "crm.objects.owners.read",
    "crm.schemas.custom.read",
)
APP_ID = 1_000_001
USER_ID = 5_000_001

_TOKEN = re.compile(r"/oauth/(?:v1|v3|20\d\d-\d\d)/token")
_ABOUT = re.compile(r"/oauth/(?:v1|v3|20\d\d-\d\d)/(access|refresh)-tokens/([^/]+)")
_PRIVATE = re.compile(r"/oauth/(?:v2|20\d\d-\d\d)/private-apps/get/access-token-info")


@dataclass(frozen=True, slots=True)
class OAuth:
    """The OAuth interface of all portals."""

    portals: Folder
    tokens: Tokens
    refresh_tokens: RefreshTokens
    counters: Counters

    def __call__(self, asked: Asked) -> Answer:
        """Answer a call below `/oauth`.

        Raises:
            Refused: It leads nowhere, or is not granted.
        """
        path = asked.path.rstrip("/")
        if asked.method == "POST" and _TOKEN.fullmatch(path):
            return self._token(asked)
        if asked.method == "POST" and _PRIVATE.fullmatch(path):
            return self._private(asked)
        about = _ABOUT.fullmatch(path)
        if about and about[1] == "access":
            return self._access(about[2])
        if about:
            return self._refresh(about[2], delete=asked.method == "DELETE")
        raise errors.not_found()

    def _token(self, asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.query)) | dict(parse_qsl(asked.body.decode("utf-8", "replace")))
        portal = self._portal(portal_of_client(form.get("client_id", "")))
        known = Credentials(portal.name) if portal else None
        if portal is None or known is None or not _same(form.get("client_secret", ""), known.client_secret):
            return None, _no_grant("BAD_CLIENT_ID", "missing or unknown client id or secret")
        following = self._granted(form, portal, known)
        if isinstance(following, Reply):
            return portal, following
        self.counters.request(portal.name, "login")
        return portal, json_reply(
            {
                "token_type": "bearer",
                "refresh_token": following,
                "access_token": self.tokens.issue(portal.name, portal.now()),
                "hub_id": portal.hub_id,
                "scopes": SCOPES,
                "expires_in": self.tokens.seconds,
            }
        )

    def _granted(self, form: Mapping[str, str], portal: Portal, known: Credentials) -> str | Reply:
        """Return the refresh token to be used from now on, or why there is none."""
        grant = form.get("grant_type", "")
        if grant == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""), portal, known)
        if grant != "authorization_code":
            return _no_grant("BAD_GRANT_TYPE", "missing or unknown grant type")
        if not _same(form.get("code", ""), known.code):
            return _no_grant("BAD_AUTH_CODE", "missing or unknown auth code")
        return self.refresh_tokens.consent(portal.name, known.refresh_token)

    def _refreshed(self, token: str, portal: Portal, known: Credentials) -> str | Reply:
        if self._owner(token) != portal.name or not self._good(token, portal):
            self._reused(token, portal)
            return _no_grant("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return self.refresh_tokens.use(token, portal.name, known.refresh_token, portal.now() / 1_000)

    def _reused(self, token: str, portal: Portal) -> None:
        """End all that the app has, where a token that is used up comes again: somebody may have stolen it."""
        if self.refresh_tokens.rotate and self.refresh_tokens.owner(token) == portal.name:
            self.refresh_tokens.revoke_all(portal.name)
            self.tokens.revoke_all(portal.name)

    def _access(self, token: str) -> Answer:
        holder = self.tokens.find(token)
        portal = self._portal(holder.portal) if holder and holder.oauth else None
        left = 0 if portal is None or holder is None else ((holder.expires or 0) - portal.now()) // 1000
        if portal is None or left <= 0:
            raise errors.not_found("access token not found or expired")
        told = _about(portal, "access", token) | {"expires_in": left, "app_id": APP_ID}
        return portal, json_reply(told)

    def _refresh(self, token: str, *, delete: bool) -> Answer:
        portal = self._portal(self._owner(token))
        if portal is None or not self._good(token, portal):
            raise errors.not_found("refresh token not found")
        if delete:
            self.refresh_tokens.revoke(token, portal.name)
            return portal, NOTHING
        return portal, json_reply(_about(portal, "refresh", token) | {"client_id": Credentials(portal.name).client_id})

    def _private(self, asked: Asked) -> Answer:
        try:
            token = str(json.loads(asked.body)["tokenKey"])
        except (ValueError, KeyError, TypeError):
            raise errors.invalid("tokenKey is missing") from None
        portal = self._portal(portal_of_private(token) or "")
        if portal is None:
            raise errors.not_found("private app token not found")
        told = {"userId": USER_ID, "hubId": portal.hub_id, "appId": APP_ID + 1, "scopes": SCOPES[1:]}
        return portal, json_reply(told)

    def _owner(self, token: str) -> str:
        """Return whose refresh token it is; the portal need not exist."""
        return self.refresh_tokens.owner(token) or portal_of_refresh(token)

    def _good(self, token: str, portal: Portal) -> bool:
        return self.refresh_tokens.good(token, Credentials(portal.name).refresh_token, portal.now() / 1_000)

    def _portal(self, name: str) -> Portal | None:
        try:
            return self.portals.get(name)
        except KeyError:
            return None


def _no_grant(status: str, message: str) -> Reply:
    """Return a refusal as the token endpoint words it, unlike the rest of the API."""
    return json_reply({"status": status, "message": message, "correlationId": errors.correlation_id()}, 400)


def _about(portal: Portal, kind: str, token: str) -> dict[str, Any]:
    return {
        "token": token,
        "user": f"admin@{portal.name}.example",
        "hub_domain": f"{portal.name}.example",
        "scopes": SCOPES,
        "hub_id": portal.hub_id,
        "user_id": USER_ID,
        "token_type": kind,
    }


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())
