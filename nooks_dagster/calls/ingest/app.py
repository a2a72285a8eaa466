"""The server's application: its routes, and what they stand on.

Belongs here: putting the parts together. Does not: what each route does (`calls.ingest.posting`), serving
(`calls.ingest.serving`).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from nooks_dagster.calls.ingest.fairness import Buckets
from nooks_dagster.calls.ingest.group_commit import GroupCommit
from nooks_dagster.calls.ingest.keyring import Keyring
from nooks_dagster.calls.ingest.metrics import Backlog
from nooks_dagster.calls.ingest.openapi import document
from nooks_dagster.calls.ingest.posting import Desk
from nooks_dagster.calls.ingest.problems import Problem, of_http, unexpected
from nooks_dagster.calls.ingest.request_log import Watch
from nooks_dagster.calls.ingest.status_pages import Telling
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.sessions import UploadSessions
from nooks_dagster.settings import Settings, settings


def create(chosen: Settings | None = None) -> ASGIApp:
    """Return the application of one process; it talks to nobody before it is started."""
    chosen = chosen or settings()
    db = Database(chosen.postgres_url, size=2)
    keyring = Keyring(db, chosen.secrets)
    group = GroupCommit(chosen.postgres_url, chosen.release)
    desk = Desk(chosen, keyring, group, Buckets(chosen.ingest_live_calls), UploadSessions(chosen.lake_bucket))
    telling = Telling(keyring, Backlog(db), document(chosen))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await keyring.load()
        fresh = asyncio.create_task(keyring.keep_fresh())
        yield
        fresh.cancel()
        with suppress(asyncio.CancelledError):
            await fresh
        await group.close()
        db.close()

    routes = _routes(desk, telling)
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={Problem: _refuse, HTTPException: _not_there, Exception: _fail},
    )
    app.router.redirect_slashes = False
    return Watch(app, [route.path for route in routes if isinstance(route, Route)])


def _routes(desk: Desk, telling: Telling) -> Sequence[BaseRoute]:
    return [
        Route("/v1/calls", desk.take_call, methods=["POST"]),
        Route("/v1/recordings", desk.open_recording, methods=["POST"]),
        Route("/healthz", telling.health, methods=["GET"]),
        Route("/metrics", telling.metrics, methods=["GET"]),
        Route("/openapi.json", telling.openapi, methods=["GET"]),
    ]


async def _refuse(_: Request, problem: Exception) -> Response:
    if not isinstance(problem, Problem):
        raise problem
    return problem.response()


async def _not_there(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return of_http(error.status_code, error.headers).response()


async def _fail(_: Request, _error: Exception) -> Response:
    """Answer for a fault of ours, which goes on to `watching.Watch`."""
    return unexpected().response()
