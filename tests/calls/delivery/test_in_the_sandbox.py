"""Calls on their way into both CRMs, through locked rows and answers lost behind the commit, and back again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from nooks_dagster.calls.delivery import settling
from nooks_dagster.calls.delivery.lanes import hurry
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.calls.delivery.webhook_registry import Addresses
from nooks_dagster.crm.access.keys import keys_of
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials as PortalCredentials
from nooks_dagster.crm.hubspot.kind import HUBSPOT
from nooks_dagster.crm.hubspot.session import Session as HubSpotSession
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger import verdicts
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection, choose
from nooks_dagster.workspaces.secrets import FileSecrets
from sandbox.salesforce.orgs import Orgs
from sandbox.webhooks.shelf import Shelf
from tests.calls.delivery.loops import running, until
from tests.calls.delivery.things import Book
from tests.crm.hubspot.served_portal import SECRET as PORTAL_SECRET
from tests.crm.hubspot.served_portal import ServedPortal
from tests.crm.salesforce.world import SECRET, World, served
from tests.sandbox.process import UNHURRIED

CALLS = 40
SHORT = timedelta(milliseconds=50)
STANDING = "select state, count(*) from calls.deliveries group by state"
ONE = """
    select a.integration, count(*), count(distinct a.external_id), count(*) filter (where a.came_back)
    from calls.activities a where a.kind <> 'webhook' group by a.integration order by 1
"""
ROWS = """
    select connection_id, count(*) from crm.activities
    where subject = 'Outbound call: connected' group by 1 order by 1
"""

BLOCKED = """
    select integration, reason like '%Call_Source__c%' or reason like '%call_source%' from calls.lanes
    where failure = 'Blocked' order by 1
"""
OURS = "select kind, state from calls.deliveries"
CONTROL = ("/control/alterations/acme", "/control/portals/globex/alterations")


@pytest.fixture(scope="module")
def served_crms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(Path(tmp_path_factory.mktemp("crms")), 20, "--portal", "globex", *UNHURRIED) as world:
        yield world


@dataclass
class Crms:
    """A workspace that is connected to an org and a portal, and a platform that syncs and delivers."""

    world: World
    portal: ServedPortal
    db: Database
    settings: Settings
    platform: Platform

    def fault(self, **words: Any) -> None:
        reply = requests.post(f"http://127.0.0.1:{self.world.port}/control/faults", json=words, timeout=60)
        assert reply.ok, reply.text

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Let both CRMs want a value of a field of the customer's own."""
        made = {"name": "call_source", "label": "Source", "type": "string", "fieldType": "text", "groupName": "call"}
        self.portal.call("POST", "/crm/v3/properties/calls", made)
        field = {"object": "Task", "field": "Call_Source__c"}
        self._alter(0, kind="create", external_id=False, unique=False, **field)
        self._alter(0, kind="require", **field)
        self._alter(1, kind="require", object="calls", property="call_source")
        try:
            yield
        finally:
            for address in CONTROL:
                requests.delete(f"http://127.0.0.1:{self.world.port}{address}", timeout=60)

    def choose(self, connection: str, **fields: str) -> None:
        """Choose values of further fields, as the command does."""
        with self.db.transaction() as conn:
            choose(conn, connection, {"call_fields": fields})
            hurry(conn, connection)

    def lift(self) -> None:
        """Let HubSpot's administrator lift the rule, and an hour pass."""
        requests.delete(f"http://127.0.0.1:{self.world.port}{CONTROL[1]}", timeout=60)
        with self.db.transaction() as conn:
            hurry(conn, "acme-hubspot")

    def _alter(self, at: int, **wish: Any) -> None:
        reply = requests.post(f"http://127.0.0.1:{self.world.port}{CONTROL[at]}", json=wish, timeout=60)
        assert reply.ok, reply.text

    def synced(self) -> list[tuple[Any, ...]]:
        """Read what is new of the activities of both CRMs; return how many calls have come back, by connection."""
        run = SyncRun("acme", f"run-{uuid4()}", request=Request(objects=("activities",)))
        list(WorkspaceSync(self.platform, run).run())
        return self.read(ROWS)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with self.db.transaction() as conn:
            return conn.execute(query.encode()).fetchall()

    def participants(self) -> dict[str, Any]:
        """Return a contact of each CRM, with its account and an owner."""
        session = Session(Credentials.read(SECRET), "acme-salesforce", Unthrottled())
        soql = "SELECT Id, AccountId, OwnerId FROM Contact WHERE AccountId != null LIMIT 1"
        contact = session.get(f"query?q={quote(soql)}", kind="test").body["records"][0]
        ids = {"id": contact["Id"], "account": contact["AccountId"], "owner": contact["OwnerId"]}
        others = {name: self._first(name) for name in ("contacts", "companies")}
        there = {"id": others["contacts"], "account": others["companies"]}
        known = {"outcome": "matched", "object": "contacts"}
        return {"acme-salesforce": {**known, **ids}, "acme-hubspot": {**known, **there}}

    def _first(self, name: str) -> str:
        return str(self.portal.call("GET", f"/crm/v3/objects/{name}?limit=1")["results"][0]["id"])


