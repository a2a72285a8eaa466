"""What the control port tells of webhooks.

Belongs here: `/control/webhooks`. Does not: keeping (`shelf`).
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.webhooks.shelf import Shelf


def webhook_commands(shelf: Shelf) -> list[Route]:
    """Return the routes."""

    def told(_: Request) -> Response:
        return JSONResponse(shelf.counts())

    def reset(_: Request) -> Response:
        shelf.reset()
        return Response(status_code=204)

    return [Route("/control/webhooks", told), Route("/control/webhooks/reset", reset, methods=["POST"])]
