"""The sandbox's own interface, on the proxy port itself: is it healthy, what did it see.

Belongs here: `/health` and `/control/*`, for supervisors, tests and benchmarks on this machine.
What can be commanded beyond counters is routes that are given.
Does not: anything that a vendor offers.
"""

import os
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.counters import Counters

Names = Callable[[], Sequence[str]]
"""What is served at the moment of asking."""
Reset = Callable[[], None]
"""Forgets what was counted."""


def control(
    orgs: Names, portals: Names, counters: Counters, commands: Sequence[Route] = (), resets: Sequence[Reset] = ()
) -> Starlette:
    """Return the control application; `resets` are done with that of the counters."""

    def health(_: Request) -> Response:
        return JSONResponse(
            {"service": "nooks-sandbox", "pid": os.getpid(), "orgs": list(orgs()), "portals": list(portals())}
        )

    def read_counters(_: Request) -> Response:
        return JSONResponse(counters.snapshot())

    def reset_counters(_: Request) -> Response:
        for reset in (counters.reset, *resets):
            reset()
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/control/counters", read_counters),
            Route("/control/counters/reset", reset_counters, methods=["POST"]),
            *commands,
        ],
        # A web page in a browser can reach loopback under a name of its own; it may not steer the sandbox.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
    )
