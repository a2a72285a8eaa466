"""Webhooks over HTTP.

Belongs here: host names, what is checked of a message, answers. Does not: keeping messages (`shelf`).
"""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.layer import Faulty, Hangup
from sandbox.webhooks.shelf import Shelf
from sandbox.webhooks.vendor import Webhooks, name_in

HOSTS = ("*.hooks.example",)
_WINDOW_SECONDS = 300
_MOST_BYTES = 1_000_000


def webhooks(shelf: Shelf, counters: Counters, faults: Faults, hang_up: Hangup) -> ASGIApp:
    """Return the application."""
    return Faulty(_Door(shelf, counters), Webhooks(), faults, counters, hang_up)


@dataclass(frozen=True, slots=True)
class _Door:
    """The endpoint of every customer.

    Args:
        shelf: Keeps what is taken.
        counters: Of the sandbox.
    """

    shelf: Shelf
    counters: Counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one message."""
        request = Request(scope, receive)
        name = name_in(request.headers.get("host", ""))
        self.counters.request(name, "webhook")
        body = await request.body()
        status, why = self._judged(name, request, body)
        if why:
            self.shelf.refuse(name, why)
        answer: Response = JSONResponse({"taken": not why, **({"why": why} if why else {})}, status)
        await answer(scope, receive, send)

    def _judged(self, name: str, request: Request, body: bytes) -> tuple[int, str]:
        """Keep a message that is as it must be; return the status of the answer, and what is wrong otherwise."""
        if request.method != "POST":
            return 405, "method"
        if len(body) > _MOST_BYTES:
            return 413, "size"
        secret = self.shelf.secret(name)
        if secret is not None and (wrong := _unsigned(request.headers, body, secret)):
            return 401, wrong
        identity = _identity(body)
        if identity is None:
            return 400, "body"
        if request.headers.get("x-nooks-delivery", identity) != identity:
            return 400, "delivery"
        self.shelf.keep(name, identity, body, signed=secret is not None)
        return 200, ""


def _unsigned(headers: Headers, body: bytes, secret: str) -> str:
    """Return what is wrong with a signature; nothing if it is right."""
    moment = headers.get("x-nooks-timestamp", "")
    if not moment.isdecimal() or abs(time.time() - int(moment)) > _WINDOW_SECONDS:
        return "timestamp"
    right = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(f"v1={right}", headers.get("x-nooks-signature", "")) else "signature"


def _identity(body: bytes) -> str | None:
    try:
        message = json.loads(body)
    except ValueError:
        return None
    identity = message.get("id") if isinstance(message, dict) else None
    return identity if isinstance(identity, str) and identity else None
