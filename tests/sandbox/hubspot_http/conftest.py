"""Portals over HTTP: the application in this process for most tests, a process and the official client for others."""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hubspot import HubSpot

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.hubspot.http.app import hubspot
from sandbox.hubspot.http.terms import Terms
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from tests.sandbox import replies
from tests.sandbox.process import UNHURRIED, Sandbox, point

PRIVATE = "pat-sandbox-globex"


class Got(replies.Got):
    """A reply of the portal's."""

    @property
    def ids(self) -> list[int]:
        return [int(record["id"]) for record in self.json["results"]]


class Stopped:
    """A portal whose clock moves by `advance` alone, so that limits do not depend on how fast a test runs."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._now = portal.now()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        self._portal.advance(seconds)
        self._now += int(seconds * 1000)


@dataclass(frozen=True)
class Folder:
    """A folder with one portal."""

    portal: Any

    def names(self) -> list[str]:
        return [self.portal.name]

    def get(self, name: str) -> Any:
        return {self.portal.name: self.portal}[name]


class Api:
    """The application, called without a socket."""

    def __init__(self, state: Path, portals: Portals, terms: Terms) -> None:
        self.portal: Any = Stopped(portals.get("globex"))
        self.counters = Counters()
        self._app = hubspot(state, Folder(self.portal), self.counters, terms, Faults(self.counters), lambda _: None)

    def __call__(
        self, method: str, path: str, body: Any = None, token: str = PRIVATE, headers: dict[str, str] | None = None
    ) -> Got:
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"host": "api.hubapi.com", "authorization": f"Bearer {token}", **(headers or {})}
        return asyncio.run(self._call(method, path, sent, given))

    def get(self, path: str, **options: Any) -> Got:
        return self("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Got:
        return self("POST", path, body, **options)

    def violations(self) -> dict[str, int]:
        found: dict[str, int] = self.counters.snapshot()["violations"].get("globex", {})
        return found

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Got:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            said.append(message)

        address, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": address, "query_string": query.encode(), "scheme": "https"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await self._app({**scope, "headers": raw, "client": ("127.0.0.1", 1)}, receive, send)
        told = {name.decode().lower(): value.decode() for name, value in said[0]["headers"]}
        content = b"".join(message["body"] for message in said[1:])
        return Got(said[0]["status"], told, gzip.decompress(content) if "content-encoding" in told else content)


@pytest.fixture(scope="session")
def portals(tmp_path_factory: pytest.TempPathFactory) -> Portals:
    """A folder with the portal `globex`, which most tests share; they write to records of their own."""
    portals = Portals(tmp_path_factory.mktemp("portals"))
    portals.create_generated("globex", 200, seed=1)
    return portals


@pytest.fixture
def serve(portals: Portals, tmp_path: Path) -> Callable[..., Api]:
    """Serve the shared portal on terms of this test; what the interface remembers is this test's own."""
    return lambda **terms: Api(tmp_path, portals, Terms(**terms))


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """The shared portal without any limits that tests could meet."""
    return serve(requests_per_10_seconds=1_000_000, searches_per_second=1_000_000, search_characters=0)


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("hubspot") / "state"
    sandbox = Sandbox(state, "--portal", "globex=100", *UNHURRIED)
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that serves the portal `globex`, with this process pointed at it."""
    point(shared_sandbox, monkeypatch)
    return shared_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> HubSpot:
    """The official client, which wants to be told of proxy and authority."""
    authority = str(sandbox.state / "ca.pem")  # Each of its parts reads the file anew, and the bundle takes 0.1 s.
    return HubSpot(access_token=PRIVATE, proxy=sandbox.variables["HTTPS_PROXY"], ssl_ca_cert=authority)
