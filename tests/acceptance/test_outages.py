"""What fails under a sync: Postgres, the lake, the disk, a part's bytes, a run. Nothing is lost, and it says why."""

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from google.cloud import storage

from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.sync import chunks
from nooks_dagster.crm.sync import sync as syncing
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database import pool
from nooks_dagster.database.migrate import migrate
from nooks_dagster.failures import Transient, Unavailable
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.local import deadline, processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from tests.acceptance.breakable import (
    ROWS,
    Interrupted,
    Stoppable,
    a_platform,
    a_platform_again,
    in_hand,
    is_the_truth,
    make_due,
    plan_history,
    relaunched,
)
from tests.conftest import wait_until_it_answers
from tests.crm.sandboxes import PROJECT

pytestmark = pytest.mark.acceptance

Sync = Callable[[Platform], list[WindowReport]]


@pytest.fixture
def crm(tmp_path: Path) -> Interrupted:
    made = Interrupted(tmp_path / "crm.json")
    made.write({"Account": ROWS})
    return made


@pytest.fixture
def platform(
    database_url: str, lake: Lake, tmp_path: Path, crm: Interrupted, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    monkeypatch.setattr(syncing, "POLL_SECONDS", 0.05)
    made = a_platform(database_url, lake, tmp_path, crm)
    yield made
    made.db.close()


@pytest.fixture
def sync() -> Sync:
    """Sync as a person's click does."""
    numbers = itertools.count()
    return lambda platform: list(WorkspaceSync(platform, SyncRun("acme", f"run-{next(numbers)}")).run())


# Postgres


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory, service_folder: Path) -> Iterator[Stoppable]:
    """A server of this test's own, which may be stopped."""
    server = Stoppable(Postgres(service_folder / "own-postgres", free_port(), durable=False), service_folder)
    server.start()
    yield server
    server.stop()


def test_postgres_that_goes_in_mid_sync_ends_the_run_in_a_sentence_and_the_next_finishes(
    own_postgres: Stoppable,
    lake: Lake,
    tmp_path: Path,
    crm: Interrupted,
    sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "WAIT_SECONDS", 1.0)
    migrate(own_postgres.url)
    platform = a_platform(own_postgres.url, lake, tmp_path, crm)
    crm.between = own_postgres.stop
    with pytest.raises(Unavailable, match="make up"):
        sync(platform)
    with pytest.raises(Unavailable, match=r"Postgres at 127\.0\.0\.1:\d+/nooks: .*make up"):
        sync(a_platform_again(platform))
    own_postgres.start()
    assert Ending.BLOCKED not in {report.ending for report in sync(platform)}
    assert is_the_truth(platform)
    platform.db.close()


# The lake


@pytest.fixture
def own_lake(
    service_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Lake, processes.Process, Callable[[], processes.Process]]]:
    """A lake of this test's own, its process, and what starts it again."""
    port, log = free_port(), tmp_path / "lake.log"
    command = [sys.executable, "-m", "sandbox.gcs", "--data", str(tmp_path / "own-lake"), "--port", str(port)]
    started: list[processes.Process] = []

    def start() -> processes.Process:
        started.append(processes.start([*command, "--bucket", "own"], log, cwd=PROJECT))
        wait_until_it_answers(f"http://127.0.0.1:{port}", log)
        return started[-1]

    first = start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    yield Lake("own", scratch=tmp_path / "scratch", patience=1.0), first, start
    processes.stop(*started, grace=5)


def missed(platform: Platform) -> bool:
    """Wait until work met that the lake is gone."""
    for _ in deadline.polls(60):
        with platform.db.transaction() as conn:
            if conn.execute("SELECT FROM work.attempts WHERE outcome = 'Unavailable'").fetchone() is not None:
                return True
    return False


