"""What is read beside starts that wait: a click, a history, an object that is blocked, a paused connection."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.asking import ask
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request, start
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from nooks_dagster.workspaces.registry import Registry
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, at, row
from tests.crm.starts.things import CONNECTION, Due, Launch, changed_each_minute, of_accounts, open_windows, outcomes


def test_behind_a_blocked_object_nothing_piles_up_and_the_others_go_on(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, db: Database, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": changed_each_minute(70), "Contact": changed_each_minute(70)}, 200, Account="Permanent")
    for minute in (75, 90, 105):
        due(minute)
        launch()
    assert open_windows(db) == 1
    assert outcomes(db) == [{"windows": 3}, {"windows": 2, "withheld": 1}, {"windows": 2, "withheld": 1}]
    assert len(table("contacts")) == 1
    crm.write({"Account": changed_each_minute(70, 101)}, 200)
    click()
    assert len(table("accounts")) == 3


def test_a_start_of_a_connection_that_was_paused_meanwhile_reads_nothing(
    crm: FakeCrm, click: Click, due: Due, launch: Launch, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    due(75)
    Registry(db).mark(CONNECTION, "paused", "somebody wished so")
    assert launch() == []
    assert outcomes(db) == [{"paused": 1}]


def test_a_click_reads_all_there_is_behind_the_starts_that_wait(
    crm: FakeCrm, click: Click, due: Due, discover: Callable[[], None], table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    due(75, 90)
    discover()
    crm.write({"Account": changed_each_minute(70, 80, 99)}, minute=100)
    assert of_accounts(click()) == [(Ending.DONE, at(75)), (Ending.DONE, at(90)), (Ending.DONE, at(100))]
    assert len(table("accounts")) == 4


def test_a_click_while_that_of_another_is_read_reads_what_changed_in_between(
    crm: FakeCrm, click: Click, table: Table, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(n) for n in range(3)]
    crm.write({"Account": rows}, minute=60)
    click()
    extract, asked = crm.extract, list[str]()

    def asked_meanwhile(source: SourceObject, chunk: Chunk) -> Extraction:
        if not asked:
            asked.append("second")
            rows[1] = row(1, minute=90, Name="new")
            crm.write({"Account": rows}, minute=100)
            ledger = Ledger(platform.db, "person", timedelta())
            ask(ledger, Registry(platform.db).connections("acme"), "second", Request())
            _wait_until_done(platform.db, "second")
        return extract(source, chunk)

    rows[0] = row(0, minute=70)
    crm.write({"Account": rows}, minute=80)
    monkeypatch.setattr(crm, "extract", asked_meanwhile)
    click()
    assert table("accounts")["0001"][0] == "new"


def _wait_until_done(db: Database, key: str) -> None:
    for _ in deadline.polls(60):
        with db.transaction() as conn:
            if conn.execute("SELECT FROM work.items WHERE key = %s AND state = 'done'", [key]).fetchone() is not None:
                return
    pytest.fail(f"{key} was not done")


def test_a_start_that_falls_due_later_holds_up_no_click(
    crm: FakeCrm, click: Click, platform: Platform, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": changed_each_minute(70)}, minute=80)
    with db.transaction() as conn:
        ((now,),) = conn.execute("SELECT now()").fetchall()
        Ledger(db, "clock", timedelta()).plan(conn, [start("acme", CONNECTION, now + timedelta(hours=1))])
    assert of_accounts(click()) == [(Ending.DONE, at(80))]
    assert outcomes(db) == []


def test_a_run_launched_for_what_is_due_now_leaves_a_history_to_another(
    crm: FakeCrm, due: Due, launch: Launch, db: Database, platform: Platform
) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]}, minute=60)
    due(75)
    assert launch() == []  # no object has a watermark: histories are planned, and not read
    assert open_windows(db) == 1
    run = SyncRun("acme", "history", 2, WorkClass.HISTORY)
    assert {r.ending for r in WorkspaceSync(platform, run).run()} == {Ending.DONE}


def test_what_is_due_now_is_read_beside_the_history_of_another_object(
    crm: FakeCrm, click: Click, due: Due, platform: Platform, table: Table
) -> None:
    crm.write({"Account": [row(1)]}, minute=60, Contact="QuotaExhausted")
    click()
    crm.write({"Account": changed_each_minute(70)}, minute=80, Contact="QuotaExhausted")
    due(75)
    run = SyncRun("acme", "history", 2, WorkClass.HISTORY)
    assert of_accounts(list(WorkspaceSync(platform, run).run())) == [(Ending.DONE, at(75))]
    assert len(table("accounts")) == 2
