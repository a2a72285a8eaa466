"""A workspace with accounts, a model that follows a script, and clicks on the assets of signals."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.account_signals import catalog
from assets.account_signals.records import account_signals
from assets.account_signals.specs import key_of
from assets.partitions import workspaces
from assets.research.documents import KEY
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.research import runs as research
from nooks_dagster.settings import Settings
from nooks_dagster.signals.work import Platform
from tests.assets.account_signals.things import Model, ResearchStandIn, SignalsStandIn
from tests.research.scripted import Scripted
from tests.signals.things import Shelf

Click = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def instance(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """An instance with a second workspace."""
    instance.add_dynamic_partitions(workspaces.name or "", ["globex"])
    return instance


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def model(db: Database) -> Model:
    return Model(db)


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, model: Model, shelf: Shelf) -> Platform:
    settings = Settings(
        postgres_url=database_url,
        home=tmp_path,
        patience_seconds=5,
        signals_workers=8,
        signals_attempts=2,
        signals_trial_accounts=3,
    )
    return Platform(db, lake, settings, model, shelf)


@pytest.fixture
def pages() -> Scripted:
    return Scripted()


@pytest.fixture
def click(platform: Platform, instance: dg.DagsterInstance, pages: Scripted) -> Click:
    """Materialise signals of a workspace, all unless named, and documents if told; a failed run is returned."""

    def materialize(
        *signals: str,
        documents: bool = False,
        workspace: str = "acme",
        tags: Mapping[str, str] | None = None,
        on: dg.DagsterInstance = instance,
        **config: Any,
    ) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [account_signals],
            partition_key=workspace,
            selection=[
                *(key_of(one) for one in catalog.signals() if not signals or one.name in signals),
                *[KEY][:documents],
            ],
            resources={
                "research": ResearchStandIn(research.Platform(platform.db, platform.lake, platform.settings, pages)),
                "signals": SignalsStandIn(platform),
                "warehouse_io_manager": dg.mem_io_manager,
            },
            run_config={"ops": {"account_signals": {"config": config}}} if config else None,
            tags=tags,
            instance=on,
            raise_on_error=False,
        )

    return materialize


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return what the one signal that a run materialised shows."""
    (event,) = result.get_asset_materialization_events()
    return values(event.step_materialization_data.materialization.metadata)


def observed(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return the one observation that a run made."""
    (observation,) = observations(result)
    return values(observation.metadata)


def observations(result: dg.ExecuteInProcessResult) -> Sequence[dg.AssetObservation]:
    return [e.asset_observation_data.asset_observation for e in result.get_asset_observation_events()]


def values(metadata: Mapping[str, dg.MetadataValue]) -> dict[str, Any]:
    return {name: value.value for name, value in metadata.items()}
