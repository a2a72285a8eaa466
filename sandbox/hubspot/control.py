"""The commands of the control port that steer a portal: its clock, its index, its recycle bin.

Belongs here: `/control/portals/<name>/*`, JSON in. Does not: what a portal does then (`sandbox.hubspot.portal`).
"""

import json
from collections.abc import Callable
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.model import Refused
from sandbox.hubspot.portal import Portal

_Act = Callable[[Portal, Any], None]


def commands(portals: Folder) -> list[Route]:
    """Return the routes; what cannot be done is answered 400 or 404 with a sentence."""

    def route(word: str, act: _Act) -> Route:
        async def answer(request: Request) -> Response:
            name, body = request.path_params["name"], await request.body()
            return await anyio.to_thread.run_sync(_done, portals, name, act, body)

        return Route(f"/control/portals/{{name}}/{word}", answer, methods=["POST"])

    return [route("clock", _advance), route("index", _lag), route("restore", _restore)]


def _advance(portal: Portal, wish: Any) -> None:
    portal.advance(float(wish["advance_seconds"]))


def _lag(portal: Portal, wish: Any) -> None:
    portal.set_index_lag(float(wish["lag_seconds"]))


def _restore(portal: Portal, wish: Any) -> None:
    portal.restore(portal.type(str(wish["type"])), [int(record_id) for record_id in wish["ids"]])


def _done(portals: Folder, name: str, act: _Act, body: bytes) -> Response:
    try:
        act(portals.get(name), json.loads(body))
    except KeyError as missing:
        status = 404 if missing.args == (name,) else 400
        return JSONResponse({"error": f"there is no {missing}"}, status)
    except (ValueError, TypeError, Refused) as wrong:
        return JSONResponse({"error": str(wrong)}, 400)
    return Response(status_code=204)
