"""The sync of a workspace: what a click brings, whatever breaks on the way."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest

from nooks_dagster.crm import sync
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import CLAIMS_OF_AN_ITEM, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, RateLimited, Unauthorized
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.dead_letters import DeadLetters
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.local import deadline
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm, at, row

Click = Callable[..., list[WindowReport]]
Table = Callable[[str], dict[str, Any]]


def expected(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {r["Id"]: (r["Name"], r["Score__c"], None) for r in rows}


def state_of_window(db: Database) -> str:
    query = "SELECT state FROM work.items WHERE queue = 'crm.windows' AND lane LIKE '%/Account'"
    with db.transaction() as conn:
        ((state,),) = conn.execute(query).fetchall()
    return str(state)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make waits of a minute last two seconds, and those after a rate limit a third of one."""
    monkeypatch.setattr(sync, "IDLE_SECONDS", 2.0)
    monkeypatch.setattr(RateLimited, "usual_wait", timedelta(seconds=0.3))


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


def test_a_spent_quota_costs_a_window_no_more_than_one_claim_for_each_worker(
    crm: FakeCrm, click: Click, platform: Platform
) -> None:
    crm.write({"Account": [row(n) for n in range(500)]}, Account="QuotaExhausted")
    (account,) = [report for report in click() if report.task.source == "Account"]
    assert (account.ending, account.reason) == (Ending.PARKED, "Account: it is broken")
    assert sum(crm.asked.values()) <= platform.settings.crm_workers


def test_a_poisoned_chunk_blocks_the_lane_of_its_window(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(n) for n in range(7)]}, Account="QuotaExhausted")
    click()
    crm.write({"Account": [row(n) for n in range(7)]})
    with db.transaction() as conn:
        # One of its chunks was alone with five workers that died, and now with a sixth.
        conn.execute("""
            UPDATE work.items SET state = 'leased', lease_until = now() - interval '1 s', deaths = 5
            WHERE queue = 'crm.chunks' AND key LIKE '%/0000'""")
        conn.execute("UPDATE work.items SET due_at = now() WHERE queue = 'crm.windows'")
    reports = {report.task.source: report for report in click(launch=1)}
    assert reports["Account"].ending is Ending.BLOCKED
    assert "killed its worker" in (reports["Account"].reason or "")
    assert state_of_window(db) == "blocked"


