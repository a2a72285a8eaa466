"""Watching: each request is counted, and no fault of ours is logged with more than its name.

Belongs here: the outermost layer of the server. Does not: routes, or answers (`calls.ingest.app`).

A traceback would show what was sent, so a surprise is logged as its kind and its place.
"""

import logging
import time
import traceback
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nooks_dagster.calls.ingest.metrics import REQUESTS, SECONDS

log = logging.getLogger(__name__)


class Watch:
    """Counts requests by route and status, 0 for none, and logs that one failed.

    Args:
        app: What it surrounds.
        paths: The routes that there are; others are counted as one.
    """

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - uvicorn would log what it says
            _report(error)
        route = scope["path"] if scope["path"] in self._paths else "other"
        REQUESTS.labels(route, str(status)).inc()
        SECONDS.labels(route).observe(time.perf_counter() - began)


def _report(error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("a request failed by %s at %s:%s", type(error).__name__, place.filename, place.lineno)
