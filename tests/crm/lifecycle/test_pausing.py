"""A connection that rests: nothing of it is claimed, what runs gives it back, and it goes on where it stood."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nooks_dagster.crm.lifecycle.pausing import disconnect, named, pause, resume
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.overview import overview
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.sync import sync
from nooks_dagster.crm.sync.asking import ask
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.crm.conftest import Click
from tests.crm.fake_crm import FakeCrm, row

ROWS = {"Account": [row(n) for n in range(20)]}


def acme(db: Database) -> Connection:
    return Registry(db).connection("acme-salesforce")


def test_a_connection_that_is_paused_in_mid_history_ends_at_a_chunk_and_goes_on_from_there(
    crm: FakeCrm,
    platform: Platform,
    click: Click,
    table: Callable[[str], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sync, "POLL_SECONDS", 0.05)
    crm.write(ROWS)
    extract = crm.extract

    def paused_while_it_reads(source: SourceObject, chunk: Chunk) -> Extraction:
        pause(platform.db, acme(platform.db))
        return extract(source, chunk)

    monkeypatch.setattr(crm, "extract", paused_while_it_reads)
    ask(Ledger(platform.db, "somebody", timedelta()), [acme(platform.db)], "first", Request())
    reports = list(WorkspaceSync(platform, SyncRun("acme", "run", launch=1)).run())
    assert {r.ending for r in reports if r.task.source == "Account"} == {Ending.PARKED}
    some = len(table("accounts"))
    assert 0 < some < 20
    assert platform.launches.due(8, 8, [scope_of("acme")]) == []
    monkeypatch.setattr(crm, "extract", extract)
    resume(platform.db, acme(platform.db))
    assert [launch.scope for launch in platform.launches.due(8, 8, [scope_of("acme")])] == ["crm/acme"]
    click()
    assert len(table("accounts")) == 20
    assert set(crm.fetched().values()) == {1}


def test_a_click_on_a_paused_workspace_says_so_and_reads_nothing(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write(ROWS)
    pause(db, acme(db))
    with pytest.raises(Permanent, match="nooks resume acme-salesforce"):
        click()
    assert crm.fetched() == {}


def test_who_pauses_twice_or_resumes_what_runs_changes_nothing(db: Database, platform: Platform) -> None:
    for act, state in ((pause, "paused"), (pause, "paused"), (resume, "active"), (resume, "active")):
        act(db, acme(db))
        assert acme(db).state == state
    with db.transaction() as conn:
        assert conn.execute("SELECT count(*) FROM work.items").fetchall() == [(1,)]  # one look, for one resumption


def test_a_run_that_is_refused_meanwhile_does_not_wake_what_rests(db: Database, platform: Platform) -> None:
    pause(db, acme(db))
    Registry(db).mark("acme-salesforce", ConnectionState.UNAUTHORIZED, "The key was refused.")
    assert acme(db).state is ConnectionState.PAUSED


def test_disconnecting_erases_the_credentials_and_keeps_the_rows(
    crm: FakeCrm,
    click: Click,
    table: Callable[[str], dict[str, object]],
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(type(settings()), "secrets", property(lambda _: tmp_path / "secrets"))
    crm.write(ROWS)
    click()
    ref = FileSecrets(tmp_path / "secrets").put("acme-salesforce", {"password": "hush"})
    connection = Registry(db).add_connection("acme", "salesforce", {}, ref, sandbox=True, replace=True)
    assert disconnect(db, connection)
    assert not list((tmp_path / "secrets").rglob("*.json"))
    assert len(table("accounts")) == 20
    with pytest.raises(Permanent, match="nooks connect salesforce acme"):
        resume(db, acme(db))


def test_credentials_that_another_connection_uses_are_not_erased(
    db: Database, platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(type(settings()), "secrets", property(lambda _: tmp_path / "secrets"))
    ref = FileSecrets(tmp_path / "secrets").put("shared", {"password": "hush"})
    registry = Registry(db)
    first = registry.add_connection("acme", "salesforce", {}, ref, sandbox=True, replace=True)
    second = registry.add_connection("globex", "salesforce", {}, ref, sandbox=True)
    assert not disconnect(db, first)
    assert (tmp_path / "secrets" / "shared.json").exists()
    assert disconnect(db, second)
    assert not (tmp_path / "secrets" / "shared.json").exists()


def test_credentials_in_a_variable_are_not_ours_to_erase(db: Database, platform: Platform) -> None:
    assert not disconnect(db, acme(db))
    assert acme(db).state is ConnectionState.DISCONNECTED


def test_a_name_is_a_connections_or_else_a_workspaces(db: Database, platform: Platform) -> None:
    registry = Registry(db)
    registry.add_connection("acme", "hubspot", {}, "env:X", sandbox=True)
    assert [one.id for one in named(registry, "acme-hubspot")] == ["acme-hubspot"]
    assert [one.id for one in named(registry, "acme")] == ["acme-hubspot", "acme-salesforce"]
    with pytest.raises(Permanent, match="no connection or workspace 'nobody'"):
        named(registry, "nobody")


def test_what_a_person_lets_rest_is_neither_blocked_nor_late_nor_unmerged(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    crm.write(ROWS, Account="Permanent")
    click()
    assert not overview(db, "acme")[0].well
    pause(db, acme(db))
    (connection,) = overview(db, "acme")[0].connections
    assert {lane.source: lane.standing for lane in connection.lanes}["Account"] is Standing.PAUSED
    assert connection.well
    resume(db, acme(db))
    crm.write(ROWS)
    click()
    assert overview(db, "acme")[0].well
