"""Replies as OpenAI sends them.

Belongs here: headers of every reply, JSON. Does not: what is said.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from starlette.types import Send

from sandbox.openai.http.errors import Refused


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The value as JSON; a text stays as it is."""
        if isinstance(self.value, str):
            return self.value.encode()
        return json.dumps(self.value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    async def send(self, send: Send, headers: Mapping[str, str]) -> None:
        """Send it, with more headers."""
        body = self.body
        kind = "text/plain; charset=utf-8" if isinstance(self.value, str) else "application/json"
        told = {**headers, **self.headers, "content-type": kind, "content-length": str(len(body))}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def refusal(refused: Refused) -> Reply:
    """Return the reply that a refusal is."""
    return Reply(refused.body, refused.status, refused.headers)


def usual_headers(project: str, milliseconds: int = 0) -> dict[str, str]:
    """Return the headers of every reply; the id of the request is new each time, as are those of answers."""
    return {
        "date": formatdate(usegmt=True),
        "x-request-id": f"req_{secrets.token_hex(16)}",
        "openai-organization": "org-sandbox",
        "openai-processing-ms": str(milliseconds),
        "openai-project": f"proj_{project}",
        "openai-version": "2020-10-01",
    }
