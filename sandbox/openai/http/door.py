"""The door of the API: key, address, then what is asked for.

Belongs here: what holds for every call. Does not: answers (`responses`, `models`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from sandbox.counters import Counters
from sandbox.openai.http import errors
from sandbox.openai.http.audio.transcriptions import Transcriptions
from sandbox.openai.http.keys import project_of
from sandbox.openai.http.models import listed, shown
from sandbox.openai.http.replies import Reply, refusal, usual_headers
from sandbox.openai.http.responses import Responses
from sandbox.openai.http.waiting import Hangup
from sandbox.openai.http.watch import AUDIO, RESPONSES, sold

NOBODY = "openai"
"""Under which calls with a key that is none of the sandbox's are counted."""
_KINDS: Mapping[str, str] = {RESPONSES: "responses", AUDIO: "transcriptions", "/v1/models": "models"}


def kind_of(path: str) -> str:
    """Return the kind of a call, as counters and faults name it."""
    return _KINDS.get(path, "models" if path.startswith("/v1/models/") else "other")


def key_in(authorization: str) -> str:
    """Return the key of a header, or nothing."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Door:
    """The API, an ASGI application.

    Args:
        responses: Sells answers.
        transcriptions: Sells what was heard.
        counters: Of the sandbox.
        hang_up: Cuts the connection of a request.
    """

    responses: Responses
    transcriptions: Transcriptions
    counters: Counters
    hang_up: Callable[[tuple[str, int]], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        began, request = time.monotonic(), Request(scope, receive)
        with self.counters.flight():
            project = project_of(key_in(request.headers.get("authorization", "")))
            self.counters.request(project or NOBODY, kind_of(request.url.path))
            try:
                reply = await self._answer(request, project)
            except errors.Refused as refused:
                reply = refusal(refused)
            except Hangup:
                self.hang_up(scope["client"])
                return
            spent = int((time.monotonic() - began) * 1000)
            await reply.send(send, usual_headers(project or NOBODY, spent))

    async def _answer(self, request: Request, project: str | None) -> Reply:
        method, path = request.method, request.url.path
        if project is None:
            self.counters.violation(NOBODY, "invalid_api_key")
            raise errors.invalid_key(key_in(request.headers.get("authorization", "")))
        if method == "POST" and path == RESPONSES:
            body = await request.body()
            return await self.responses.answer(project, body, request.receive, lambda sale: sold(request.scope, sale))
        if method == "POST" and path == AUDIO:
            return await self.transcriptions.answer(project, request, lambda sale: sold(request.scope, sale))
        if method == "GET" and path == "/v1/models":
            return listed()
        if method == "GET" and path.startswith("/v1/models/"):
            return shown(path.removeprefix("/v1/models/"))
        raise errors.unknown_address(method, path)
