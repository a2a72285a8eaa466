"""What the control port tells of OpenAI: what was sold.

Belongs here: `/control/openai`, `/control/openai/audio`. A reset of the other counters resets it too.
Does not: counting (`sales`).
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.openai.sales import Ledgers


def commands(sales: Ledgers) -> list[Route]:
    """Return the routes."""

    def told(_: Request) -> Response:
        return JSONResponse(sales.answers.snapshot())

    def told_of_audio(_: Request) -> Response:
        return JSONResponse(sales.audio.snapshot())

    def reset(_: Request) -> Response:
        sales.reset()
        return Response(status_code=204)

    return [
        Route("/control/openai", told),
        Route("/control/openai/audio", told_of_audio),
        Route("/control/openai/reset", reset, methods=["POST"]),
    ]
