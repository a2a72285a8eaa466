"""Telling: the pages that say how the server is, what it did, and what it takes.

Belongs here: health, metrics, the OpenAPI document. Does not: anything that changes something.
"""

import asyncio
import json
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nooks_dagster.calls.ingest.keyring import Keyring
from nooks_dagster.calls.ingest.metrics import Backlog, page


class Telling:
    """The pages for operators and programs; none needs a signature, none holds anything of a call.

    Args:
        keyring: Knows whether Postgres answers.
        backlog: Knows how long calls wait.
        document: The OpenAPI document.
    """

    def __init__(self, keyring: Keyring, backlog: Backlog, document: dict[str, Any]) -> None:
        self._keyring = keyring
        self._backlog = backlog
        self._document = json.dumps(document, separators=(",", ":")).encode()

    async def health(self, _: Request) -> Response:
        """Answer 200 while calls can be accepted, 503 while the process lives and Postgres does not answer."""
        ready = self._keyring.ready
        return JSONResponse({"live": True, "ready": ready}, 200 if ready else 503)

    async def metrics(self, _: Request) -> Response:
        """Answer in the format of Prometheus."""
        await self._backlog.refresh()
        return Response(await asyncio.to_thread(page, self._backlog), media_type=CONTENT_TYPE_LATEST)

    async def openapi(self, _: Request) -> Response:
        """Answer what the server takes and gives."""
        return Response(self._document, media_type="application/json")
