"""Which vendor, or site, a request is for, by the host name it was sent to.

Belongs here: reading that name. Does not: which names are let through to here (`sandbox.proxy`), answers (the vendors).
"""

from collections.abc import Iterable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.proxy import HostNames, Web


class ByHost:
    """An ASGI application that is several, each for some host names; the first one also for those of nobody.

    Args:
        vendors: Each with its host names, all of them inside TLS.
        web: All other hosts.
        sites: Answers for those, inside TLS or not.
    """

    def __init__(self, vendors: Sequence[tuple[Iterable[str], ASGIApp]], web: Web, sites: ASGIApp) -> None:
        self._vendors = [(HostNames(names), app) for names, app in vendors]
        self._web = web
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        await self._app(scope["scheme"], host.partition(":")[0])(scope, receive, send)

    def _app(self, scheme: str, name: str) -> ASGIApp:
        if scheme == "http":
            return self._sites
        vendors = (app for names, app in self._vendors if name in names)
        return next(vendors, self._sites if name in self._web else self._vendors[0][1])
