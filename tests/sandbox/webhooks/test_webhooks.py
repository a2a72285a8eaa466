"""A customer's endpoint: takes signed messages, counts those that come twice, and fails on command."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from sandbox.cli import app
from tests.sandbox.process import Sandbox, point

SECRET = "nws_secret"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("webhooks") / "state", "--org", "acme=10")
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    point(served, monkeypatch)
    served.control("/control/webhooks/reset", "POST")
    served.control("/control/faults", "DELETE")
    return served


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    said = CliRunner().invoke(app, ["webhook", "acme", "--secret", SECRET, "--state", str(sandbox.state)])
    return said.output.strip()


def tell(address: str, identity: str = "42", *, secret: str = SECRET, age: int = 0, **more: Any) -> int:
    body = json.dumps({"id": identity, "type": "call.recorded", **more}).encode()
    moment = str(int(time.time()) - age)
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Nooks-Timestamp": moment, "X-Nooks-Signature": f"v1={digest}", "X-Nooks-Delivery": identity}
    return requests.post(address, body, headers=headers, timeout=60).status_code


def told(sandbox: Sandbox) -> list[dict[str, Any]]:
    written = CliRunner().invoke(app, ["truth", "webhooks", "--state", str(sandbox.state)]).output
    return [json.loads(line) for line in written.splitlines()]


def test_a_message_that_comes_twice_is_told_as_one_call_told_twice(sandbox: Sandbox, address: str) -> None:
    assert [tell(address), tell(address), tell(address, "43"), tell(address, "43", call={"seconds": 1})] == [200] * 4
    assert [(row["id"], row["messages"], row["contents"], row["signed"]) for row in told(sandbox)] == [
        ("42", 2, 1, True),
        ("43", 2, 2, True),
    ]
    assert told(sandbox)[1]["last"]["call"] == {"seconds": 1}
    counts = sandbox.control("/control/webhooks").json()["acme"]
    assert counts == {"messages": 4, "ids": 2, "repeated": 1, "signed": 4}


def test_what_is_not_signed_as_it_must_be_is_not_taken(sandbox: Sandbox, address: str) -> None:
    assert tell(address, secret="another") == 401
    assert tell(address, age=600) == 401
    assert requests.post(address, b"{}", timeout=60).status_code == 401
    assert told(sandbox) == []
    assert sandbox.control("/control/webhooks").json()["acme"]["refused"] == {"signature": 1, "timestamp": 2}


def test_a_message_is_taken_although_its_answer_is_lost(sandbox: Sandbox, address: str) -> None:
    sandbox.control("/control/faults", "POST", {"kind": "lost", "calls": ["webhook"], "times": 1})
    with pytest.raises(requests.ConnectionError):
        tell(address)
    assert tell(address) == 200
    assert [(row["messages"], row["contents"]) for row in told(sandbox)] == [(2, 1)]


@pytest.mark.parametrize("status", [410, 503])
def test_a_webhook_refuses_on_command(sandbox: Sandbox, address: str, status: int) -> None:
    wish = {"kind": "answer", "status": status, "body": "json", "project": "acme", "times": 1}
    sandbox.control("/control/faults", "POST", wish)
    assert [tell(address), tell(address)] == [status, 200]
    assert [row["messages"] for row in told(sandbox)] == [1]


def test_without_a_secret_any_message_is_taken_and_said_to_be_unsigned(sandbox: Sandbox) -> None:
    assert tell("https://globex.hooks.example/anything") == 200
    assert [(row["webhook"], row["signed"]) for row in told(sandbox)] == [("globex", False)]
