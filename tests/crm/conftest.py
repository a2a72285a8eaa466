"""A workspace connected to the fake CRM, a platform to sync it with, and the sandbox."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm
from tests.crm.salesforce.world import World, served
from tests.sandbox.process import UNHURRIED

Click = Callable[..., list[WindowReport]]
Table = Callable[[str], dict[str, Any]]


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return FakeCrm(tmp_path / "crm.json")


@pytest.fixture
def platform(
    db: Database, database_url: str, lake: Lake, tmp_path: Path, crm: FakeCrm, monkeypatch: pytest.MonkeyPatch
) -> Platform:
    """A platform with short leases that looks often, whose workspace acme is connected to the fake CRM."""
    monkeypatch.setattr(sync, "POLL_SECONDS", 0.05)
    settings = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=5, crm_workers=2, patience_seconds=60)
    Registry(db).add_connection("acme", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    return Platform(db, lake, settings, lambda _connection, _class: crm)


@pytest.fixture
def click(platform: Platform) -> Click:
    """Sync as a person's click does; returns the reports."""
    runs: Iterator[int] = iter(range(1000))

    def synced(request: Request | None = None, launch: int | None = None) -> list[WindowReport]:
        return list(
            WorkspaceSync(platform, SyncRun("acme", f"run-{next(runs)}", launch, request=request or Request())).run()
        )

    return synced


@pytest.fixture
def table(db: Database) -> Table:
    """Read a canonical table: id to (name, score, deleted reason)."""

    def read(name: str) -> dict[str, Any]:
        query = f"SELECT id, name, (properties ->> 'Score__c')::int, deleted_reason FROM crm.{name}"
        with db.transaction() as conn:
            return {r[0]: r[1:] for r in conn.execute(query.encode())}

    return read


@pytest.fixture(scope="session")
def served_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with an org and a portal of 150 accounts each, for the whole session."""
    with served(Path(tmp_path_factory.mktemp("world")), 150, "--portal", "globex", *UNHURRIED) as world:
        yield world


@pytest.fixture
def world(served_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The sandbox, with this process pointed at it for one test."""
    served_world.point(monkeypatch)
    return served_world
