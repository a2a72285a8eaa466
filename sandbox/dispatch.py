"""Which vendor a request inside the tunnels is for, by the host name it was sent to.

Belongs here: reading that name. Does not: which names are let through to here (`sandbox.proxy`), answers (the vendors).
"""

from collections.abc import Iterable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.proxy import HostNames


class ByHost:
    """An ASGI application that is several, each for some host names; the first one also for those of nobody."""

    def __init__(self, vendors: Sequence[tuple[Iterable[str], ASGIApp]]) -> None:
        self._vendors = [(HostNames(names), app) for names, app in vendors]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        name = host.partition(":")[0]
        apps = (app for names, app in self._vendors if name in names)
        await next(apps, self._vendors[0][1])(scope, receive, send)
