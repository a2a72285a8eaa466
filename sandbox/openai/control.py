"""What the control port tells of OpenAI: what was sold.

Belongs here: `/control/openai`. A reset of the other counters resets it too.
Does not: counting (`sales`).
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.openai.sales import Sales


def commands(sales: Sales) -> list[Route]:
    """Return the routes."""

    def told(_: Request) -> Response:
        return JSONResponse(sales.snapshot())

    def reset(_: Request) -> Response:
        sales.reset()
        return Response(status_code=204)

    return [Route("/control/openai", told), Route("/control/openai/reset", reset, methods=["POST"])]
