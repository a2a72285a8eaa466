"""`crm/changes` as Dagster shows it: by day, of all workspaces or some, read again first if somebody wants."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from assets.crm.changes import KEY, crm_changes
from assets.partitions import days
from nooks_dagster.crm.changes.deriving import Changes
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import defs
from resources.crm import CrmResource
from resources.lake import LakeResource
from resources.lake_io_manager import LakeIOManager
from resources.postgres import PostgresResource
from schedules.changes import crm_changes_nightly
from tests.assets.conftest import Click, FakeCrmResource, materialized, sentence
from tests.crm.fake_crm import FakeCrm, row
from tests.nices import Called, nice

DAY = "2026-01-01"
Materialize = Callable[..., dg.ExecuteInProcessResult]


@dg.asset(ins={"changes": dg.AssetIn(KEY)}, partitions_def=days)
def taken(changes: pd.DataFrame) -> dg.MaterializeResult[None]:
    """Take a day as an argument."""
    shown = changes[["workspace", "id", "kind"]].sort_values(["workspace", "id"])
    return dg.MaterializeResult(metadata={"rows": dg.JsonMetadataValue(shown.to_numpy().tolist())})


@pytest.fixture
def manager(platform: Platform) -> LakeIOManager:
    resource = LakeResource(bucket=platform.lake.uri("").removeprefix("gs://").rstrip("/"))
    resource._lake = platform.lake
    return LakeIOManager(lake=resource)


@pytest.fixture
def materialize(platform: Platform, instance: dg.DagsterInstance, manager: LakeIOManager) -> Materialize:
    """Materialise a day and what takes it; a failed run is returned, not raised."""

    def run(day: str = DAY, tags: Mapping[str, str] | None = None, **config: Any) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [crm_changes, taken],
            partition_key=day,
            resources={"crm": FakeCrmResource(platform), "lake_io_manager": manager, "io_manager": dg.mem_io_manager},
            run_config={"ops": {"crm__changes": {"config": config}}},
            instance=instance,
            tags=dict(tags or {}),
            raise_on_error=False,
        )

    return run


@pytest.fixture
def two(crm: FakeCrm, click: Click, connected: Callable[[str], str], instance: dg.DagsterInstance) -> None:
    """Two workspaces, acme and bravo, that have read one CRM."""
    connected("bravo")
    instance.add_dynamic_partitions("workspaces", ["bravo"])
    crm.write({"Account": [row(1, minute=1), row(2, minute=2, IsDeleted=True)]}, minute=60)
    assert click().success
    assert click("bravo").success


def rows(result: dg.ExecuteInProcessResult) -> Any:
    assert result.success
    return materialized(result)["taken"]["rows"].value


@pytest.mark.usefixtures("two")
def test_a_day_of_all_workspaces_is_an_argument_of_other_assets(materialize: Materialize) -> None:
    result = materialize()
    assert rows(result) == [
        ["acme", "0001", "changed"],
        ["acme", "0002", "deleted"],
        ["bravo", "0001", "changed"],
        ["bravo", "0002", "deleted"],
    ]
    shown = {name: value.value for name, value in materialized(result)["crm/changes"].items()}
    assert (shown["dagster/row_count"], shown["rows_changed"], shown["rows_deleted"], shown["connections"]) == (
        4,
        2,
        2,
        2,
    )
    assert "| accounts | 0 | 2 | 2 |" in str(shown["objects"])


@pytest.mark.usefixtures("two")
def test_a_day_of_some_workspaces_leaves_that_of_the_others_as_it_is(materialize: Materialize) -> None:
    materialize(workspaces=["bravo"])
    assert {workspace for workspace, *_ in rows(materialize(workspaces=["bravo"]))} == {"bravo"}
    assert {workspace for workspace, *_ in rows(materialize(workspaces=["acme"]))} == {"acme", "bravo"}


def test_a_day_is_read_again_from_the_source_first(crm: FakeCrm, click: Click, materialize: Materialize) -> None:
    crm.write({"Account": [row(1, minute=1)]}, minute=60)
    click()
    crm.write({"Account": [row(1, minute=1), row(7, minute=7)]}, minute=60)
    assert [change[1] for change in rows(materialize())] == ["0001"]
    assert [change[1] for change in rows(materialize(workspaces=["acme"], reread=True))] == ["0001", "0007"]


@pytest.mark.usefixtures("two")
def test_reading_again_wants_names_and_says_what_could_not_be_read(crm: FakeCrm, materialize: Materialize) -> None:
    assert "none is named" in sentence(materialize(reread=True))
    crm.write({"Account": [row(1)]}, Account="Permanent")
    assert "acme-salesforce/Account: Account: it is broken" in sentence(materialize(workspaces=["acme"], reread=True))
    assert "There is no workspace 'nobody'" in sentence(materialize(workspaces=["nobody"]))


@pytest.mark.usefixtures("two")
def test_three_days_of_two_workspaces_are_there_after_a_backfill_of_them(
    materialize: Materialize, instance: dg.DagsterInstance
) -> None:
    wanted = [DAY, "2026-01-02", "2026-01-03"]
    assert [len(rows(materialize(day, workspaces=["acme", "bravo"]))) for day in wanted] == [4, 0, 0]
    assert instance.get_materialized_partitions(KEY) == set(wanted)


def test_a_night_gives_way_and_a_person_does_not(materialize: Materialize, monkeypatch: pytest.MonkeyPatch) -> None:
    deriving = Called(monkeypatch, Changes, "derive")
    assert materialize().success
    assert deriving.nices == {nice()}
    deriving.nices.clear()
    assert materialize(tags={"nooks/class": "nightly"}).success
    assert deriving.gave_way


@pytest.mark.usefixtures("two")
def test_every_night_asks_for_yesterday_and_for_each_day_with_news(platform: Platform, db: Database) -> None:
    with db.transaction() as conn:
        ((yesterday, earlier),) = conn.execute("SELECT now()::date - 1, now()::date - 3").fetchall()
        conn.execute('UPDATE work.items SET payload = payload || \'{"kind": "incremental"}\' WHERE parent IS NULL')
        conn.execute(
            """UPDATE work.items SET progress = progress || jsonb_build_object('since', %s::text, 'until', %s::text)
            WHERE parent IS NULL AND scope = 'crm/bravo'""",
            (f"{earlier}T10:00:00+00:00", f"{earlier}T11:00:00+00:00"),
        )
    lake = LakeResource(bucket="unused")
    crm = CrmResource(postgres=PostgresResource(url=platform.settings.postgres_url), lake=lake)
    with dg.build_schedule_context(
        resources={"crm": crm}, scheduled_execution_time=datetime.now(UTC), repository_def=defs.get_repository_def()
    ) as context:
        requests = crm_changes_nightly.evaluate_tick(context).run_requests or []
    asked = {r.partition_key: r.run_config["ops"]["crm__changes"]["config"]["workspaces"] for r in requests}
    assert asked == {str(earlier): ["bravo"], str(yesterday): []}