def test_a_lake_that_goes_in_mid_sync_costs_no_attempt_and_is_waited_for(
    own_lake: tuple[Lake, processes.Process, Callable[[], processes.Process]],
    database_url: str,
    tmp_path: Path,
    crm: Interrupted,
    sync: Sync,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake, process, start = own_lake
    monkeypatch.setattr(Unavailable, "usual_wait", timedelta(seconds=1))
    platform = a_platform(database_url, lake, tmp_path, crm)
    mended = Thread(target=lambda: start() if missed(platform) else None)

    def goes() -> None:
        processes.stop(process, grace=0)
        mended.start()

    crm.between = goes
    endings = {report.ending for report in sync(platform)}
    mended.join()
    assert endings <= {Ending.DONE, Ending.PARKED}
    assert {report.ending for report in sync(platform)} <= {Ending.DONE, Ending.HELD_BACK}
    assert is_the_truth(platform)
    with platform.db.transaction() as conn:
        outcomes = conn.execute("SELECT DISTINCT outcome, reason FROM work.attempts WHERE outcome <> 'done'").fetchall()
    assert {outcome for outcome, _ in outcomes} == {"Unavailable"}
    assert all("The lake does not answer" in reason and "make up" in reason for _, reason in outcomes)
    platform.db.close()


def test_a_bucket_that_is_missing_is_named_and_a_click_goes_on_when_it_is_there(
    platform: Platform, lake_server: str, tmp_path: Path, sync: Sync
) -> None:
    name = f"missing-{tmp_path.name.lower().replace('_', '-')}"[:60]
    lake = Lake(name, scratch=tmp_path / "scratch")
    platform = Platform(platform.db, lake, platform.settings, platform.factory)
    endings = {report.task.source: report for report in sync(platform)}
    assert endings["Account"].ending is Ending.BLOCKED
    assert f"The bucket {name} does not exist" in (endings["Account"].reason or "")
    assert "NOOKS_LAKE_BUCKET" in (endings["Account"].reason or "")
    storage.Client(project="nooks").create_bucket(name)
    assert Ending.BLOCKED not in {report.ending for report in sync(platform)}
    assert is_the_truth(platform)


# Bytes


@pytest.fixture
def landed(platform: Platform, sync: Sync, monkeypatch: pytest.MonkeyPatch) -> list[storage.Blob]:
    """Leave an account history whose parts are landed and not merged; return these parts."""

    def failing(*_: object) -> None:
        raise Transient("The merge was interrupted.", retry_in=timedelta(minutes=1))

    with monkeypatch.context() as patch:
        patch.setattr(chunks, "merge", failing)
        assert Ending.PARKED in {report.ending for report in sync(platform)}
    bucket = platform.lake.uri("").split("/")[2]
    found = storage.Client(project="nooks").list_blobs(bucket, prefix="crm_raw/accounts")
    return [blob for blob in found if blob.name.endswith(".parquet")]


@pytest.mark.parametrize("harm", ["altered", "removed", "cut short"])
def test_a_part_harmed_between_landing_and_merging_is_named_and_fetched_again(
    harm: str,
    platform: Platform,
    landed: list[storage.Blob],
    crm: Interrupted,
    sync: Sync,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert len(landed) == 3
    victim = landed[1]
    whole = victim.download_as_bytes()
    if harm == "removed":
        victim.delete()
    else:
        victim.upload_from_string(whole[:-1] + b"?" if harm == "altered" else whole[:-9])
    before = crm.fetched()
    assert {report.ending for report in sync(platform)} <= {Ending.DONE, Ending.HELD_BACK}
    assert f"gs://{victim.bucket.name}/{victim.name}" in caplog.text
    assert sum((crm.fetched() - before).values()) == 1
    assert is_the_truth(platform)


# The disk


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 32 KB, nearly full of something else."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a tiny disk")
    (folder / "ballast").write_bytes(b"x" * 28_000)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_parks_the_work_in_a_sentence_and_a_later_sync_finishes(
    tiny_disk: Path, platform: Platform, sync: Sync
) -> None:
    bucket = platform.lake.uri("").split("/")[2]
    lake = Lake(bucket, scratch=tiny_disk)
    platform = Platform(platform.db, lake, platform.settings, platform.factory)
    (account,) = [report for report in sync(platform) if report.task.source == "Account"]
    assert account.ending is Ending.PARKED
    with platform.db.transaction() as conn:
        query = "SELECT DISTINCT failure, reason FROM work.items WHERE queue = 'crm.chunks' AND state = 'waiting'"
        ((failure, reason),) = conn.execute(query).fetchall()
    assert failure == "DiskFull"
    assert str(tiny_disk) in reason
    assert "The disk is full. Free space there" in reason
    (tiny_disk / "ballast").unlink()
    assert Ending.BLOCKED not in {report.ending for report in sync(platform)}
    assert is_the_truth(platform)
    assert list(tiny_disk.iterdir()) == []


# Runs


def test_a_connector_that_fails_three_runs_in_a_row_does_not_wedge_its_scope(
    platform: Platform, crm: Interrupted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "backoff", lambda *_: timedelta(milliseconds=20))
    plan_history(platform)
    crm.write({"Account": ROWS}, objects="Transient")
    for _ in range(3):
        assert relaunched(platform) == []
        make_due(platform)
    crm.write({"Account": ROWS})
    assert Ending.BLOCKED not in {report.ending for report in relaunched(platform)}
    assert is_the_truth(platform)


def test_a_run_that_breaks_three_times_in_a_row_is_launched_a_fourth_time(platform: Platform, crm: Interrupted) -> None:
    plan_history(platform)
    crm.write({"Account": ROWS}, Account="Transient")
    for failures in range(3):
        (launch,) = platform.launches.due(5, 5, ["crm/acme"])
        assert launch.failures == failures
        run = WorkspaceSync(platform, SyncRun("acme", launch.key, launch.n, WorkClass.HISTORY)).run()
        next(run)
        with pytest.raises(RuntimeError, match="the step broke"):
            run.throw(RuntimeError("the step broke"))
        assert in_hand(platform) == 0
        crm.write({"Account": ROWS}, **({"Account": "Permanent"} if failures < 2 else {}))
        make_due(platform)
    assert Ending.BLOCKED not in {report.ending for report in relaunched(platform)}
    assert is_the_truth(platform)
