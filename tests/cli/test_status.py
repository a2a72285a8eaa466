"""`nooks status`."""

import json
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.cli.status import status
from nooks_dagster.crm.model import FieldType, SourceField
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import CHUNKS, WINDOWS, WindowKind, WindowTask
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import environment
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.processes import Process
from nooks_dagster.local.record import Entry, Record
from nooks_dagster.settings import Settings, settings
from tests.cli.conftest import Call, connect
from tests.crm.fake_crm import FIELDS, NOON, FakeCrm, row

Look = Callable[..., Result]


@pytest.fixture
def folder(configured: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project folder whose local services are not ours to start."""
    found = Environment(tmp_path, {})
    found.state.mkdir()
    configured.setattr(environment, "find_root", lambda: tmp_path)
    configured.setattr(environment, "read", lambda _root: found)
    return tmp_path


@pytest.fixture
def look(folder: Path, call: Call) -> Look:
    return lambda *arguments: call(status, *arguments)


@pytest.fixture
def sync(platform: Platform) -> Callable[..., None]:
    """Sync the workspace acme, which is connected to the fake CRM, as the dispatcher does."""
    return lambda run="0123456789": list(WorkspaceSync(platform, SyncRun("acme", run)).run()) and None


def test_without_a_workspace_it_says_how_to_connect_one(look: Look) -> None:
    result = look()
    assert result.exit_code == 0, result.output
    assert "SANDBOX" in result.stdout
    assert "nooks connect salesforce" in result.stdout


def test_a_finished_history_is_told_with_its_rows_and_its_watermark(
    look: Look, crm: FakeCrm, sync: Callable[[], None], db: Database
) -> None:
    crm.write({"Account": [row(n) for n in range(12)]}, minute=60)
    sync()
    Quotas(db).report_usage("acme-salesforce", 1203, 115_000)
    result = look()
    assert result.exit_code == 0, result.output
    (line,) = [text for text in result.stdout.splitlines() if text.startswith("Account")]
    assert "complete until 2026-01-01 13:00" in line
    assert " 12 " in line
    assert "last run ended well" in result.stdout
    assert "1,203 of 115,000 API calls used" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_a_blocked_object_is_red_with_its_reason_and_its_next_try(
    look: Look, crm: FakeCrm, sync: Callable[[], None]
) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]}, Contact="Permanent")
    sync()
    result = look()
    assert result.exit_code == 1
    assert "BLOCKED, next try 20" in result.stdout
    assert "✗ Contact: it is broken" in result.stdout
    assert "✗ Account" not in result.stdout


def test_a_parked_object_says_until_when_and_why_and_is_no_fault(
    look: Look, crm: FakeCrm, sync: Callable[[], None]
) -> None:
    crm.write({"Contact": [row(1)]}, Contact="QuotaExhausted")
    sync()
    result = look()
    assert result.exit_code == 0
    assert "parked until 20" in result.stdout
    assert "! Contact: it is broken" in result.stdout


def test_a_history_on_its_way_tells_its_chunks_and_the_run_that_works_on_it(
    look: Look, sync: Callable[[], None], database_url: str, tmp_path: Path, db: Database
) -> None:
    half_a_history(db, done=3, planned=7)
    Platform(db, None, Settings(postgres_url=database_url, home=tmp_path), None).launches.start(  # type: ignore[arg-type]  # launches need no lake
        "crm/acme", "0123456789", WorkClass.HISTORY, None
    )
    result = look()
    assert "history 43%, 3 of 7 chunks merged, 30 rows, " in result.stdout
    assert " left " in result.stdout
    assert "run 01234567 works on it, heard of 0 s ago" in result.stdout


def half_a_history(db: Database, done: int, planned: int) -> None:
    """Leave a history in the hands of a worker, with some of its chunks merged."""
    ledger = Ledger(db, "worker", timedelta(minutes=1))
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.HISTORY)
    with db.transaction() as conn:
        ledger.plan(conn, [task.item("history", WorkClass.HISTORY)])
    (window,) = ledger.claim(WINDOWS, limit=1)
    lane = (window.item.scope, window.item.lane)
    with db.transaction() as conn:
        ledger.advance(conn, window, {"planned": True})
        chunks = [NewItem(CHUNKS, *lane, str(n), {}, WorkClass.HISTORY, window.item.id) for n in range(planned)]
        ledger.plan(conn, chunks)
    for claim in ledger.claim(CHUNKS, limit=done):
        with db.transaction() as conn:
            ledger.complete(conn, claim, {"rows": 10, "bytes": 100})


def test_refused_credentials_are_told_with_what_to_do(look: Look, crm: FakeCrm, sync: Callable[[], None]) -> None:
    crm.write({}, objects="Unauthorized")
    sync()
    result = look()
    assert result.exit_code == 1
    assert "acme-salesforce  UNAUTHORIZED" in result.stdout
    assert "it is broken" in result.stdout


def test_work_that_was_given_up_is_counted(look: Look, sync: Callable[[], None], db: Database) -> None:
    ledger, queue = Ledger(db, "worker", timedelta(minutes=1)), Queue("crm.other")
    with db.transaction() as conn:
        ledger.plan(conn, [NewItem(queue, "crm/acme", "lane", "key", {}, WorkClass.ASKED)])
    ledger.fail(queue, ledger.claim(queue, limit=1)[0], Permanent("never"))
    result = look()
    assert result.exit_code == 1
    assert "given up: 1." in result.stdout


def test_a_local_service_that_is_ill_is_named(look: Look, folder: Path) -> None:
    ill = Entry("lake", "Lake", "ailing", problem="The lake does not answer.")
    Record("", Process.of(os.getpid()), 0, [Entry("postgres", "Postgres", "well"), ill]).write(
        folder / ".nooks" / "stack.json"
    )
    result = look()
    assert result.exit_code == 1
    assert "1 of 2 local services are well" in result.stdout
    assert "✗ Lake: ailing. The lake does not answer." in result.stdout


def test_a_script_gets_one_json_object(look: Look, crm: FakeCrm, sync: Callable[[], None]) -> None:
    crm.write({"Account": [row(n) for n in range(12)]}, Contact="Permanent", minute=60)
    sync()
    told = json.loads(look("--json").stdout)
    assert (told["sandbox"], told["well"], told["services"]) == (True, True, [])
    (connection,) = told["workspaces"][0]["connections"]
    account = next(lane for lane in connection["objects"] if lane["source"] == "Account")
    assert (account["standing"], account["rows_read"], account["state"]) == ("complete", 12, "done")
    assert account["watermark"] == "2026-01-01T13:00:00+00:00"
    assert account["under_way"] is None


def test_an_unknown_workspace_names_those_that_there_are(look: Look, sync: Callable[[], None]) -> None:
    result = look("acmee")
    assert result.exit_code == 1
    assert "There is no workspace 'acmee'" in result.stderr
    assert "There is acme." in result.stderr


def test_a_workspace_is_shown_without_the_others(look: Look, sync: Callable[[], None], db: Database) -> None:
    connect(db, "globex")
    assert "globex" not in look("acme").stdout
    assert "globex-salesforce" in look().stdout


def test_postgres_that_is_down_is_one_sentence(look: Look, configured: pytest.MonkeyPatch) -> None:
    configured.setenv("NOOKS_POSTGRES_URL", "postgresql://nooks@127.0.0.1:9/nooks")
    settings.cache_clear()
    for arguments in ([], ["--json"]):
        result = look(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Postgres does not answer" in result.stderr
        assert "make up" in result.stderr
        assert "Traceback" not in result.stderr


def test_one_workspace_tells_its_last_windows_its_lag_and_the_fields_that_changed(
    look: Look, crm: FakeCrm, sync: Callable[..., None]
) -> None:
    recent = int((datetime.now(UTC) - NOON).total_seconds()) // 60
    crm.write({"Account": [row(n) for n in range(12)]}, minute=recent - 20)
    sync()
    crm.fields = (*FIELDS, SourceField("Surprise__c", FieldType.TEXT, custom=True))
    crm.write({"Account": [row(n) for n in range(12)]}, minute=recent)
    sync("9876543210")
    told = look("acme").stdout
    (last,) = [text.split() for text in told.splitlines() if text.startswith("Account: refresh")]
    assert last[4:9] == ["12", "0", "0", "12", "0"]
    assert re.search(r"lag over 24 h [▁▂▃▄▅▆▇█]+ at most \d+ \w+, now \d+ \w+", told)
    assert "Field acme-salesforce/Account.Surprise__c came, as text (20" in told
    assert max(map(len, told.splitlines())) <= 100
    assert "Account: refresh" not in look().stdout
    (workspace,) = json.loads(look("--json").stdout)["workspaces"]
    assert {change["field"] for change in workspace["fields_that_changed"]} == {"Surprise__c"}
    (account,) = [one for one in workspace["connections"][0]["objects"] if one["source"] == "Account"]
    assert account["last_window"]["counts"]["unchanged"] == 12
    assert account["lag"] > 0


def test_deletions_that_wait_and_crms_that_do_not_answer_are_told(
    look: Look, crm: FakeCrm, sync: Callable[..., None], db: Database
) -> None:
    crm.write({})
    sync()
    task = WindowTask("acme", "acme-salesforce", "Account", "accounts", WindowKind.SWEEP)
    with db.transaction() as conn:
        Ledger(db, "test", timedelta(minutes=1)).plan(conn, [task.item("sweep", WorkClass.NIGHTLY)])
        conn.execute(
            """UPDATE work.items SET state = 'blocked', reason = 'None of 1,200 was deleted.',
            progress = jsonb_build_object('withheld', 1200, 'withheld_at', now()) WHERE key = 'sweep'"""
        )
        conn.execute(
            """INSERT INTO budgets.breakers (key, opened_at, next_probe_at, probes)
            VALUES ('hubspot', now(), now() + interval '50 seconds', 4)"""
        )
    result = look()
    assert result.exit_code == 1
    assert "✗ None of 1,200 was deleted." in result.stdout
    assert "! hubspot has not answered since 20" in result.stdout
    told = json.loads(look("--json").stdout)
    assert told["workspaces"][0]["withheld"][0]["rows"] == 1200
    assert told["outages"][0]["key"] == "hubspot"
