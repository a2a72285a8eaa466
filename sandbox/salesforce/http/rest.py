"""The door of the REST interface: size, version, token, allowance, then the handler, in Salesforce's order.

Belongs here: what holds for every call below `/services/data/vXX.0`.
Does not: addresses (`resources`), answers (the handlers).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from sandbox.counters import Counters
from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError, from_org, invalid_session
from sandbox.salesforce.http.hosts import clock, org_at
from sandbox.salesforce.http.limits import Usage
from sandbox.salesforce.http.locators import Locators
from sandbox.salesforce.http.replies import json_reply
from sandbox.salesforce.http.resources import find
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.http.versions import check_version
from sandbox.salesforce.org import Org, SoqlError
from sandbox.salesforce.orgs import Orgs

Fault = Callable[[str, str, Request], Awaitable[Response | None]]
"""Given org, kind of call and request: a reply in place of the true one, or None. May take its time."""

_LONGEST = 16_384


async def no_fault(_org: str, _kind: str, _request: Request) -> None:
    """Let every call through."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The REST interface of all orgs."""

    orgs: Orgs
    tokens: Tokens
    locators: Locators
    usage: Usage
    counters: Counters
    fault: Fault = no_fault

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        with self.counters.flight():
            return await self._serve(request, org_at(self.orgs, request), await request.body())

    async def _serve(self, request: Request, org: Org | None, body: bytes) -> Response:
        now = clock(org)
        try:
            _check_size(request)
            check_version(request.path_params["version"])
            if org is None:
                raise invalid_session()
            self._authenticate(request, org, now)
            address = "/" + request.path_params.get("path", "").strip("/")
            resource, path = find(request.method, address)
            self.counters.request(org.name, resource.kind)
            self.usage.spend(org.name, now)
            if (instead := await self.fault(org.name, resource.kind, request)) is not None:
                return instead
            call = replace(self._call(request, org, address, body), path=path)
            reply = await anyio.to_thread.run_sync(lambda: json_reply(request, resource.handler(call), now=now))
        except SoqlError as error:
            reply = _refuse(request, from_org(error), now)
        except ApiError as error:
            reply = _refuse(request, error, now)
        if org is not None and reply.status_code != 401:
            reply.headers["Sforce-Limit-Info"] = self.usage.header(org.name, now)
        return reply

    def _authenticate(self, request: Request, org: Org, now: datetime) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "oauth"} or not self.tokens.valid(token.strip(), org.name, now):
            raise invalid_session()

    def _call(self, request: Request, org: Org, address: str, body: bytes) -> Call:
        return Call(
            org=org,
            version=request.path_params["version"],
            method=request.method,
            address=address,
            locators=self.locators,
            counters=self.counters,
            used=self.usage.used(org.name, org.now()),
            allowance=self.usage.allowance,
            params=request.query_params,
            headers=request.headers,
            body=body,
        )


def _check_size(request: Request) -> None:
    uri = len(request.scope["raw_path"]) + 1 + len(request.scope["query_string"])
    if uri > _LONGEST:
        raise ApiError(414, "URI_TOO_LONG", f"The URI is longer than {_LONGEST:,} bytes")
    if sum(len(name) + len(value) + 4 for name, value in request.headers.raw) > _LONGEST:
        raise ApiError(431, "REQUEST_HEADER_FIELDS_TOO_LARGE", f"The headers exceed {_LONGEST:,} bytes")


def _refuse(request: Request, error: ApiError, now: datetime) -> Response:
    return json_reply(request, error.body, status=error.status, now=now)
