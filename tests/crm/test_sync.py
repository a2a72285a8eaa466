"""The sync of a workspace: what a click brings."""

from datetime import datetime

import pytest

from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, at, expected, row


def test_the_first_click_brings_the_whole_history_and_sets_the_watermark(
    crm: FakeCrm, click: Click, table: Table, db: Database
) -> None:
    accounts, widgets = [row(n) for n in range(23)], [row(n) for n in range(3)]
    crm.write({"Account": accounts, "Widget__c": widgets}, minute=60)
    reports = click()
    assert {r.ending for r in reports} == {Ending.DONE}
    assert table("accounts") == expected(accounts)
    assert table("custom_objects") == expected(widgets)
    with db.transaction() as conn:
        marks = conn.execute("SELECT source_object, watermark FROM crm.watermarks ORDER BY 1").fetchall()
    assert marks == [(name, datetime.fromisoformat(at(60))) for name in ("Account", "Contact", "Widget__c")]


def test_the_raw_rows_stand_in_the_lake_under_a_manifest(crm: FakeCrm, click: Click, platform: Platform) -> None:
    crm.write({"Account": [row(n) for n in range(12)]})
    click()
    raw = Dataset.below(platform.lake, "crm_raw/accounts/workspace=acme").to_pandas()
    assert sorted(raw["Id"]) == [f"{n:04d}" for n in range(12)]
    assert set(raw["connection"]) == {"acme-salesforce"}


def test_the_next_click_reads_only_what_changed(crm: FakeCrm, click: Click, table: Table) -> None:
    rows = [row(n) for n in range(20)]
    crm.write({"Account": rows}, minute=60)
    click()
    rows[3] = row(3, minute=70, Name="renamed")
    rows[4] = row(4, minute=71, IsDeleted=True)
    crm.write({"Account": [*rows, row(99, minute=72)]}, minute=80)
    reports = [r for r in click() if r.task.source == "Account"]
    assert [(r.task.kind, r.totals["rows"]) for r in reports] == [(WindowKind.INCREMENTAL, 3)]
    found = table("accounts")
    assert found["0003"] == ("renamed", 3, None)
    assert found["0004"] == (None, None, "deleted")
    assert found["0099"] == ("n99", 99, None)


def test_a_click_when_the_source_holds_everything_back_moves_nothing(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)]})
    click()
    assert {r.ending for r in click()} == {Ending.HELD_BACK}


def test_a_refresh_reads_every_row_again_and_changes_none(crm: FakeCrm, click: Click, table: Table) -> None:
    rows = [row(n) for n in range(9)]
    crm.write({"Account": rows})
    click()
    crm.write({"Account": rows}, minute=90)
    (report,) = [r for r in click(Request(WindowKind.REFRESH)) if r.task.source == "Account"]
    assert report.totals["rows"] == 9
    assert table("accounts") == expected(rows)


def test_only_the_objects_that_are_asked_for_are_read(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]})
    assert {r.task.source for r in click(Request(objects=("contacts",)))} == {"Contact"}


def test_a_workspace_without_a_crm_is_told_what_to_do(platform: Platform, click: Click) -> None:
    Registry(platform.db).mark("acme-salesforce", "removed", "by its owner")
    with pytest.raises(Permanent, match="nooks connect"):
        click()


def test_no_more_chunks_are_in_flight_than_the_declared_bound(crm: FakeCrm, click: Click, platform: Platform) -> None:
    crm.write({name: [row(n) for n in range(60)] for name in ("Account", "Contact", "Widget__c")})
    click()
    assert 1 < crm.peak <= platform.settings.crm_workers


def test_a_small_object_is_not_read_behind_all_of_a_large_one(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(n) for n in range(150)], "Widget__c": [row(1)]})
    click()
    order = list(crm.asked)
    assert order.index("Widget__c 0000") < len(order) / 2


def test_a_refresh_begins_the_raw_rows_anew_so_that_a_broken_part_goes(
    crm: FakeCrm, click: Click, platform: Platform
) -> None:
    crm.write({"Account": [row(n) for n in range(9)]})
    click()
    folder = "crm_raw/accounts/workspace=acme"
    broken = Dataset.below(platform.lake, folder).handles[0]
    crm.write({"Account": [row(n) for n in range(9)]}, minute=90)
    click(Request(WindowKind.REFRESH))
    raw = Dataset.below(platform.lake, folder)
    assert raw.rows == 9
    assert broken.uri not in {handle.uri for handle in raw.handles}
