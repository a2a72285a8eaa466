"""The layer itself: sees a call, asks which faults strike it, and carries them out.

Belongs here: the order of things. State first (token, quota), then an answer in place of the vendor's, then changes of
its answer. While no fault is in force, calls pass untouched.
Does not: the single effects (the modules beside this).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.instead import answer
from sandbox.faults.kinds import (
    Cut,
    CutGzip,
    DeadToken,
    Fault,
    InsteadOfReply,
    Lost,
    PageAgain,
    Quota,
    RowsChange,
    Slow,
    ends_call,
)
from sandbox.faults.pages import LastPages, change_rows
from sandbox.faults.reply import Reply, collect
from sandbox.faults.seen import Seen
from sandbox.faults.slow import slowed
from sandbox.faults.vendor import Vendor

Hangup = Callable[[tuple[str, int]], None]
"""Cuts the connection of the client whose calls come from an address."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """An ASGI application that is another one, with faults.

    Args:
        app: A vendor's interface.
        vendor: What is to be known of it.
        faults: Those in force.
        counters: Also count the calls that the application never sees.
        hang_up: Cuts a connection.
    """

    app: ASGIApp
    vendor: Vendor
    faults: Faults
    counters: Counters
    hang_up: Hangup
    _last: LastPages = field(default_factory=LastPages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http" or not self.faults.has():
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        call = self.vendor.see(request, body)
        struck = self.faults.strike(call, follows=self._last.has(call.page_before))
        for fault in struck:
            if isinstance(fault, Slow):
                send = slowed(send, fault)
        refused = self._change_state(struck, call)
        if refused or (struck and ends_call(struck[-1])):
            self._count(call)
            await self._instead(refused, struck[-1], call, request, send)
        else:
            await self._pass_on(struck, call, request, _again(body, receive), send)

    def _change_state(self, struck: Sequence[Fault], call: Seen) -> Response | None:
        """Let tokens die and set the usage; return how a token that cannot die is refused."""
        refused = None
        for fault in struck:
            if isinstance(fault, DeadToken) and call.token:
                refused = self.vendor.kill_token(call)
            elif isinstance(fault, Quota) and call.account:
                self.vendor.set_usage(call, fault.used)
        return refused

    async def _instead(self, refused: Response | None, last: Fault, call: Seen, request: Request, send: Send) -> None:
        """Answer in place of the vendor."""
        if isinstance(last, InsteadOfReply):
            refused = answer(last, call, self.vendor)
        if refused is None:
            await self._cut(request)
        else:
            refused.headers.update(self.vendor.dated(call))
            await refused(request.scope, request.receive, send)

    async def _cut(self, request: Request) -> None:
        self.hang_up(request.scope["client"])
        while (await request.receive())["type"] != "http.disconnect":
            pass

    async def _pass_on(
        self, struck: Sequence[Fault], call: Seen, request: Request, receive: Receive, send: Send
    ) -> None:
        """Let the vendor answer, and change its answer if a fault wants that; keep it if it may be sent again."""
        lost = next((fault for fault in struck if isinstance(fault, Lost)), None)
        if lost:
            await collect(self.app, request.scope, receive)
            await asyncio.sleep(lost.after_seconds)
            await self._cut(request)
            return
        remembered = call.rows == "page" and self.faults.has(PageAgain)
        if not remembered and not any(isinstance(fault, Cut | CutGzip | RowsChange) for fault in struck):
            await self.app(request.scope, receive, send)
            return
        reply = await collect(self.app, request.scope, receive)
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        sent = await anyio.to_thread.run_sync(lambda: self._spoil(reply, struck, call, zipped=zipped))
        await reply.send(send, sent)

    def _spoil(self, reply: Reply, struck: Sequence[Fault], call: Seen, *, zipped: bool) -> int | None:
        """Change a reply, and return how many of its bytes are sent, or None for all."""
        page = self.vendor.page(call, reply) if call.rows else None
        if page:
            change_rows(reply, page, struck, self._last, call.page_before)
        if zipped:
            reply.compress()
        sent = None
        for fault in struck:
            if isinstance(fault, CutGzip) and "Content-Encoding" in reply.headers:
                reply.body = reply.body[: int(len(reply.body) * fault.share)]
            elif isinstance(fault, Cut) and fault.share is not None:
                sent = int(len(reply.body) * fault.share)
        return sent

    def _count(self, call: Seen) -> None:
        if call.account:
            self.counters.request(call.account, call.kind)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read once more, then what comes after it."""
    unread = [body]

    async def give() -> Message:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return give
