"""A table is rebuilt from the lake, with the CRM out of reach."""

from typing import Any

import pytest

from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.upkeep.lake import Upkeep
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, row

REBUILD = Request(WindowKind.REBUILD)
PLACE = "crm_raw/accounts/workspace=acme/connection=acme-salesforce/source=Account"


@pytest.fixture
def synced(crm: FakeCrm, click: Click) -> None:
    """A history of 13 rows, and a window in which one was renamed and one deleted."""
    rows = [row(n) for n in range(13)]
    crm.write({"Account": rows, "Contact": rows[:2]})
    click()
    rows[3], rows[4] = row(3, minute=70, Name="renamed"), row(4, minute=71, IsDeleted=True)
    crm.write({"Account": rows, "Contact": rows[:2]}, minute=80)
    click()


def everything(db: Database) -> list[Any]:
    query = """SELECT id, name, properties, source_stamp, observed_at, present_at, deleted_reason
        FROM crm.accounts ORDER BY id"""
    with db.transaction() as conn:
        return conn.execute(query).fetchall()


def empty(db: Database, table: str = "accounts") -> None:
    with db.transaction() as conn:
        conn.execute(f"DELETE FROM crm.{table}".encode())


def watermarks(db: Database) -> list[Any]:
    with db.transaction() as conn:
        return conn.execute("SELECT * FROM crm.watermarks ORDER BY 1, 2").fetchall()


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("compacted", [False, True], ids=["deltas", "compacted"])
def test_the_rows_are_the_same_as_before_tombstones_included_and_the_watermark_stays(
    crm: FakeCrm, click: Click, db: Database, platform: Platform, *, compacted: bool
) -> None:
    if compacted:
        assert [one.after.parts for one in Upkeep(platform, "night").compact()] == [1]  # type: ignore[union-attr]  # fails if it is none
    before, marks, asked = everything(db), watermarks(db), sum(crm.asked.values())
    empty(db)
    crm.write({}, Account="Unavailable", objects="Unavailable")
    Registry(db).mark("acme-salesforce", "unauthorized", "the key was revoked")
    reports = click(REBUILD)
    assert {r.ending for r in reports} <= {Ending.DONE, Ending.HELD_BACK}
    assert everything(db) == before
    assert ("0004", None, "deleted") in [(r[0], r[1], r[6]) for r in before]
    assert watermarks(db) == marks
    assert sum(crm.asked.values()) == asked


@pytest.mark.usefixtures("synced")
def test_only_the_objects_asked_for_are_rebuilt_and_what_is_right_is_not_written(
    click: Click, db: Database, table: Table
) -> None:
    empty(db, "contacts")
    (report,) = click(Request(WindowKind.REBUILD, ("accounts",)))
    assert (report.totals["rows"], report.totals["inserted"], report.totals["updated"]) == (15, 0, 0)
    assert table("contacts") == {}


@pytest.mark.usefixtures("synced")
def test_a_window_that_the_source_holds_up_does_not_hold_up_a_rebuild(crm: FakeCrm, click: Click, db: Database) -> None:
    before = everything(db)
    crm.write({"Account": [row(99, minute=90)]}, minute=95, Account="Permanent")
    assert Ending.BLOCKED in {r.ending for r in click(Request(objects=("accounts",)))}
    empty(db)
    (report,) = click(Request(WindowKind.REBUILD, ("accounts",)))
    assert report.ending is Ending.DONE
    assert everything(db) == before


@pytest.mark.usefixtures("synced")
def test_a_part_that_is_gone_blocks_the_rebuild_until_a_refresh_has_begun_the_raw_rows_anew(
    click: Click, platform: Platform, db: Database, table: Table
) -> None:
    lost = Dataset(platform.lake, PLACE).handles[0]
    platform.lake.remove([lost.uri.removeprefix(platform.lake.uri(""))])
    empty(db)
    (report,) = click(Request(WindowKind.REBUILD, ("accounts",)))
    assert report.ending is Ending.BLOCKED
    assert lost.uri in (report.reason or "")
    click(Request(WindowKind.REFRESH, ("accounts",)))
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state = 'blocked'")
    assert {r.ending for r in click(Request(WindowKind.REBUILD, ("accounts",)))} == {Ending.DONE}
    assert len(table("accounts")) == 13


def test_an_object_without_a_complete_history_has_nothing_to_rebuild(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    assert {r.ending for r in click(REBUILD) if r.task.source == "Account"} == {Ending.HELD_BACK}
