"""What answers say of the org's clock, while the clock is put forward: nothing says that it began after its rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.proxy import Tunnels
from sandbox.salesforce.http.app import Terms, salesforce
from sandbox.salesforce.org import Query
from sandbox.salesforce.orgs import Orgs
from sandbox.salesforce.table_org import TableOrg

BASE = "/services/data/v62.0/"


@pytest.fixture
def orgs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Orgs:
    """A folder with one org, whose clock is put forward by ten minutes whenever a query has begun."""
    orgs, query = Orgs(tmp_path), TableOrg.query
    orgs.create_generated("acme", 20, seed=1)

    def and_time_passes(org: TableOrg, soql: str, **options: Any) -> Query:
        begun = query(org, soql, **options)
        orgs.living("acme").advance(600)
        return begun

    monkeypatch.setattr(TableOrg, "query", and_time_passes)
    return orgs


@pytest.fixture
def client(tmp_path: Path, orgs: Orgs) -> Iterator[TestClient]:
    counters = Counters()
    app = salesforce(tmp_path, orgs, counters, Terms(), Faults(counters), Tunnels().cut)
    with TestClient(app, base_url="https://acme.my.salesforce.com") as client:
        grant = {"grant_type": "client_credentials"}
        reply = client.post("/services/oauth2/token", data=grant, auth=("SANDBOX.acme", "sandbox-secret-acme"))
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        yield client


def test_an_answer_is_dated_as_if_nobody_had_put_the_clock_forward_meanwhile(orgs: Orgs, client: TestClient) -> None:
    asked = orgs.get("acme").now()
    reply = client.get(f"{BASE}query?q=SELECT+Id+FROM+Contact")
    dated = parsedate_to_datetime(reply.headers["Date"])
    assert asked - timedelta(seconds=1) <= dated < asked + timedelta(seconds=600) <= orgs.get("acme").now()


def test_a_bulk_job_says_that_it_began_before_the_moment_that_its_rows_are_of(orgs: Orgs, client: TestClient) -> None:
    asked = orgs.get("acme").now()
    body = {"operation": "query", "query": "SELECT Id FROM Contact"}
    created = datetime.fromisoformat(client.post(f"{BASE}jobs/query", json=body).json()["createdDate"])
    assert created < asked + timedelta(seconds=600) <= orgs.get("acme").now()
