"""The nightly upkeep as Dagster shows it."""

from typing import Any

import dagster as dg
import pytest

from assets.crm.upkeep import crm_lake_compaction
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.upkeep.compaction import Compaction
from nooks_dagster.crm.upkeep.janitor import Janitor
from nooks_dagster.lake.dataset import Dataset
from tests.assets.conftest import Click, FakeCrmResource, sentence
from tests.crm.fake_crm import FakeCrm, row
from tests.nices import Called

PLACE = "crm_raw/accounts/workspace=acme/connection=acme-salesforce/source=Account"


@pytest.fixture(autouse=True)
def synced(crm: FakeCrm, click: Click) -> None:
    rows = [row(n) for n in range(13)]
    crm.write({"Account": rows})
    click()
    rows[3:5] = [row(3, minute=70, Name="renamed"), row(4, minute=71, IsDeleted=True)]
    crm.write({"Account": rows}, minute=80)
    click()


def upkeep(platform: Platform, instance: dg.DagsterInstance, **config: Any) -> dg.ExecuteInProcessResult:
    return crm_lake_compaction.execute_in_process(
        resources={"crm": FakeCrmResource(platform)},
        run_config={"ops": {"crm_lake_upkeep": {"config": config}}},
        instance=instance,
        raise_on_error=False,
    )


def shown(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (output,) = (e for e in result.all_events if e.event_type is dg.DagsterEventType.STEP_OUTPUT)
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def test_a_night_tells_what_it_compacted_and_each_raw_asset_shows_it(
    platform: Platform, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacting, sweeping = Called(monkeypatch, Compaction, "run"), Called(monkeypatch, Janitor, "sweep")
    result = upkeep(platform, instance)
    assert result.success
    metadata = shown(result)
    assert (metadata["datasets_compacted"], metadata["parts_before"], metadata["parts_after"]) == (1, 4, 1)
    assert PLACE in metadata["compacted"]
    (observed,) = (e for e in result.all_events if e.event_type is dg.DagsterEventType.ASSET_OBSERVATION)
    assert observed.asset_key == dg.AssetKey(["crm_raw", "accounts"])
    assert Dataset(platform.lake, PLACE).rows == 13
    assert compacting.gave_way
    assert sweeping.gave_way


def test_a_dry_run_compacts_nothing_and_says_so(platform: Platform, instance: dg.DagsterInstance) -> None:
    metadata = shown(upkeep(platform, instance, dry_run=True))
    assert (metadata["dry_run"], metadata["datasets_compacted"], metadata["parts_removed"]) == (True, 0, 0)
    assert Dataset(platform.lake, PLACE).rows == 15


def test_a_dataset_that_cannot_be_compacted_fails_the_run_with_its_name_after_the_others_were(
    platform: Platform, instance: dg.DagsterInstance
) -> None:
    lost = Dataset(platform.lake, PLACE).handles[0]
    platform.lake.remove([lost.uri.removeprefix(platform.lake.uri(""))])
    result = upkeep(platform, instance)
    assert not result.success
    assert PLACE in sentence(result)
    assert "There is no such object" in sentence(result)
