"""A whole reply in memory, in plain bytes, so that it can be changed and sent again.

Belongs here: collecting it from the application, framing it anew.
Does not: what is changed in it (`pages`), how slowly it goes out (`slow`).
"""

import gzip
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WORTH_COMPRESSING = 1024


@dataclass(slots=True)
class Reply:
    """A reply; `body` is not compressed until `compress`."""

    status: int
    headers: MutableHeaders
    body: bytes

    def compress(self) -> None:
        """Compress the body as the interface does for those who accept it."""
        if len(self.body) > _WORTH_COMPRESSING:
            self.body = gzip.compress(self.body, compresslevel=1, mtime=0)
            self.headers["Content-Encoding"] = "gzip"

    async def send(self, send: Send, sent: int | None = None) -> None:
        """Send it, framed as a whole, or only its first `sent` bytes, upon which the server closes the connection."""
        self.headers["Content-Length"] = str(len(self.body))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers.raw})
        more = sent is not None
        await send({"type": "http.response.body", "body": self.body[:sent], "more_body": more})


async def collect(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """Let the application answer, uncompressed, and return its reply."""
    reply = Reply(500, MutableHeaders(), b"")
    chunks: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = MutableHeaders(raw=[(name.lower(), value) for name, value in message["headers"]])
        else:
            chunks.append(message.get("body", b""))

    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    await app({**scope, "headers": headers}, receive, keep)
    reply.body = b"".join(chunks)
    return reply
