"""What moves no stamp is found by a sweep: rows that vanished or came back, values that change by themselves."""

from dataclasses import replace
from typing import Any

import pytest

from nooks_dagster.crm.model import SourceField, Volatile
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.sweeps import guard, sweeping
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.sync.windows import OpenWindow, WindowRunner
from nooks_dagster.crm.work import IDS, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FIELDS, FakeCrm, row

SWEEP = Request(WindowKind.SWEEP, ("accounts",), sweep=(IDS,))
CALCULATED = Request(WindowKind.SWEEP, ("accounts",), sweep=(IDS, Volatile.CALCULATED))
LATER = 100  # minutes after noon


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five rows be many, and two a chunk."""
    monkeypatch.setattr(guard, "MOST_ROWS", 5)
    monkeypatch.setattr(sweeping, "AT_ONCE", 2)


@pytest.fixture
def rows(crm: FakeCrm, click: Click) -> list[dict[str, Any]]:
    """23 accounts that have been read, one of them deleted since."""
    rows = [row(n) for n in range(23)]
    crm.write({"Account": rows})
    click()
    rows[4] = row(4, minute=70, IsDeleted=True)
    crm.write({"Account": rows}, minute=80)
    click()
    return rows


def truth(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {r["Id"]: (None, None, "deleted") if r["IsDeleted"] else (r["Name"], r["Score__c"], None) for r in rows}


def calculated(name: str) -> tuple[SourceField, ...]:
    return tuple(replace(f, volatile=Volatile.CALCULATED if f.name == name else None) for f in FIELDS)


def work(db: Database, query: str) -> list[Any]:
    with db.transaction() as conn:
        return conn.execute(query.encode()).fetchall()


def test_a_row_that_vanished_without_a_trace_becomes_a_tombstone_in_table_and_lake(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, platform: Platform
) -> None:
    gone = rows.pop(7)
    crm.write({"Account": rows}, minute=LATER)
    (report,) = click(SWEEP)
    assert report.ending is Ending.DONE
    assert (report.totals["shown"], report.totals["differing"], report.totals["missing"]) == (22, 0, 1)
    assert table("accounts") == truth(rows) | {gone["Id"]: (None, None, "missing")}
    raw = Dataset.below(platform.lake, "crm_raw/accounts").to_arrow().to_pylist()
    assert [(r["Id"], r["Name"]) for r in raw if r["_missing"]] == [(gone["Id"], None)]


def test_a_row_that_came_back_and_one_that_was_never_seen_are_read_whole(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    rows[4] = row(4)  # restored: with its old stamp
    rows.append(row(99, minute=1))  # visible since, long before the watermark
    crm.write({"Account": rows}, minute=LATER)
    (report,) = click(SWEEP)
    assert (report.totals["differing"], report.totals["rows"]) == (2, 2)
    assert table("accounts") == truth(rows)


def test_a_row_that_vanished_and_came_back_is_there_again(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    crm.write({"Account": rows[1:]}, minute=LATER)
    click(SWEEP)
    crm.write({"Account": rows}, minute=LATER + 10)
    click(SWEEP)
    assert table("accounts") == truth(rows)


def test_calculated_values_are_compared_only_in_their_depth(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    crm.fields = calculated("Score__c")
    rows[2] = rows[2] | {"Score__c": 1000}
    rows[3] = rows[3] | {"Score__c": None}
    crm.write({"Account": rows}, minute=LATER)
    click()
    assert [r.totals["differing"] for r in click(SWEEP)] == [0]
    assert [r.totals["rows"] for r in click(CALCULATED)] == [2]
    assert table("accounts") == truth(rows)
    assert [r.totals["differing"] for r in click(CALCULATED)] == [0]


def test_calculated_values_in_a_column_of_their_own_are_compared_too(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    crm.fields = calculated("Name")
    rows[2] = rows[2] | {"Name": "worked out anew"}
    crm.write({"Account": rows}, minute=LATER)
    click()
    assert [r.totals["rows"] for r in click(CALCULATED)] == [1]
    assert table("accounts") == truth(rows)


def test_where_too_many_values_differ_all_is_read_again_instead(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "REFRESH_FROM", 3)
    crm.fields = calculated("Score__c")
    rows = [r | {"Score__c": 7} for r in rows]
    crm.write({"Account": rows[1:]}, minute=LATER)
    click()
    reports = click(CALCULATED)
    assert [r.task.kind for r in reports] == [WindowKind.SWEEP, WindowKind.REFRESH]
    assert reports[0].totals["missing"] == reports[0].totals["rows"] == 1
    assert table("accounts") == truth(rows[1:]) | {"0000": (None, None, "missing")}


@pytest.mark.parametrize(("gone", "ending"), [(5, Ending.DONE), (6, Ending.BLOCKED)], ids=["at most", "one more"])
def test_more_deletions_than_may_be_wait_for_a_person(
    gone: int, ending: Ending, rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    before = table("accounts")
    crm.write({"Account": rows[: len(rows) - gone]}, minute=LATER)
    (report,) = click(SWEEP)
    assert report.ending is ending
    if ending is Ending.BLOCKED:
        assert table("accounts") == before
        assert "6 of the 22 rows" in str(report.reason)
        assert "--confirm-deletions" in str(report.reason)


def test_while_deletions_wait_windows_go_on_and_a_click_is_not_held_up(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    crm.write({"Account": rows[:10]}, minute=LATER)
    click(SWEEP)
    rows[1] = row(1, minute=LATER + 1, Name="renamed")
    crm.write({"Account": rows[:10]}, minute=LATER + 10)
    assert [r.ending for r in click() if r.task.source == "Account"] == [Ending.DONE]
    assert table("accounts")["0001"][0] == "renamed"


def test_what_a_person_confirms_is_deleted_and_no_more_than_that(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, db: Database
) -> None:
    crm.write({"Account": rows[:10]}, minute=LATER)
    click(SWEEP)
    crm.write({"Account": rows[:12]}, minute=LATER + 10)  # two are back
    (report,) = click(Request(WindowKind.SWEEP, ("accounts",), confirmed=True))
    assert report.ending is Ending.DONE
    assert report.totals["missing"] == 11
    missing = {r["Id"]: (None, None, "missing") for r in rows[12:]}
    assert table("accounts") == truth(rows[:12]) | missing
    assert work(db, "select tablename from pg_tables where schemaname = 'sweeps'") == []


def test_deletions_that_wait_are_looked_at_again_after_a_day(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, db: Database
) -> None:
    crm.write({"Account": rows[:10]}, minute=LATER)
    click(SWEEP)
    crm.write({"Account": rows}, minute=LATER + 10)  # access was given back
    hurry = "update work.items set due_at = now() where queue = 'crm.sweeps' and state = 'blocked' returning 1"
    work(db, hurry)
    assert [r.ending for r in click() if r.task.kind is WindowKind.SWEEP] == [Ending.BLOCKED]
    work(
        db,
        """update work.items set due_at = now(), progress = progress
        || jsonb_build_object('withheld_at', now() - interval '25 hours') where queue = 'crm.sweeps' returning 1""",
    )
    assert [r.ending for r in click() if r.task.kind is WindowKind.SWEEP] == [Ending.DONE]
    assert table("accounts") == truth(rows)


def test_deletions_that_wait_are_looked_at_again_when_a_person_asks_for_it(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, db: Database
) -> None:
    crm.write({"Account": rows[:10]}, minute=LATER)
    click(SWEEP)
    crm.write({"Account": rows}, minute=LATER + 10)
    with db.transaction() as conn:
        guard.look_again(conn, ["acme-salesforce/Account:sweep"])
        assert [one.rows for one in guard.withheld(conn)] == [13]  # until it is looked at, that is how it stands
    assert {r.ending for r in click(SWEEP)} == {Ending.DONE}
    assert table("accounts") == truth(rows)


def test_an_object_of_which_nothing_is_visible_any_more_loses_no_row_however_few_there_are(
    crm: FakeCrm, click: Click, table: Table
) -> None:
    crm.write({"Account": [row(1), row(2)], "Contact": [row(3)]})
    click()
    crm.write({"Account": [], "Contact": [row(3), row(4)]}, minute=LATER)
    everything = Request(WindowKind.SWEEP, sweep=(IDS,))
    endings = {r.task.source: r.ending for r in click(everything)}
    assert endings == {"Account": Ending.BLOCKED, "Contact": Ending.DONE, "Widget__c": Ending.DONE}
    assert {reason for _, _, reason in table("accounts").values()} == {None}
    assert sorted(table("contacts")) == ["0003", "0004"]


def test_a_row_that_a_list_leaves_out_is_not_deleted_when_the_source_has_it(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = crm._batches

    def short(source: Any, chunk: Any, found: list[Any]) -> Any:
        yield from batches(source, chunk, found if chunk.ids else found[:-1])

    monkeypatch.setattr(crm, "_batches", short)
    monkeypatch.setattr(crm, "extract", _uncounted(crm.extract))
    crm.write({"Account": rows}, minute=LATER)
    (report,) = click(SWEEP)
    assert report.ending is Ending.DONE
    assert report.totals["missing"] == 0
    assert table("accounts") == truth(rows)


def test_a_sweep_whose_roll_postgres_lost_in_a_crash_begins_anew(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table, db: Database
) -> None:
    crm.write({"Account": rows[:16]}, minute=LATER)
    click(SWEEP)
    ((roll,),) = work(db, "select tablename from pg_tables where schemaname = 'sweeps'")
    with db.transaction() as conn:
        conn.execute(f"truncate sweeps.{roll}".encode())
    reports = click(Request(WindowKind.SWEEP, ("accounts",), confirmed=True))
    assert [r.ending for r in reports] == [Ending.PARKED, Ending.DONE]
    assert table("accounts") == truth(rows[:16]) | {r["Id"]: (None, None, "missing") for r in rows[16:]}


def test_a_refresh_that_does_not_meet_a_row_is_followed_by_a_sweep_that_asks_for_it(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, table: Table
) -> None:
    gone = rows.pop()
    crm.write({"Account": rows}, minute=LATER)
    reports = click(Request(WindowKind.REFRESH, ("accounts",)))
    assert [r.task.kind for r in reports] == [WindowKind.REFRESH, WindowKind.SWEEP]
    assert reports[1].totals["missing"] == 1
    assert table("accounts") == truth(rows) | {gone["Id"]: (None, None, "missing")}


def test_what_a_sweep_finds_while_all_is_read_again_stays_in_the_lake(
    rows: list[dict[str, Any]], crm: FakeCrm, click: Click, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, swept = WindowRunner._publish, list[WindowReport]()
    hasty = replace(platform, settings=platform.settings.model_copy(update={"patience_seconds": 0}))

    def after_a_sweep(self: WindowRunner, window: OpenWindow, landed: Any) -> None:
        if window.task.kind is WindowKind.REFRESH:
            crm.write({"Account": rows[1:]}, minute=LATER + 10)
            swept.extend(WorkspaceSync(hasty, SyncRun("acme", "meanwhile", request=SWEEP)).run())
        publish(self, window, landed)

    monkeypatch.setattr(WindowRunner, "_publish", after_a_sweep)
    crm.write({"Account": rows}, minute=LATER)
    click(Request(WindowKind.REFRESH, ("accounts",)))
    assert [report.totals["missing"] for report in swept] == [1]
    raw = Dataset.below(platform.lake, "crm_raw/accounts").to_arrow().to_pylist()
    assert [row["Id"] for row in raw if row["_missing"]] == ["0000"]


def _uncounted(extract: Any) -> Any:
    def uncounted(source: Any, chunk: Any) -> Any:
        extraction = extract(source, chunk)
        extraction.expected_rows = None
        return extraction

    return uncounted
