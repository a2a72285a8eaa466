"""The command of the control port that lets a world live, step by step.

Belongs here: `POST /control/world`, JSON in and out. Does not: living (`life`).
"""

import json
from typing import Annotated

import anyio.to_thread
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults.wishes import read_wish
from sandbox.hubspot.portals import Portals
from sandbox.life.life import Life
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs

_MOST_STEPS = 100_000


class Wish(BaseModel):
    """What is to happen.

    Args:
        steps: How many things, in each.
        seed: Of all that is left to chance.
        orgs: Where; without these and `portals`, everywhere.
        portals: Likewise.
        settle: Whether all stands still afterwards.
        pace: How long things take.
    """

    model_config = ConfigDict(extra="forbid")

    steps: Annotated[int, Field(ge=0, le=_MOST_STEPS)] = 0
    seed: int = 1
    orgs: list[str] | None = None
    portals: list[str] | None = None
    settle: bool = False
    pace: Pace = Pace()


def life_commands(orgs: Orgs, portals: Portals) -> list[Route]:
    """Return the route; what cannot be done is answered 400 or 404 with a sentence."""

    def lived(body: bytes) -> Response:
        try:
            wish = read_wish(TypeAdapter(Wish), json.loads(body), "the wish")
            life = begin(orgs, portals, wish.orgs, wish.portals, wish.seed, wish.pace)
        except ValueError as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
        except KeyError as missing:
            return JSONResponse({"error": f"there is no {missing}"}, 404)
        steps = life.step(wish.steps)
        if wish.settle:
            life.settle()
        return JSONResponse({"steps": steps})

    async def answer(request: Request) -> Response:
        return await anyio.to_thread.run_sync(lived, await request.body())

    return [Route("/control/world", answer, methods=["POST"])]


def begin(
    orgs: Orgs, portals: Portals, of_orgs: list[str] | None, of_portals: list[str] | None, seed: int, pace: Pace
) -> Life:
    """Return the life of some orgs and portals; without any name, of all.

    Raises:
        KeyError: There is no such org or portal.
    """
    everywhere = of_orgs is None and of_portals is None
    chosen_orgs = orgs.names() if everywhere else of_orgs or []
    chosen_portals = portals.names() if everywhere else of_portals or []
    return Life((orgs, chosen_orgs), (portals, chosen_portals), seed, pace)