def test_a_chunk_that_another_run_blocked_before_it_was_killed_blocks_the_lane(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    with db.transaction() as conn:
        conn.execute("""
            UPDATE work.items SET state = 'leased', lease_until = now() - interval '1 s' WHERE queue = 'crm.windows'""")
    assert [(r.ending, r.reason) for r in click(launch=1) if r.task.source == "Account"] == [
        (Ending.BLOCKED, "Account: it is broken")
    ]
    assert state_of_window(db) == "blocked"


def test_chunks_that_blocked_one_after_the_other_are_tried_again_within_the_same_hour(
    crm: FakeCrm, click: Click, db: Database, table: Table
) -> None:
    rows = [row(n) for n in range(7)]
    crm.write({"Account": rows}, Account="Permanent")
    click()
    crm.write({"Account": rows})
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state = 'blocked'")
        conn.execute("""
            UPDATE work.items SET state = 'blocked', due_at = now() + interval '2 s'
            WHERE queue = 'crm.chunks' AND key LIKE '%/0000'""")
    click(launch=1)
    assert table("accounts") == expected(rows)


def test_a_rate_limited_discovery_is_waited_for_and_then_left_alone_for_minutes(
    crm: FakeCrm, click: Click, db: Database, impatient: None
) -> None:
    crm.write({"Account": [row(1)]}, objects="RateLimited")
    assert click() == []
    with db.transaction() as conn:
        found = conn.execute(
            "SELECT i.due_at > now() + interval '4 min', count(*) FROM work.items i "
            "JOIN work.attempts a ON a.item_id = i.id GROUP BY i.id"
        ).fetchall()
    ((rested, attempts),) = found
    assert rested
    assert attempts > 2


def test_a_run_whose_tasks_all_hang_loses_its_windows(
    crm: FakeCrm, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, over, extract = threading.Event(), threading.Event(), crm.extract

    def hang(source: SourceObject, chunk: Chunk) -> Extraction:
        hanging.set()
        over.wait(60)
        return extract(source, chunk)

    monkeypatch.setattr(crm, "extract", hang)
    settings = platform.settings.model_copy(update={"stall_seconds": 1, "lease_seconds": 1})
    crm.write({"Account": [row(1)]})
    run = WorkspaceSync(replace(platform, settings=settings), SyncRun("acme", "hung")).run()
    thread = threading.Thread(target=lambda: list(run))
    thread.start()
    assert hanging.wait(60)
    query = "SELECT count(*) FROM work.items WHERE parent IS NULL AND state = 'leased' AND lease_until < now()"
    for _ in deadline.polls(40):
        with platform.db.transaction() as conn:
            ((stalled,),) = conn.execute(query).fetchall()
        if stalled:
            break
    over.set()
    thread.join()
    assert stalled == 1


def test_what_a_rate_limit_held_up_for_seconds_is_read_by_the_same_run(
    crm: FakeCrm, click: Click, table: Table, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    crm.write({"Account": [row(1)]})
    objects, limits = crm.objects, iter([True, True])

    def limited_twice() -> Mapping[str, str]:
        if next(limits, False):
            raise RateLimited("slow down")
        return objects()

    monkeypatch.setattr(crm, "objects", limited_twice)
    assert {report.ending for report in click()} == {Ending.DONE}
    assert table("accounts") == expected([row(1)])


def test_chunks_that_are_rate_limited_for_ever_are_parked_for_minutes(
    crm: FakeCrm, click: Click, db: Database, impatient: None
) -> None:
    crm.write({"Account": [row(n) for n in range(100)]}, Account="RateLimited")
    endings = {report.task.source: report.ending for report in click()}
    assert endings["Account"] is Ending.PARKED
    with db.transaction() as conn:
        (wait,) = conn.execute("SELECT due_at - now() FROM work.items WHERE state = 'waiting' AND parent IS NULL")
    assert wait[0] > timedelta(seconds=40)


def test_a_window_that_waits_for_a_worker_keeps_its_lease(
    crm: FakeCrm, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[str] = []
    renewed = LeaseKeeper.renew

    def renew(keeper: LeaseKeeper) -> None:
        renewed(keeper)
        with platform.db.transaction() as conn:
            query = "SELECT lane FROM work.items WHERE state = 'leased' AND lease_until < now()"
            lost.extend(lane for (lane,) in conn.execute(query))

    def slow(source: SourceObject, chunk: Chunk) -> Extraction:
        time.sleep(0.2)
        return extract(source, chunk)

    extract = crm.extract
    monkeypatch.setattr(crm, "extract", slow)
    monkeypatch.setattr(LeaseKeeper, "renew", renew)
    settings = platform.settings.model_copy(update={"stall_seconds": 3, "crm_workers": 2})
    crm.write({"Account": [row(n) for n in range(200)], "Contact": [row(n) for n in range(200)]})
    run = WorkspaceSync(replace(platform, settings=settings), SyncRun("acme", "busy")).run()
    assert {report.ending for report in run} == {Ending.DONE}
    assert lost == []


def test_refused_credentials_mark_the_connection(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({}, objects="Unauthorized")
    assert click() == []
    assert Registry(db).connection("acme-salesforce").state == "unauthorized"


def test_credentials_that_a_chunk_is_refused_with_mark_the_connection(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(1)]}, Account="Unauthorized")
    click()
    connection = Registry(db).connection("acme-salesforce")
    assert (connection.state, connection.state_reason) == ("unauthorized", "Account: it is broken")


def test_a_repair_is_not_undone_by_a_run_that_had_the_old_credentials(
    crm: FakeCrm, click: Click, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused_after_the_repair() -> NoReturn:
        Registry(db).add_connection("acme", "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
        raise Unauthorized("the credentials were refused")

    monkeypatch.setattr(crm, "objects", refused_after_the_repair)
    assert click() == []
    assert Registry(db).connection("acme-salesforce").state == "active"


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
