"""The incremental sync as the dispatcher launches it: few rows in Dagster's storage, and nothing left untold."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.crm.telling import Telling
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import start
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.ledger.ledger import Ledger
from tests.assets.conftest import Click, FakeCrmResource, materialized, sentence
from tests.crm.fake_crm import FakeCrm, at, row

SOURCES = {f"{name.title()}__c": name for name in OBJECTS}
AROUND = 6  # rows that the queue and the launcher add to those of the run itself (measured)
MOST = 30

Launch = Callable[..., dg.ExecuteInProcessResult]


class FullCrm(FakeCrm):
    """A CRM with a source object for each canonical one."""

    def objects(self) -> Mapping[str, str]:
        return SOURCES

    def describe(self, name: str) -> SourceObject:
        return SourceObject(name, SOURCES[name], self.fields, "Id", "SystemModstamp", "IsDeleted")


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return FullCrm(tmp_path / "crm.json")


@pytest.fixture
def launch(platform: Platform, instance: dg.DagsterInstance, db: Database) -> Launch:
    """Run the job as the dispatcher does when starts fell due, or as a person does who launches it in the UI."""
    overrides = {"crm": FakeCrmResource(platform), "io_manager": dg.mem_io_manager}
    job = build_defs(overrides).resolve_job_def("crm_incremental_sync")

    def run(*minutes: int, by_a_person: bool = False) -> dg.ExecuteInProcessResult:
        dues = [start("acme", "acme-salesforce", datetime.fromisoformat(at(minute))) for minute in minutes]
        with db.transaction() as conn:
            Ledger(db, "clock", timedelta()).plan(conn, dues)
        tags = {} if by_a_person else {"nooks/launch": "crm/acme:1"}
        return job.execute_in_process(partition_key="acme", instance=instance, tags=tags, raise_on_error=False)

    return run


def everywhere(minute: int) -> dict[str, list[dict[str, Any]]]:
    return {source: [row(1, minute=minute)] for source in SOURCES}


@pytest.fixture
def brought_up(crm: FakeCrm, click: Click) -> None:
    """Have the history of acme, shown by a click."""
    crm.write(everywhere(10), minute=60)
    click()


def rows(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> int:
    return len(instance.get_records_for_run(result.run_id).records)


@pytest.mark.usefixtures("brought_up")
def test_a_sync_that_changes_all_fourteen_assets_writes_at_most_thirty_rows(
    crm: FakeCrm, launch: Launch, instance: dg.DagsterInstance
) -> None:
    crm.write(everywhere(70), minute=80)
    result = launch(75)
    told = materialized(result)
    assert set(told) == {f"{layer}/{name}" for layer in ("crm", "crm_raw") for name in OBJECTS}
    assert told["crm/accounts"]["rows_updated"].value == 1
    assert rows(instance, result) + AROUND <= MOST


@pytest.mark.usefixtures("brought_up")
def test_its_materialisations_are_those_of_the_partition(
    crm: FakeCrm, launch: Launch, instance: dg.DagsterInstance
) -> None:
    crm.write({"Accounts__c": [row(1, minute=70)]}, minute=80)
    launch(75)
    which = dg.AssetRecordsFilter(dg.AssetKey(["crm", "accounts"]), asset_partitions=["acme"])
    last = instance.fetch_materializations(which, limit=1).records[0].event_log_entry
    assert (last.job_name, last.asset_materialization.metadata["rows_read"].value) == ("crm_incremental_sync", 1)


@pytest.mark.usefixtures("brought_up")
def test_what_did_not_change_is_shown_once_an_hour(crm: FakeCrm, launch: Launch, db: Database) -> None:
    crm.write(everywhere(10), minute=80)
    assert materialized(launch(75)) == {}
    with db.transaction() as conn:
        conn.execute("UPDATE crm.shown SET shown_at = shown_at - interval '61 minutes'")
    crm.write(everywhere(10), minute=100)
    assert len(materialized(launch(90))) == 14
    crm.write(everywhere(10), minute=115)
    assert materialized(launch(105)) == {}


@pytest.mark.usefixtures("brought_up")
def test_a_person_who_launches_it_is_shown_everything_and_told_what_was_missed(crm: FakeCrm, launch: Launch) -> None:
    crm.write(everywhere(10), minute=80)
    assert len(materialized(launch(by_a_person=True))) == 14
    crm.write(everywhere(85), minute=100, Accounts__c="Permanent")
    failed = launch(by_a_person=True)
    assert not failed.success
    assert sentence(failed) == "acme-salesforce/Accounts__c is blocked: Accounts__c: it is broken"


@pytest.mark.usefixtures("brought_up")
def test_a_history_of_days_shows_an_object_each_time_that_it_changed(
    crm: FakeCrm, click: Click, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside it the clock goes on: a second window of accounts comes when the first has been told of."""
    crm.write({"Accounts__c": [row(1, minute=70), row(2, minute=85)]}, minute=110)
    ledger = Ledger(db, "clock", timedelta())
    told = Telling.done

    def and_then_the_clock(self: Telling) -> Any:
        for event in told(self):
            yield event
            with db.transaction() as conn:
                ledger.plan(conn, [start("acme", "acme-salesforce", datetime.fromisoformat(at(90)))])

    with db.transaction() as conn:
        ledger.plan(conn, [start("acme", "acme-salesforce", datetime.fromisoformat(at(75)))])
    monkeypatch.setattr(Telling, "done", and_then_the_clock)
    result = click(tags={"nooks/launch": "crm/acme:1", "nooks/class": "history"})
    assert result.success
    events = [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]
    mine = [m.metadata["rows_inserted"].value for m in events if m.asset_key.path == ["crm", "accounts"]]
    assert mine == [0, 1]
