"""The seam for faults, and what a client is told when the sandbox itself breaks."""

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from sandbox.counters import Counters
from sandbox.salesforce.http.app import Terms, salesforce
from sandbox.salesforce.orgs import Orgs

LIMITS = "/services/data/v59.0/limits"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A client of an application whose `limits` is down and whose describe breaks."""

    async def fault(_org: str, kind: str, _request: Request) -> Response | None:
        if kind == "describe":
            raise RuntimeError("broken on purpose")
        return PlainTextResponse("down", 503) if kind == "limits" else None

    orgs = Orgs(tmp_path)
    orgs.create_generated("acme", 1000, seed=1)
    app = salesforce(tmp_path, orgs, Counters(), Terms(), fault)
    client = TestClient(app, base_url="https://acme.my.salesforce.com", raise_server_exceptions=False)
    grant = {"grant_type": "client_credentials"}
    reply = client.post("/services/oauth2/token", data=grant, auth=("SANDBOX.acme", "sandbox-secret-acme"))
    client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    return client


def test_a_fault_is_sent_in_place_of_the_reply(client: TestClient) -> None:
    reply = client.get(LIMITS)
    assert (reply.status_code, reply.text) == (503, "down")


def test_other_kinds_of_call_are_let_through(client: TestClient) -> None:
    assert client.get(f"{LIMITS}/recordCount").status_code == 200


def test_what_breaks_inside_is_told_as_salesforce_tells_it(client: TestClient) -> None:
    reply = client.get("/services/data/v59.0/sobjects/Account/describe")
    assert reply.status_code == 500
    assert reply.json()[0]["errorCode"] == "UNKNOWN_EXCEPTION"
