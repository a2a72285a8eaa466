"""Hours of calls as the stages leave them, and the jobs and assets of calls over them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.calls.records import call_logging
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import Settings
from tests.calls.hours import HOUR, Calls

Click = Callable[..., dg.ExecuteInProcessResult]
Run = Callable[..., dg.ExecuteInProcessResult]
KEY = f"{HOUR:%Y-%m-%dT%H}"


@dataclass
class StandIn:
    """Stands in for `CallsResource`: the real database and lake."""

    stands_on: Platform

    def platform(self) -> Platform:
        return self.stands_on


@pytest.fixture
def calls(db: Database, lake: Lake) -> Calls:
    return Calls(db, lake)


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path) -> Platform:
    settings = Settings(postgres_url=database_url, home=tmp_path)
    return platform_of(db, lake, settings, Door(db, settings))


@pytest.fixture
def run(platform: Platform, instance: dg.DagsterInstance) -> Run:
    """Run a job; a failed run is returned, not raised."""

    def execute(
        job: dg.JobDefinition, tags: Mapping[str, str] | None = None, on: dg.DagsterInstance = instance
    ) -> dg.ExecuteInProcessResult:
        return job.execute_in_process(
            resources={"calls": StandIn(platform)}, instance=on, tags=dict(tags or {}), raise_on_error=False
        )

    return execute


@pytest.fixture
def click(platform: Platform, instance: dg.DagsterInstance) -> Click:
    """Materialise assets of calls for an hour; a failed run is returned, not raised."""

    def materialize(
        selection: Sequence[str] = (), tags: Mapping[str, str] | None = None, key: str | None = KEY, **config: Any
    ) -> dg.ExecuteInProcessResult:
        unused = {"lake_io_manager": dg.mem_io_manager, "warehouse_io_manager": dg.mem_io_manager}
        return dg.materialize(
            [call_logging],
            partition_key=key,
            selection=[dg.AssetKey(["calls", name]) for name in selection] or None,
            resources={"calls": StandIn(platform), **unused},
            run_config={"ops": {"call_logging": {"config": config}}} if config else None,
            tags=tags,
            instance=instance,
            raise_on_error=False,
        )

    return materialize


def told(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], dict[str, Any]]:
    """Return what a run materialised: (asset, partition) to what its page shows."""
    found = [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]
    return {
        (one.asset_key.path[-1], one.partition): {name: value.value for name, value in one.metadata.items()}
        for one in found
    }
