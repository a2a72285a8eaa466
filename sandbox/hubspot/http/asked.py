"""A request as it came over the wire, read off ASGI without a framework: a page of rows must cost little else.

Belongs here: reading it. Does not: judging it (`door`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. `base` is scheme and host as the client named them, names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base: str

    @property
    def token(self) -> str:
        """The bearer token, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def takes_gzip(self) -> bool:
        """Whether the client accepts a compressed reply."""
        return "gzip" in self.headers.get("accept-encoding", "")


async def read(scope: Scope, receive: Receive) -> Asked:
    """Read a request to its end."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    chunks, more = [], scope["method"] != "GET"
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return Asked(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"".join(chunks),
        base=f"{scope['scheme']}://{headers.get('host', 'api.hubapi.com')}",
    )
