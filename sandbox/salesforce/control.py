"""The command of the control port that steers an org: its clock.

Belongs here: `/control/orgs/<name>/clock`, JSON in. Does not: alterations (`sandbox.faults.control`).
"""

import json

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.salesforce.orgs import Orgs


def commands(orgs: Orgs) -> list[Route]:
    """Return the route; what cannot be done is answered 400 or 404 with a sentence."""

    def advanced(name: str, body: bytes) -> Response:
        try:
            living = orgs.living(name)
        except KeyError as missing:
            return JSONResponse({"error": f"there is no org {missing}"}, 404)
        try:
            living.advance(float(json.loads(body)["advance_seconds"]))
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"error": "advance_seconds: a number of seconds is expected"}, 400)
        return Response(status_code=204)

    async def advance(request: Request) -> Response:
        return await anyio.to_thread.run_sync(advanced, request.path_params["name"], await request.body())

    return [Route("/control/orgs/{name}/clock", advance, methods=["POST"])]
