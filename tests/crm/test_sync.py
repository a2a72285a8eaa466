"""The sync of a workspace: what a click brings, whatever breaks on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.runs import Platform
from nooks_dagster.crm.work import CLAIMS_OF_AN_ITEM, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.dead_letters import DeadLetters
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm, at, row

Click = Callable[..., list[WindowReport]]
Table = Callable[[str], dict[str, Any]]


def expected(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}


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


def test_one_blocked_object_does_not_hold_the_others(crm: FakeCrm, click: Click, table: Table) -> None:
    world = {"Account": [row(n) for n in range(7)], "Contact": [row(n) for n in range(7)]}
    crm.write(world, Contact="Permanent")
    endings = {r.task.source: (r.ending, r.reason) for r in click()}
    assert endings["Account"][0] is Ending.DONE
    assert endings["Contact"] == (Ending.BLOCKED, "Contact: it is broken")
    assert len(table("accounts")) == 7


def test_a_click_after_the_cause_is_mended_unblocks_the_lane(crm: FakeCrm, click: Click, table: Table) -> None:
    world = {"Contact": [row(n) for n in range(7)]}
    crm.write(world, Contact="Permanent")
    click()
    crm.write(world)
    assert Ending.BLOCKED not in {r.ending for r in click()}
    assert table("contacts") == expected(world["Contact"])


def test_a_spent_quota_parks_the_window_and_costs_it_no_attempt(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Contact": [row(1)]}, Contact="QuotaExhausted")
    click()
    with db.transaction() as conn:
        found = conn.execute("SELECT state, attempts, failure FROM work.items WHERE queue = 'crm.chunks'").fetchall()
    assert found == [("waiting", 0, "QuotaExhausted")]


def test_refused_credentials_mark_the_connection(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({}, objects="Unauthorized")
    assert click() == []
    assert Registry(db).connection("acme-salesforce").state == "unauthorized"


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


def test_a_chunk_that_keeps_failing_is_claimed_four_times_and_then_blocks_its_lane(
    crm: FakeCrm, click: Click, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: timedelta())
    crm.write({"Account": [row(1)]}, Account="Transient")
    click()
    assert crm.asked["Account 0000"] == CLAIMS_OF_AN_ITEM
    assert {letter.lane for letter in DeadLetters(db).blocked()} == {"acme-salesforce/Account"}
