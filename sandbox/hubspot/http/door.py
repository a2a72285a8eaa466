"""The door of the API: address, token, limits, then the handler.

Belongs here: what holds for every call. Does not: addresses (`resources`), answers (the handlers).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import anyio.to_thread
from starlette.types import Receive, Scope, Send

from sandbox.counters import Counters
from sandbox.hubspot.http import errors
from sandbox.hubspot.http.asked import Asked, read
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.limits import Headers, RateLimited
from sandbox.hubspot.http.replies import Reply, refusal
from sandbox.hubspot.http.resources import API, kind_of
from sandbox.hubspot.http.services import Services
from sandbox.hubspot.http.tokens import Holder, Tokens
from sandbox.hubspot.model import Refused
from sandbox.hubspot.portal import Portal

_LONGEST = 16_384

Answer = tuple[Portal | None, Reply]
Open = Callable[[Asked], Answer]
"""Answers calls that need no token, in a worker thread. Raises `Refused`."""


@dataclass(frozen=True, slots=True)
class Door:
    """The API of all portals, an ASGI application.

    Args:
        portals: Whose API it is.
        tokens: Open it.
        services: For the handlers.
        counters: Of the sandbox.
        open: What is answered without a token, by the first part of its address.
    """

    portals: Folder
    tokens: Tokens
    services: Services
    counters: Counters
    open: Mapping[str, Open]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        with self.counters.flight():
            asked = await read(scope, receive)
            kind = kind_of(asked)
            portal, reply, told = await self._let_in(asked, kind)
            now = portal.now() if portal else int(time.time() * 1000)
            sent = await reply.send(send, asked, now, told)
            if portal and reply.rows:
                self.counters.delivered(portal.name, kind, reply.rows, sent)
            if portal and reply.page:
                self.counters.page(portal.name, reply.page)

    async def _let_in(self, asked: Asked, kind: str) -> tuple[Portal | None, Reply, Headers]:
        """Return whose call it was, the answer, and the headers that tell of limits."""
        portal: Portal | None = None
        told: Headers = {}
        unlocked = self.open.get(asked.path.split("/", 2)[1])
        try:
            if unlocked is not None:
                return *await anyio.to_thread.run_sync(unlocked, asked), told
            holder, portal = self._opened_by(asked.token)
            self.counters.request(portal.name, kind)
            now = portal.now()
            holder.check(now)
            told = self.services.limits.spend(holder, kind, now)
            return portal, await self._answered(asked, kind, holder, portal), told
        except RateLimited as limited:
            return portal, limited.reply, told
        except Refused as refused:
            return portal, refusal(refused), told

    def _opened_by(self, token: str) -> tuple[Holder, Portal]:
        holder = self.tokens.find(token)
        if holder is None:
            raise errors.unauthenticated()
        try:
            return holder, self.portals.get(holder.portal)
        except KeyError:
            raise errors.unauthenticated() from None

    async def _answered(self, asked: Asked, kind: str, holder: Holder, portal: Portal) -> Reply:
        if len(asked.path) + len(asked.query) > _LONGEST:
            raise Refused(414, "URI_TOO_LONG", f"The URI is longer than {_LONGEST:,} characters")
        resource, path = API.find(asked.method, asked.path)
        call = Call(portal, asked, path, kind, holder, self.services)
        if resource.slow:
            return await anyio.to_thread.run_sync(resource.handler, call)
        return resource.handler(call)
