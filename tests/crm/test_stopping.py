"""A sync that is told to stop: it ends at once, and what it had in hand is free."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.local import deadline
from tests.crm.fake_crm import FakeCrm, row

HANGS = """
import threading, time
from nooks_dagster.crm.sync.hands import Task, Tasks
from nooks_dagster.crm.work import CHUNKS
from nooks_dagster.ledger.items import Claim, Item
tasks = Tasks()
claim = Claim(Item(1, "crm.chunks", "crm/acme", "acme/Account", "1/0", 1, 40, {}, {}, 0, 0), 1)
tasks.start(Task(CHUNKS, claim), lambda _task: time.sleep(600))
tasks.finish(time.monotonic() + 0.2)
"""


@pytest.fixture
def hung(crm: FakeCrm, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let the chunks of accounts hang in a call; the event tells that one does."""
    hangs, released, extract = threading.Event(), threading.Event(), crm.extract

    def hang(source: SourceObject, chunk: Chunk) -> Extraction:
        if source.name == "Account":
            hangs.set()
            released.wait()
        return extract(source, chunk)

    monkeypatch.setattr(crm, "extract", hang)
    yield hangs
    released.set()


def stop(platform: Platform, hung: threading.Event) -> None:
    """Begin a sync, and stop it while a chunk hangs, which lasts longer than the test."""
    reports = WorkspaceSync(platform, SyncRun("acme", "stopped")).beats()
    assert any(hung.is_set() for _ in reports)
    with pytest.raises(KeyboardInterrupt):
        reports.throw(KeyboardInterrupt())


def test_a_run_that_is_stopped_waits_for_no_call_that_hangs_and_what_it_had_in_hand_is_free(
    crm: FakeCrm, platform: Platform, hung: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sync.STOP_SECONDS <= 20
    monkeypatch.setattr(sync, "STOP_SECONDS", 0.2)
    crm.write({"Account": [row(n) for n in range(3)], "Contact": [row(1)]})
    stop(platform, hung)
    with platform.db.transaction() as conn:
        left = conn.execute("""
            SELECT DISTINCT state, due_at <= now(), attempts, deaths FROM work.items WHERE lane LIKE '%/Account'
        """).fetchall()
        endings = {row[0] for row in conn.execute("SELECT outcome FROM work.attempts")}
    assert left == [("waiting", True, 0, 0)]
    assert endings == {"done", "released"}


def test_a_chunk_that_is_under_way_stops_at_its_next_step(
    crm: FakeCrm, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, extract = threading.Semaphore(0), crm.extract

    def endless(source: SourceObject, chunk: Chunk) -> Extraction:
        found = extract(source, chunk)
        if source.name != "Account":
            return found
        (batch,) = found.batches

        def batches() -> Iterator[object]:
            while True:
                steps.release()
                time.sleep(0.02)
                yield batch

        return Extraction(found.observed_at, batches(), None)

    monkeypatch.setattr(crm, "extract", endless)
    crm.write({"Account": [row(1)], "Contact": [row(1)]})
    reports = WorkspaceSync(platform, SyncRun("acme", "stopped")).beats()
    assert any(steps.acquire(blocking=False) for _ in reports)
    reports.close()
    assert "crm" not in {thread.name.split("-")[0] for thread in threading.enumerate()}


def test_a_process_ends_though_a_task_of_it_hangs() -> None:
    assert subprocess.run([sys.executable, "-c", HANGS], check=False, timeout=120).returncode == 0


def test_after_a_stop_the_next_sync_finishes(
    crm: FakeCrm, platform: Platform, hung: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "STOP_SECONDS", 0.2)
    crm.write({"Account": [row(n) for n in range(3)], "Contact": [row(1)]})
    stop(platform, hung)
    monkeypatch.undo()
    for _ in deadline.polls(60):
        endings = {r.task.source: r.ending for r in WorkspaceSync(platform, SyncRun("acme", "next")).run()}
        if endings.get("Account") is Ending.DONE:
            return
    pytest.fail("the next sync did not finish the account's window")
