"""A workspace connected to the fake CRM, and clicks on its assets as the UI makes them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.crm.records import crm_records
from assets.partitions import workspaces
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm

Click = Callable[..., dg.ExecuteInProcessResult]
UNUSED = {"lake_io_manager": dg.mem_io_manager, "warehouse_io_manager": dg.mem_io_manager}


@dataclass
class FakeCrmResource:
    """Stands in for `CrmResource`: the real database and lake, the fake CRM."""

    stands_on: Platform

    def platform(self) -> Platform:
        return self.stands_on


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return FakeCrm(tmp_path / "crm.json")


@pytest.fixture
def connected(db: Database) -> Callable[[str], str]:
    """Connect a workspace; returns the connection's id."""

    def connect(workspace: str) -> str:
        registry = Registry(db)
        connection = registry.add_connection(workspace, "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
        ensure_partitions(db, connection.id)
        return connection.id

    return connect


@pytest.fixture
def platform(
    db: Database,
    database_url: str,
    lake: Lake,
    tmp_path: Path,
    crm: FakeCrm,
    connected: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> Platform:
    """A platform with short leases that looks often, whose workspace acme is connected to the fake CRM."""
    monkeypatch.setattr(sync, "POLL_SECONDS", 0.05)
    settings = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=5, crm_workers=2, patience_seconds=60)
    connected("acme")
    return Platform(db, lake, settings, lambda _connection, _class: crm)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        made.add_dynamic_partitions(workspaces.name or "", ["acme"])
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder of an instance on disk."""
    folder = tmp_path / "dagster"
    folder.mkdir()
    return folder


@pytest.fixture
def instance_on_disk(home: Path) -> Iterator[dg.DagsterInstance]:
    """An instance that keeps whatever anybody logs."""
    logs = {"python_logs": {"managed_python_loggers": ["root"], "python_log_level": "DEBUG"}}
    with dg.instance_for_test(temp_dir=str(home), overrides=logs) as made:
        made.add_dynamic_partitions(workspaces.name or "", ["acme"])
        yield made


@pytest.fixture
def click(platform: Platform, instance: dg.DagsterInstance) -> Click:
    """Materialise the CRM assets of a workspace; a failed run is returned, not raised."""

    def materialize(
        workspace: str = "acme",
        selection: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        on: dg.DagsterInstance = instance,
        **config: Any,
    ) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [crm_records],
            partition_key=workspace,
            selection=[dg.AssetKey.from_user_string(key) for key in selection] if selection else None,
            resources={"crm": FakeCrmResource(platform), **UNUSED},
            run_config={"ops": {"crm_records": {"config": config}}} if config else None,
            tags=tags,
            instance=on,
            raise_on_error=False,
        )

    return materialize


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, Mapping[str, dg.MetadataValue]]:
    """Return asset to metadata of what a run materialised."""
    found = [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]
    return {m.asset_key.to_user_string(): m.metadata for m in found}


def sentence(result: dg.ExecuteInProcessResult) -> str:
    """Return what a person reads of a run that failed."""
    (failed,) = result.get_step_failure_events()
    data = failed.step_failure_data
    return (data.user_failure_data.description if data.user_failure_data else None) or ""
