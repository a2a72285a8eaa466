"""Workspace acme, whose calls go to one CRM, and how its deliveries stand."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg.rows import dict_row

from nooks_dagster.calls.delivery import loop
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry
from tests.calls.delivery.things import Book

READY = "insert into crm.writing (connection_id, ready) values (%s, true)"
DELIVERIES = "select * from calls.deliveries order by call, integration"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "POLL_SECONDS", 0.02)


@pytest.fixture
def connected(db: Database) -> str:
    Registry(db).add_connection("acme", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    with db.transaction() as conn:
        conn.execute(READY, ["acme-salesforce"])
    return "acme-salesforce"


@pytest.fixture
def book(db: Database, connected: str) -> Book:
    found = {"outcome": "matched", "object": "contacts", "id": "003A", "account": "001A", "owner": "005A"}
    return Book(db, participants={connected: found})


@pytest.fixture
def deliveries(db: Database) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        with db.transaction() as conn:
            return conn.cursor(row_factory=dict_row).execute(DELIVERIES).fetchall()

    return read
