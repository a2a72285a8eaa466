"""OpenAI over HTTP: the application in this process for most tests, a process and the official client for others."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.openai.http.app import openai
from sandbox.openai.sales import Ledgers, Sales
from sandbox.openai.terms import Terms
from tests.sandbox import replies
from tests.sandbox.openai_http.prompts import KEY
from tests.sandbox.process import Sandbox, point


class Got(replies.Got):
    """A reply of the model's."""

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found

    @property
    def text(self) -> str:
        return str(self.json["output"][-1]["content"][0]["text"])

    @property
    def answer(self) -> Any:
        return json.loads(self.text)


class Api:
    """The application, called without a socket, whose clock moves by `advance` alone."""

    def __init__(self, terms: Terms, journal: Path | None = None) -> None:
        self.now = 0.0
        self.counters, self.sales, self.audio, self.cut = Counters(), Sales(journal), Sales(), list[Any]()
        self.faults = Faults(self.counters, lambda: self.now)
        ledgers = Ledgers(self.sales, self.audio)
        self._app = openai(ledgers, self.counters, terms, self.faults, self.cut.append, lambda: self.now)

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str = KEY,
        *,
        patience: float | None = None,
        kind: str = "application/json",
    ) -> Got:
        """Ask; without a reply after `patience` seconds the caller is gone."""
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"content-type": kind, **({"authorization": f"Bearer {key}"} if key else {})}
        return asyncio.run(self._call(method, path, sent, headers, patience))

    def respond(self, body: Any, **options: Any) -> Got:
        return self("POST", "/v1/responses", body, **options)

    def told(self) -> dict[str, Any]:
        return self.sales.snapshot()

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str], patience: float | None) -> Got:
        said: list[Any] = []
        unread = [body]

        async def receive() -> dict[str, Any]:
            if unread:
                return {"type": "http.request", "body": unread.pop(), "more_body": False}
            if patience is None:
                await asyncio.Event().wait()
            await asyncio.sleep(patience or 0)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(message)

        raw = [(name.encode(), value.encode()) for name, value in {"host": "api.openai.com", **headers}.items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": b"", "scheme": "https"}
        await self._app({**scope, "headers": raw, "client": ("127.0.0.1", 1)}, receive, send)
        if not said:
            return Got(0, {}, b"")
        told = {name.decode().lower(): value.decode() for name, value in said[0]["headers"]}
        return Got(said[0]["status"], told, b"".join(message["body"] for message in said[1:]))


@pytest.fixture
def serve() -> Callable[..., Api]:
    """Serve on terms of this test; unless it says otherwise, answers take no time."""
    return lambda **terms: Api(Terms(**{"time_scale": 0.0, **terms}))


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    return serve()


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("openai") / "state"
    sandbox = Sandbox(state, "--org", "acme=10", "--openai", "time_scale=0")
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox process that plays OpenAI, with this process pointed at it; its counts are this test's alone."""
    point(shared_sandbox, monkeypatch)
    shared_sandbox.control("/control/openai/reset", "POST")
    shared_sandbox.control("/control/faults", "DELETE")
    return shared_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> OpenAI:
    """The official client, told nothing but its key."""
    return OpenAI(api_key=KEY, max_retries=0, timeout=60)
