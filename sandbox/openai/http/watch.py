"""What becomes of replies: how many requests are open at once, and which sales never reached their buyer.

Belongs here: looking on from outside of everything, faults on command included.
Does not: counting (`sandbox.openai.sales`).
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.openai.sales import Ledgers, Sale

RESPONSES = "/v1/responses"
AUDIO = "/v1/audio/transcriptions"
_SLOT = "sandbox.openai.sale"


@dataclass(slots=True)
class _Slot:
    """Where the application leaves the sale of a request."""

    sale: Sale | None = None


def sold(scope: Scope, sale: Sale) -> None:
    """Say that a request led to a sale."""
    scope[_SLOT].sale = sale


@dataclass(frozen=True, slots=True)
class Watched:
    """An ASGI application that is another one, watched."""

    app: ASGIApp
    ledgers: Ledgers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        sales = {RESPONSES: self.ledgers.answers, AUDIO: self.ledgers.audio}.get(scope["path"])
        if sales is None:
            await self.app({**scope, _SLOT: _Slot()}, receive, send)
            return
        slot, ended = _Slot(), False

        async def note(message: Message) -> None:
            nonlocal ended
            await send(message)
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)

        with sales.flight():
            try:
                await self.app({**scope, _SLOT: slot}, receive, note)
            finally:
                if slot.sale and not ended:
                    sales.lost(slot.sale)
