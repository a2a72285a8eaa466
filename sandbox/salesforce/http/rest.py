"""The door of the REST interface: size, version, token, allowance, then the handler, in Salesforce's order.

Belongs here: what holds for every call below `/services/data/vXX.0`, and for Bulk API 1.0 too.
Does not: addresses (`resources`), answers (the handlers).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.salesforce.bulk.batches import Batches
from sandbox.salesforce.bulk.ingest import Ingests
from sandbox.salesforce.bulk.registry import Jobs
from sandbox.salesforce.http.addresses import AddressBook, Resource
from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError, from_org, invalid_session
from sandbox.salesforce.http.hosts import clock, org_at
from sandbox.salesforce.http.limits import Usage
from sandbox.salesforce.http.locators import Locators
from sandbox.salesforce.http.replies import json_reply, reply_with
from sandbox.salesforce.http.resources import REST
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.http.versions import check_version
from sandbox.salesforce.org import Org, SoqlError
from sandbox.salesforce.orgs import Orgs

_LONGEST = 16_384


def bearer(request: Request) -> str | None:
    """Return the access token of a REST request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "oauth"} else None


def refuse(request: Request, error: ApiError, now: datetime) -> Response:
    """Return a refusal as REST words it."""
    return json_reply(request, error.body, status=error.status, now=now)


@dataclass(frozen=True, slots=True)
class Interface:
    """What sets the interfaces behind this door apart: their addresses, where the token is, how they say no."""

    book: AddressBook
    token: Callable[[Request], str | None]
    refuse: Callable[[Request, ApiError, datetime], Response]


_REST = Interface(REST, bearer, refuse)


@dataclass(frozen=True, slots=True)
class Rest:
    """The REST interface of all orgs, or another one behind the same door."""

    orgs: Orgs
    tokens: Tokens
    locators: Locators
    jobs: Jobs
    batches: Batches
    usage: Usage
    counters: Counters
    ingests: Ingests
    faults: Faults
    interface: Interface = _REST

    async def __call__(self, request: Request) -> Response:
        """Answer one call."""
        with self.counters.flight():
            return await self._serve(request, org_at(self.orgs, request), await request.body())

    async def _serve(self, request: Request, org: Org | None, body: bytes) -> Response:
        now, since = clock(org), time.monotonic()

        def later() -> datetime:
            """Return the time: what the org's clock is put forward by meanwhile, a call does not see."""
            return now + timedelta(seconds=time.monotonic() - since)

        try:
            _check_size(request)
            check_version(request.path_params["version"])
            if org is None:
                raise invalid_session()
            self._authenticate(request, org, now)
            address = "/" + request.path_params.get("path", "").strip("/")
            resource, path = self.interface.book.find(request.method, address)
            self.counters.request(org.name, resource.kind)
            self.usage.spend(org.name, now)
            call = replace(self._call(request, org, address, body), path=path, kind=resource.kind)
            reply = await anyio.to_thread.run_sync(self._answer, request, resource, call, later)
        except SoqlError as error:
            reply = self.interface.refuse(request, from_org(error), now)
        except ApiError as error:
            reply = self.interface.refuse(request, error, now)
        if org is not None and reply.status_code != 401:
            reply.headers["Sforce-Limit-Info"] = self.usage.header(org.name, now)
        return reply

    def _answer(self, request: Request, resource: Resource, call: Call, later: Callable[[], datetime]) -> Response:
        answer = resource.handler(call)
        reply = reply_with(request, answer, now=later())
        if isinstance(answer, dict) and "records" in answer:
            self.counters.delivered(call.org.name, resource.kind, len(answer["records"]), len(reply.body))
        return reply

    def _authenticate(self, request: Request, org: Org, now: datetime) -> None:
        token = self.interface.token(request)
        if token is None or not self.tokens.valid(token, org.name, now):
            raise invalid_session()

    def _call(self, request: Request, org: Org, address: str, body: bytes) -> Call:
        return Call(
            org=org,
            version=request.path_params["version"],
            method=request.method,
            address=address,
            locators=self.locators,
            jobs=self.jobs,
            batches=self.batches,
            counters=self.counters,
            ingests=self.ingests,
            faults=self.faults,
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
