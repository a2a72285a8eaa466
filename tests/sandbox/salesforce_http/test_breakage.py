"""What a client is told when the sandbox itself breaks."""

from pathlib import Path
from typing import NoReturn

import pytest
from starlette.testclient import TestClient

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.proxy import Tunnels
from sandbox.salesforce.http.app import Terms, salesforce
from sandbox.salesforce.orgs import Orgs
from sandbox.salesforce.table_org import TableOrg


def test_what_breaks_inside_is_told_as_salesforce_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_org: TableOrg, _name: str) -> NoReturn:
        raise RuntimeError("broken on purpose")

    orgs, counters = Orgs(tmp_path), Counters()
    orgs.create_generated("acme", 1000, seed=1)
    app = salesforce(tmp_path, orgs, counters, Terms(), Faults(counters), Tunnels().cut)
    client = TestClient(app, base_url="https://acme.my.salesforce.com", raise_server_exceptions=False)
    grant = {"grant_type": "client_credentials"}
    reply = client.post("/services/oauth2/token", data=grant, auth=("SANDBOX.acme", "sandbox-secret-acme"))
    client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
    monkeypatch.setattr(TableOrg, "sobject", broken)
    reply = client.get("/services/data/v59.0/sobjects/Account/describe")
    assert reply.status_code == 500
    assert reply.json()[0]["errorCode"] == "UNKNOWN_EXCEPTION"
