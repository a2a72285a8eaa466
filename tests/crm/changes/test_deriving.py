"""`crm/changes`: what a day holds, whatever parts its rows lie in, and whatever became of them since."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.changes import deriving as changes
from nooks_dagster.crm.changes.days import due_days
from nooks_dagster.crm.changes.deriving import Changes, Derived
from nooks_dagster.crm.changes.folders import change_folder, change_folders, expire_changes
from nooks_dagster.crm.changes.rows import Day
from nooks_dagster.crm.lifecycle.choosing import choose
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.lifecycle.removing import remove_object
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.upkeep.lake import Upkeep
from nooks_dagster.crm.work import Request, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click
from tests.crm.fake_crm import NOON, FakeCrm, row

Derive = Callable[..., Derived]

NEW_YEAR = date(2026, 1, 1)  # the fake's rows are stamped in minutes after its noon
MIDNIGHT = 12 * 60
LEFT_OUT = SyncOptions(without_objects=("Account",))
ACCOUNTS = "crm_raw/accounts/workspace=acme/connection=acme-salesforce/source=Account"


@pytest.fixture
def derive(platform: Platform) -> Derive:
    """Derive a day of acme."""

    def run(day: date = NEW_YEAR) -> Derived:
        connection = Registry(platform.db).connection("acme-salesforce")
        return Changes(platform.db, platform.lake, "run").derive(Day(day), connection)

    return run


def told(platform: Platform, day: date = NEW_YEAR) -> list[tuple[str, str, str]]:
    """Return (id, kind, minute) of the changes of a day."""
    rows = Dataset(platform.lake, change_folder(day, "acme", "acme-salesforce")).to_arrow().to_pylist()
    return sorted((r["id"], r["kind"], f"{r['changed_at']:%H:%M}") for r in rows)


def window(rows: list[dict[str, Any]], crm: FakeCrm, click: Click, minute: int) -> None:
    """Let the world be so, and read what changed."""
    crm.write({"Account": rows}, minute=minute)
    click()


def test_each_change_of_a_day_is_told_once_though_windows_overlap(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    rows = [row(1, minute=1), row(2, minute=2)]
    window(rows, crm, click, 10)
    rows[0] = row(1, minute=12, Name="renamed")
    window(rows, crm, click, 15)
    rows[1] = row(2, minute=16, IsDeleted=True)
    window(rows, crm, click, 20)
    assert derive().rows == 4
    assert told(platform) == [
        ("0001", "changed", "12:01"),
        ("0001", "changed", "12:12"),
        ("0002", "changed", "12:02"),
        ("0002", "deleted", "12:16"),
    ]


def test_a_change_belongs_to_the_day_of_its_stamp_whenever_it_was_read(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=MIDNIGHT - 1), row(2, minute=MIDNIGHT)], crm, click, MIDNIGHT + 60)
    derive()
    derive(NEW_YEAR + timedelta(days=1))
    assert told(platform) == [("0001", "changed", "23:59")]
    assert told(platform, NEW_YEAR + timedelta(days=1)) == [("0002", "changed", "00:00")]


def test_a_version_that_a_compaction_folds_away_is_told_before_and_after(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    window([row(1, minute=12)], crm, click, 15)
    before = derive()
    list(Upkeep(platform, "night").compact())
    assert Dataset(platform.lake, ACCOUNTS).rows == 1
    assert (before.rows, derive().rows, len(told(platform))) == (2, 2, 2)


def test_a_version_that_was_folded_away_before_anybody_derived_the_day_is_told_for_a_week(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    window([row(1, minute=12)], crm, click, 15)
    list(Upkeep(platform, "night").compact())
    assert derive().rows == 2


def test_what_a_day_tells_stays_when_the_parts_it_came_from_are_gone(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform, db: Database
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    derive()
    with db.transaction() as conn:
        conn.execute("DELETE FROM lake.parts")
    again = derive()
    assert (again.rows, again.news) == (1, False)
    assert len(told(platform)) == 1


def test_deriving_a_day_again_without_news_writes_nothing(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    derive()
    place = Dataset(platform.lake, change_folder(NEW_YEAR, "acme", "acme-salesforce"))
    before = place.manifest()
    assert not derive().news
    assert place.manifest() == before


def test_a_day_without_changes_is_there_and_empty(
    click: Click, crm: FakeCrm, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    derive(NEW_YEAR + timedelta(days=3))
    assert told(platform, NEW_YEAR + timedelta(days=3)) == []


def test_a_superseded_part_that_is_broken_stops_no_day_and_one_that_a_manifest_names_does(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    lost = Dataset(platform.lake, ACCOUNTS).handles[0]
    platform.lake.remove([lost.uri.removeprefix(platform.lake.uri(""))])
    with pytest.raises(Missing):
        derive()
    click(Request(WindowKind.REFRESH))
    assert derive().rows == 1


def test_two_runs_that_derive_one_day_lose_nothing_of_each_other(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    fold = Dataset.fold

    def overtaken(self: Dataset, *arguments: Any) -> bool:
        monkeypatch.setattr(Dataset, "fold", fold)
        window([row(1, minute=1), row(2, minute=11)], crm, click, 15)
        derive()
        return fold(self, *arguments)

    monkeypatch.setattr(Dataset, "fold", overtaken)
    derive()
    assert [change[0] for change in told(platform)] == ["0001", "0002"]


def test_a_day_is_due_again_when_a_window_that_reaches_into_it_brought_rows(
    crm: FakeCrm, click: Click, derive: Derive, db: Database
) -> None:
    with db.transaction() as conn:
        ((today,),) = conn.execute("SELECT now()::date").fetchall()
    day = Day(today - timedelta(days=2))
    morning = int((day.start - NOON).total_seconds()) // 60

    def due() -> bool:
        with db.transaction() as conn:
            return "acme" in due_days(conn).get(day.date, {})

    window([], crm, click, morning)
    assert not due()
    window([row(1, minute=morning + 5)], crm, click, morning + 10)
    assert due()
    derive(day.date)
    assert not due()
    window([row(1, minute=morning + 15)], crm, click, morning + 20)
    assert due()


def test_a_sweep_that_found_something_makes_all_days_of_a_week_due(
    crm: FakeCrm, click: Click, platform: Platform, db: Database
) -> None:
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.SWEEP)
    with db.transaction() as conn:
        Ledger(db, "test", timedelta(minutes=1)).plan(conn, [task.item("sweep", WorkClass.NIGHTLY)])
        conn.execute(
            """UPDATE work.items SET state = 'done', finished_at = now(), outcome = '{"rows": 0}',
            progress = jsonb_build_object('since', null, 'until', now())"""
        )
        assert list(due_days(conn).values()) == [{}]
        conn.execute("""UPDATE work.items SET outcome = '{"rows": 1}'""")
        found = due_days(conn)
    assert len(found) == 8
    assert all(set(waiting) == {"acme"} for waiting in found.values())


def test_the_folders_of_a_connection_are_found_on_whatever_day(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    derive()
    derive(NEW_YEAR + timedelta(days=1))
    days = [NEW_YEAR, NEW_YEAR + timedelta(days=1)]
    assert list(change_folders(platform.lake, "acme", "acme-salesforce")) == [
        change_folder(day, "acme", "acme-salesforce") for day in days
    ]


def test_parts_without_a_row_of_the_day_are_told_by_their_footers_and_not_fetched(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SMALL_BYTES", 0)
    window([row(n, minute=MIDNIGHT - n) for n in range(7)], crm, click, MIDNIGHT + 60)
    fetched: list[str] = []
    download = Lake.download

    def noted(self: Lake, handle: Handle, path: Path) -> None:
        fetched.append(handle.uri)
        download(self, handle, path)

    monkeypatch.setattr(Lake, "download", noted)
    assert derive(NEW_YEAR + timedelta(days=1)).rows == 1
    assert len(fetched) == 1
    assert derive().rows == 6


def test_days_go_when_they_are_older_than_they_are_kept(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform, db: Database
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    with db.transaction() as conn:
        ((today,),) = conn.execute("SELECT now()::date").fetchall()
    derive(today - timedelta(days=31))
    derive(today - timedelta(days=30))
    assert expire_changes(db, platform.lake, timedelta(days=30)) == 1
    assert change_folders(platform.lake, "acme", "acme-salesforce") == [
        change_folder(today - timedelta(days=30), "acme", "acme-salesforce")
    ]
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM crm.change_days").fetchone() == (1,)


def test_the_parts_that_a_derivation_replaces_are_removed(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    window([row(1, minute=1)], crm, click, 10)
    derive()
    window([row(1, minute=1), row(2, minute=11)], crm, click, 20)
    derive()
    stored = [one.name for one in platform.lake.objects(change_folder(NEW_YEAR, "acme", "acme-salesforce") + "/")]
    assert len(stored) == 2  # a part and the manifest


def test_the_changes_of_an_object_that_is_removed_go_and_the_others_stay(
    crm: FakeCrm, click: Click, derive: Derive, platform: Platform
) -> None:
    crm.write({"Account": [row(1, minute=1), row(2, minute=2)], "Contact": [row(3, minute=3)]}, minute=10)
    click()
    derive()
    acme = choose(platform.db, Registry(platform.db).connection("acme-salesforce"), LEFT_OUT).connection
    assert remove_object(platform.db, platform.lake, acme, "Account").rows["crm/changes"] == 2
    assert told(platform) == [("0003", "changed", "12:03")]
    assert "crm/changes" not in remove_object(platform.db, platform.lake, acme, "Account").rows
    assert derive().rows == 1


class Killed(BaseException):
    """Stands in for SIGKILL: nothing of ours catches it."""


@pytest.mark.parametrize("point", ["replaced", "derived"])
def test_a_derivation_that_dies_anywhere_is_followed_by_one_that_ends_the_same(
    point: str, crm: FakeCrm, click: Click, derive: Derive, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == point:
            raise Killed

    window([row(1, minute=1)], crm, click, 10)
    derive()
    window([row(1, minute=12)], crm, click, 15)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(changes, "crash_point", die)
        derive()
    assert derive().rows == 2
    assert told(platform) == [("0001", "changed", "12:01"), ("0001", "changed", "12:12")]
