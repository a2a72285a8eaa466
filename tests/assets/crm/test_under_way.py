"""What a run tells of an object while it reads it: nothing for five minutes, then how far it is."""

from pathlib import Path

import dagster as dg
import pytest

from assets.crm.under_way import UnderWay
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from tests.assets.conftest import Click
from tests.assets.kept import events
from tests.crm.fake_crm import FakeCrm, row

LARGEST = 8192


class Clock:
    """Seconds that a test, or a chunk that is read, lets pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class SlowCrm(FakeCrm):
    """A CRM each of whose chunks takes two minutes by a clock that nobody waits for."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.clock = Clock()

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        self.clock.now += 120
        return super().extract(source, chunk)


@pytest.fixture
def crm(tmp_path: Path) -> SlowCrm:
    return SlowCrm(tmp_path / "crm.json")


@pytest.fixture(autouse=True)
def watched(crm: SlowCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.crm.relaying.UnderWay", lambda *told: UnderWay(*told, clock=crm.clock))


@pytest.fixture
def instance(instance_on_disk: dg.DagsterInstance) -> dg.DagsterInstance:
    return instance_on_disk


def observed(result: dg.ExecuteInProcessResult) -> list[dg.AssetObservation]:
    return [e.asset_observation_data.asset_observation for e in result.get_asset_observation_events()]


def test_a_short_run_tells_nothing_before_its_end(crm: SlowCrm, click: Click) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]})
    assert observed(click()) == []


def test_a_long_run_tells_every_five_minutes_how_far_its_objects_are(crm: SlowCrm, click: Click, home: Path) -> None:
    crm.write({"Account": [row(n) for n in range(50)]})
    result = click(selection=["crm_raw/accounts", "crm/accounts"])
    assert result.success
    told = observed(result)
    assert 2 <= len(told) <= 4  # ten chunks of two minutes
    assert {(o.asset_key.to_user_string(), o.partition) for o in told} == {("crm/accounts", "acme")}
    last = {name: value.value for name, value in told[-1].metadata.items()}
    assert 0 < float(str(last["percent"])) <= 99
    assert 0 < int(str(last["rows_merged"])) <= int(str(last["rows_landed"])) <= int(str(last["rows_expected"])) == 50
    assert last["api_calls_of_this_run"] == 0
    assert "| Account | history |" in str(last["windows"])
    assert max(len(text.encode()) for text in events(home)) < LARGEST


def test_an_object_whose_raw_rows_alone_are_selected_is_observed_there(crm: SlowCrm, click: Click) -> None:
    crm.write({"Account": [row(n) for n in range(30)]})
    told = observed(click(selection=["crm_raw/accounts"]))
    assert {o.asset_key.to_user_string() for o in told} == {"crm_raw/accounts"}


def test_objects_that_nobody_selected_are_not_observed(crm: SlowCrm, click: Click) -> None:
    crm.write({"Account": [row(n) for n in range(30)], "Contact": [row(n) for n in range(30)]})
    told = observed(click(selection=["crm/contacts"]))
    assert {o.asset_key.to_user_string() for o in told} == {"crm/contacts"}
