"""What is removed is gone everywhere, whatever is killed and whoever still works on it; what is another's stays."""

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.crm.counts.counting import Counting
from nooks_dagster.crm.lifecycle.choosing import choose
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.crm.lifecycle.options import SyncOptions
from nooks_dagster.crm.lifecycle.removing import Removed, remove_connection, remove_object, remove_workspace
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.reporting.shown import show
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.upkeep.janitor import Janitor
from nooks_dagster.crm.work import IDS, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.settings import settings
from nooks_dagster.signals.removing import forget_workspace
from nooks_dagster.workspaces.registry import Connection, Registry
from nooks_dagster.workspaces.removals import Removal, removals
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.crm.conftest import Click
from tests.crm.fake_crm import FakeCrm, row
from tests.programs import Programs

ROWS = {"Account": [row(n) for n in range(12)], "Contact": [row(1)]}
EVERYWHERE = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('crm', 'work', 'lake', 'budgets', 'workspaces') ORDER BY 1
"""


def traces(db: Database, words: str) -> dict[str, int]:
    """Return how many rows of each table of ours hold some words anywhere."""
    with db.transaction() as conn:
        tables = [name for (name,) in conn.execute(EVERYWHERE)]
        counts = {}
        for name in tables:
            query = f"SELECT count(*) FROM {name} AS t WHERE position(%s in t::text) > 0"
            counts[name] = conn.execute(query.encode(), [words]).fetchall()[0][0]
    return {name: count for name, count in counts.items() if count}


def acme(db: Database) -> Connection:
    return Registry(db).connection("acme-salesforce")


def lake_of(platform: Platform, words: str) -> list[str]:
    return [stored.name for stored in platform.lake.objects("") if words in stored.name]


def rolls(db: Database) -> list[str]:
    with db.transaction() as conn:
        return [name for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'sweeps'")]


def remove(platform: Platform) -> Removed:
    return remove_connection(platform.db, platform.lake, acme(platform.db), timedelta(seconds=20))


@pytest.fixture
def synced(crm: FakeCrm, platform: Platform, click: Click) -> Platform:
    """Two workspaces, both synced, with quotas; the other one's name begins with the first one's."""
    registry = Registry(platform.db)
    other = registry.add_connection(
        "acme-x", "salesforce", {}, "env:NONE", sandbox=True, connection_id="acme-salesforce-x"
    )
    ensure_partitions(platform.db, other.id)
    crm.write(ROWS)
    click()
    list(WorkspaceSync(platform, SyncRun("acme-x", "other")).run())
    for key in ("acme-salesforce", "acme-salesforce-x"):
        Quotas(platform.db).report_usage(key, 1, 10)
    return platform


@pytest.fixture
def withheld(synced: Platform, crm: FakeCrm, click: Click) -> None:
    """A sweep of the accounts that waits for a person, because the source shows none of them any more."""
    crm.write({"Contact": [row(1)]}, minute=100)
    (report,) = click(Request(WindowKind.SWEEP, ("accounts",), sweep=(IDS,)))
    assert report.ending is Ending.BLOCKED
    assert rolls(synced.db)


def test_nothing_of_a_connection_is_left_and_its_neighbour_has_all(synced: Platform) -> None:
    db = synced.db
    before, files = traces(db, "acme-salesforce-x"), lake_of(synced, "acme-salesforce-x")
    gone = remove(synced)
    assert gone.rows["crm.accounts"] == 12
    assert gone.items > 6
    assert gone.lake.objects >= 4
    assert gone.lake.bytes > 1000
    assert traces(db, "acme-salesforce-x") == before
    left = traces(db, "acme-salesforce")
    assert {name: count - before.get(name, 0) for name, count in left.items()} == {
        name: 1 if name == "workspaces.removals" else 0 for name in left
    }
    assert lake_of(synced, "connection=acme-salesforce/") == []
    assert lake_of(synced, "acme-salesforce-x") == files


def test_nightly_work_and_sweeps_of_a_connection_go_too(synced: Platform, withheld: None) -> None:
    del withheld
    list(Counting(synced, "night").run(["acme"]))
    assert rolls(synced.db) != []
    remove(synced)
    left = traces(synced.db, "acme-salesforce")
    assert {*left} == {*traces(synced.db, "acme-salesforce-x"), "workspaces.removals"}
    assert left["work.items"] == traces(synced.db, "acme-salesforce-x")["work.items"]
    assert rolls(synced.db) == []


def test_a_workspace_goes_with_the_results_of_every_asset(synced: Platform, tmp_path: Path) -> None:
    (tmp_path / "part").write_text("rows")
    for name in ("sales/open_pipeline/workspace=acme/x", "sales/open_pipeline/workspace=acme-x/x"):
        synced.lake.upload(tmp_path / "part", name, 1)
    with synced.db.transaction() as conn:
        show(conn, "acme", ["crm/accounts"])
    remove(synced)
    gone = remove_workspace(
        synced.db, synced.lake, "acme", lambda conn, name: {"signals": forget_workspace(conn, name)}
    )
    assert gone.lake.objects == 1
    assert lake_of(synced, "workspace=acme/") == []
    assert "sales/open_pipeline/workspace=acme-x/x" in lake_of(synced, "")
    assert [workspace.name for workspace in Registry(synced.db).workspaces()] == ["acme-x"]
    assert set(traces(synced.db, "crm/acme,")) == set()
    assert traces(synced.db, "(acme,").keys() == {"workspaces.removals"}
    with synced.db.transaction() as conn:
        assert removals(conn) == [Removal("acme", "", True), Removal("acme", "acme-salesforce", True)]


@pytest.mark.parametrize("point", ["removing", "forgotten", "emptied"])
def test_a_removal_that_was_killed_is_ended_by_the_next(
    synced: Platform, programs: Programs, database_url: str, tmp_path: Path, point: str
) -> None:
    where = (database_url, synced.lake.uri("").split("/")[2], str(tmp_path))
    assert programs.run("tests.crm.remove_once", *where, NOOKS_CRASH_AT=point) == -signal.SIGKILL
    assert [one.id for one in Registry(synced.db).connections("acme")] == []
    with pytest.raises(Permanent, match="nooks remove acme-salesforce"):
        connect(synced.db, FileSecrets(tmp_path), wanted(), sandbox=True)
    remove(synced)
    assert lake_of(synced, "connection=acme-salesforce/") == []
    assert traces(synced.db, "acme-salesforce").keys() - traces(synced.db, "acme-salesforce-x").keys() == {
        "workspaces.removals"
    }


def wanted() -> NewConnection:
    return NewConnection("acme", "salesforce", {"consumer_key": "k", "consumer_secret": "s", "domain": "acme.my"})


def test_a_run_that_is_at_it_ends_and_brings_nothing_back(
    crm: FakeCrm, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.write(ROWS)
    extract, gone = crm.extract, []

    def removed_meanwhile(source: SourceObject, chunk: Chunk) -> Extraction:
        extraction = extract(source, chunk)
        if not gone:
            gone.append(remove_connection(platform.db, platform.lake, acme(platform.db), timedelta()))
        return extraction

    monkeypatch.setattr(crm, "extract", removed_meanwhile)
    with suppress(Failure):  # what it was at is gone
        list(WorkspaceSync(platform, SyncRun("acme", "run")).run())
    assert gone
    with platform.db.transaction() as conn:
        left = (
            conn.execute("SELECT count(*) FROM work.items").fetchall() + conn.execute("TABLE crm.watermarks").fetchall()
        )
    assert left == [(0,)]
    list(Janitor(platform.db, platform.lake).sweep())
    assert lake_of(platform, "connection=acme-salesforce/") == []


def test_removing_takes_its_own_secret_and_not_one_that_another_uses(
    synced: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(type(settings()), "secrets", property(lambda _: tmp_path / "secrets"))
    registry = Registry(synced.db)
    ref = FileSecrets(tmp_path / "secrets").put("shared", {"password": "hush"})
    for one in registry.connections():
        registry.add_connection(one.workspace, one.kind, {}, ref, sandbox=True, connection_id=one.id, replace=True)
    assert not remove(synced).secret
    assert (tmp_path / "secrets" / "shared.json").exists()
    assert remove_connection(synced.db, synced.lake, registry.connection("acme-salesforce-x")).secret
    assert not (tmp_path / "secrets" / "shared.json").exists()


def test_an_object_that_was_left_out_can_be_removed_alone(
    synced: Platform, click: Click, table: Callable[[str], dict[str, Any]]
) -> None:
    choose(synced.db, acme(synced.db), SyncOptions(without_objects=("Account",)))
    gone = remove_object(synced.db, synced.lake, acme(synced.db), "Account")
    assert gone.rows["crm.accounts"] == 12
    assert lake_of(synced, "connection=acme-salesforce/source=Account") == []
    assert lake_of(synced, "connection=acme-salesforce/source=Contact") != []
    assert len(table("contacts")) == 1
    click()
    choose(synced.db, acme(synced.db), SyncOptions())
    click()
    with synced.db.transaction() as conn:
        back = conn.execute("SELECT count(*) FROM crm.accounts WHERE connection_id = 'acme-salesforce'").fetchall()
    assert back == [(12,)]


def test_the_sweeps_of_an_object_go_with_it(synced: Platform, withheld: None) -> None:
    del withheld
    choose(synced.db, acme(synced.db), SyncOptions(without_objects=("Account",)))
    remove_object(synced.db, synced.lake, acme(synced.db), "Account")
    assert rolls(synced.db) == []
    assert "work.items" not in traces(synced.db, "acme-salesforce/Account:sweep")