class Unlagged(SalesforceConnector):
    """An org of which everything is believed to show at once; its own word for that ends with whole minutes."""

    def safe_bound(self, name: str) -> datetime:
        return self._session.get("limits", kind="control").at


def unlagged(connection: Connection, db: Database) -> Connector:
    """Return a connector that reads up to the source's now."""
    secret = keys_of(db, connection).secret()
    if connection.kind == HUBSPOT.name:
        portal = HubSpotSession(PortalCredentials.read(secret), connection.id, Unthrottled())
        return HubSpotConnector(portal, lag=timedelta())
    return Unlagged(Session(Credentials.read(secret), connection.id, Unthrottled()))


@pytest.fixture
def crms(
    served_crms: World, db: Database, database_url: str, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Crms]:
    served_crms.point(monkeypatch)
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: SHORT)
    monkeypatch.setattr(settling, "AFTER_STRIKE", SHORT)
    monkeypatch.setattr(settling, "PACE", SHORT)
    monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
    settings = Settings(postgres_url=database_url, home=tmp_path, patience_seconds=60)
    for kind, secret in (("salesforce", SECRET), ("hubspot", PORTAL_SECRET)):
        connect(db, FileSecrets(settings.secrets), NewConnection("acme", kind, secret), sandbox=True)
    platform = Platform(db, lake, settings, lambda connection, _class: unlagged(connection, db))
    _, secret = Addresses(db, FileSecrets(settings.secrets)).add("acme", "https://acme.hooks.example/calls")
    Shelf(served_crms.state).set_secret("acme", secret)
    portal = ServedPortal(served_crms.state, served_crms.port)
    yield Crms(served_crms, portal, db, settings, platform)
    requests.delete(f"http://127.0.0.1:{served_crms.port}/control/faults", timeout=60)


def test_each_call_is_one_activity_in_each_crm_and_comes_back_as_the_same_one(crms: Crms) -> None:
    """The webhook beside them is told of each call, too."""
    assert crms.synced() == []  # the history, without a call of ours
    book = Book(crms.db, participants=crms.participants())
    crms.fault(kind="item", probability=0.05, seed=7)
    crms.fault(kind="lost", calls=["write"], every=3, times=4)
    crms.fault(kind="lost", calls=["webhook"], every=15, times=2)

    for number in range(CALLS):
        book.recorded(f"call-{number}")
    with running(DeliveryLoop(crms.db, crms.settings, "one"), DeliveryLoop(crms.db, crms.settings, "two")):
        until(lambda: crms.read(STANDING) == [("delivered", 3 * CALLS)])

    tasks = [row for row in Orgs(crms.world.state).get("acme").truth("Task") if row["Nooks_Call_Id__c"]]
    records = [str(row["properties"].get("nooks_call_id")) for row in crms.portal.truth("calls")]
    ours = {key for (key,) in crms.read("select key from calls.deliveries")}
    assert Counter(row["Nooks_Call_Id__c"] for row in tasks) == Counter(ours)
    assert Counter(key for key in records if key.startswith("nooks-")) == Counter(ours)
    assert {str(row["WhoId"]) for row in tasks} == {book.participants["acme-salesforce"]["id"]}

    told = list(Shelf(crms.world.state).told())
    assert {one["id"] for one in told} == ours
    assert {(one["contents"], one["signed"]) for one in told} == {(1, True)}

    until(lambda: crms.synced() == [("acme-hubspot", CALLS), ("acme-salesforce", CALLS)])
    assert crms.read(ONE) == [
        ("acme-hubspot", CALLS, CALLS, CALLS),
        ("acme-salesforce", CALLS, CALLS, CALLS),
    ]


def test_a_rule_in_both_crms_blocks_their_lanes_until_a_value_is_chosen_or_it_is_lifted(crms: Crms) -> None:
    with crms.ruled(), running(DeliveryLoop(crms.db, crms.settings, "one")):
        book = Book(crms.db, participants=crms.participants())
        for number in range(6):
            book.recorded(f"ruled-{number}")
        until(lambda: crms.read(BLOCKED) == [("acme-hubspot", True), ("acme-salesforce", True)])
        assert set(crms.read(OURS)) == {("salesforce", "waiting"), ("hubspot", "waiting"), ("webhook", "delivered")}

        crms.choose("acme-salesforce", Call_Source__c="Nooks")
        crms.lift()
        until(lambda: set(crms.read(OURS)) == {(kind, "delivered") for kind in ("salesforce", "hubspot", "webhook")})
        keys = {key for (key,) in crms.read("select key from calls.deliveries")}
        tasks = [row for row in Orgs(crms.world.state).get("acme").truth("Task") if row["Nooks_Call_Id__c"] in keys]

    assert [row.get("Call_Source__c") for row in tasks] == ["Nooks"] * 6
