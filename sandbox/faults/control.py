"""The commands of the control port that make trouble: faults, and alterations of an account.

Belongs here: `/control/faults` and what is below the address of a vendor's alterations, JSON in and out.
Does not: what the JSON may say (`sandbox.faults.kinds`, `sandbox.salesforce.alterations`).
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults.faults import Faults


class Alterable(Protocol):
    """A folder of accounts (orgs, portals) that can be altered. Each method raises KeyError where there is none."""

    def alterations(self, name: str) -> Sequence[BaseModel]:
        """Return what was done to an account since it was made."""
        ...

    def alter(self, name: str, wish: Any) -> Sequence[BaseModel]:
        """Do what a JSON object describes, and return all alterations; ValueError tells what is wrong with it."""
        ...

    def restore(self, name: str, kind: str | None = None) -> Sequence[BaseModel]:
        """Take back the alterations, all or those of a kind, and return what is left."""
        ...


def fault_commands(faults: Faults) -> list[Route]:
    """Return the routes of faults; what cannot be done is answered 400 or 404 with a sentence."""

    async def add(request: Request) -> Response:
        body = await request.body()
        return _done(201, lambda: {"id": faults.add(json.loads(body))})

    def listed(_: Request) -> Response:
        return JSONResponse(faults.listed())

    def clear(_: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    def remove(request: Request) -> Response:
        number = request.path_params["number"]
        return Response(status_code=204) if faults.remove(number) else _refused(404, f"there is no fault {number}")

    return [
        Route("/control/faults", listed),
        Route("/control/faults", add, methods=["POST"]),
        Route("/control/faults", clear, methods=["DELETE"]),
        Route("/control/faults/{number:int}", remove, methods=["DELETE"]),
    ]


def alteration_commands(address: str, accounts: Alterable, account: str) -> list[Route]:
    """Return the routes of a vendor's alterations.

    Args:
        address: Of those of one account, such as `/control/alterations/{name}`; below it are kinds of them.
        accounts: What can be altered.
        account: The vendor's word for one of them, such as `org`.
    """

    def done(status: int, act: Callable[[], Sequence[BaseModel]]) -> Response:
        try:
            return _done(status, lambda: as_json(act()))
        except KeyError as missing:
            return _refused(404, f"there is no {account} {missing}")

    async def alter(request: Request) -> Response:
        name, body = request.path_params["name"], await request.body()
        return done(201, lambda: accounts.alter(name, json.loads(body)))

    def altered(request: Request) -> Response:
        return done(200, lambda: accounts.alterations(request.path_params["name"]))

    def restore(request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params.get("kind")
        return done(200, lambda: accounts.restore(name, kind))

    return [
        Route(address, altered),
        Route(address, alter, methods=["POST"]),
        Route(address, restore, methods=["DELETE"]),
        Route(f"{address}/{{kind}}", restore, methods=["DELETE"]),
    ]


def as_json(alterations: Sequence[BaseModel]) -> list[Any]:
    """Return alterations ready for JSON."""
    return [done.model_dump(mode="json") for done in alterations]


def _done(status: int, act: Callable[[], Any]) -> Response:
    try:
        return JSONResponse(act(), status)
    except ValueError as wrong:
        return _refused(400, str(wrong))


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status)
