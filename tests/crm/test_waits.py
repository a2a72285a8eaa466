"""What cannot go on waits, and keeps nobody's lease or attempts: limits, quotas, calls that hang, busy workers."""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import RateLimited
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.local import deadline
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, expected, row


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make waits of a minute last two seconds, and those after a rate limit a third of one."""
    monkeypatch.setattr(sync, "IDLE_SECONDS", 2.0)
    monkeypatch.setattr(RateLimited, "usual_wait", timedelta(seconds=0.3))


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
    for _ in deadline.polls(60):
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
