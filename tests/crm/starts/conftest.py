"""Starts that fall due, and a run that reads what they mean."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from nooks_dagster.crm.connections import Connectors
from nooks_dagster.crm.lifecycle.options import OverlapPolicy
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.sync.discovery import Discovery
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import DISCOVERIES, start
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm, at
from tests.crm.starts.things import CONNECTION, Due, Launch


@pytest.fixture
def ledger(db: Database) -> Ledger:
    return Ledger(db, "another run", timedelta(seconds=30))


@pytest.fixture
def due(ledger: Ledger, db: Database) -> Due:
    """Let starts fall due at minutes of the source's clock, under a policy."""

    def plan(*minutes: int, policy: OverlapPolicy = OverlapPolicy.BUFFER_ALL) -> None:
        Registry(db).choose(CONNECTION, {"overlap": policy})
        with db.transaction() as conn:
            ledger.plan(conn, [start("acme", CONNECTION, datetime.fromisoformat(at(minute))) for minute in minutes])

    return plan


@pytest.fixture
def launch(platform: Platform) -> Launch:
    """Drain as a run of the dispatcher's does."""

    def run() -> list[WindowReport]:
        return list(WorkspaceSync(platform, SyncRun("acme", "run", 1, WorkClass.INCREMENTAL)).run())

    return run


@pytest.fixture
def discover(crm: FakeCrm, db: Database) -> Callable[[], None]:
    """Find out which windows the starts that fell due mean, and read none."""
    ledger = Ledger(db, "test", timedelta(seconds=30))
    discovery = Discovery(db, ledger, Connectors(Registry(db), lambda _connection, _class: crm))

    def run() -> None:
        while claims := ledger.claim(DISCOVERIES, limit=1):
            discovery.run(claims[0])

    return run
