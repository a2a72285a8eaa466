"""A fault of the server's own is answered like any refusal, counted, and logged without what was sent."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from nooks_dagster.calls.ingest.app import create
from nooks_dagster.calls.ingest.metrics import REQUESTS
from nooks_dagster.calls.ingest.posting import Desk
from nooks_dagster.calls.ingest.status_pages import Telling
from nooks_dagster.settings import Settings

ROUTES = [
    ("POST", "/v1/calls", Desk, "take_call"),
    ("POST", "/v1/recordings", Desk, "open_recording"),
    ("GET", "/healthz", Telling, "health"),
    ("GET", "/metrics", Telling, "metrics"),
    ("GET", "/openapi.json", Telling, "openapi"),
]


@pytest.mark.parametrize(("method", "path", "owner", "name"), ROUTES)
def test_a_fault_on_any_route_has_the_shape_of_a_refusal(
    method: str,
    path: str,
    owner: type,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(_self: Any, _request: Any) -> None:
        raise LookupError("canary")

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")  # nobody is asked
    monkeypatch.setattr(owner, name, fail)
    before = counted(path)
    status, body = asyncio.run(ask(create(Settings(home=tmp_path)), method, path))
    assert status == 500
    assert body["error"]["code"] == "internal_error"
    assert sorted(body["error"]) == ["code", "fields", "message", "next_step"]
    assert counted(path) == before + 1
    assert "failed by LookupError" in caplog.text
    assert "canary" not in caplog.text


def counted(path: str) -> float:
    samples = next(iter(REQUESTS.collect())).samples
    wanted = {"route": path, "status": "500"}
    return sum(one.value for one in samples if one.labels == wanted and one.name.endswith("_total"))


async def ask(app: ASGIApp, method: str, path: str) -> tuple[int, Any]:
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b"", "root_path": ""}
    await app(scope, receive, send)
    return told[0]["status"], json.loads(told[1]["body"])
