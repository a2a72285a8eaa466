"""A portal, and a workspace of two CRMs, through the whole platform but Dagster: `crm/*` equals the truth."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.crm.reporting.overview import overview
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.local.samples import SAMPLES
from nooks_dagster.settings import Settings, settings
from nooks_dagster.workspaces.secrets import FileSecrets
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.comparison import differences
from tests.acceptance.objects import TABLES, portal_table
from tests.acceptance.portal_comparison import portal_differences
from tests.acceptance.portal_truth import portal_truth
from tests.crm.hubspot.served_portal import ServedPortal, served

pytestmark = pytest.mark.acceptance

Sync = Callable[[str], Mapping[str, Ending]]


@pytest.fixture(scope="module")
def served_worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    """One sandbox with the portal globex, and an org and a portal initech."""
    others = ("--org", "initech", "--portal", "initech")
    with served(tmp_path_factory.mktemp("worlds"), 60, *others) as worlds:
        yield worlds


@pytest.fixture
def worlds(served_worlds: ServedPortal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ServedPortal]:
    """The sandbox, with this process pointed at it."""
    served_worlds.point(monkeypatch)
    monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
    settings.cache_clear()
    yield served_worlds
    settings.cache_clear()


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, worlds: ServedPortal) -> Platform:
    chosen = Settings(postgres_url=database_url, home=tmp_path, sandbox=True)
    return Platform(db, lake, chosen, shared_connectors(db))


@pytest.fixture
def sync(platform: Platform) -> Sync:
    """Sync a workspace, connected if it is not; returns how each object of each connection ended."""

    def run(workspace: str) -> Mapping[str, Ending]:
        known = {one.connection.id for each in overview(platform.db) for one in each.connections}
        for sample in SAMPLES[workspace]:
            if sample.id not in known:
                connected(platform, sample)
        work = SyncRun(workspace, f"run-{len(known)}", work_class=WorkClass.HISTORY)
        return {r.task.source: r.ending for r in WorkspaceSync(platform, work).run()}

    return run


def connected(platform: Platform, sample: NewConnection) -> None:
    connect(platform.db, FileSecrets(platform.settings.secrets), sample, sandbox=True)


def wrong_in_portal(platform: Platform, worlds: ServedPortal, name: str, *, edges: bool = True) -> list[str]:
    """What is not as the portal has it: records, their edges, owners, pipelines."""
    found: list[str] = []
    for source, truth in portal_truth(Portals(worlds.state).get(name), edges=edges).items():
        assert truth, source
        found += portal_differences(platform.db, portal_table(source), f"{name}-hubspot", source, truth)
    return found


def wrong_in_org(platform: Platform, worlds: ServedPortal, name: str) -> list[str]:
    """What is not as the org has it."""
    org = Orgs(worlds.state).get(name)
    found: list[str] = []
    for source, table in TABLES.items():
        found += differences(platform.db, table, f"{name}-salesforce", source, org.truth(source))
    return found


def test_a_portal_equals_its_truth_after_its_history_and_after_what_changed(
    platform: Platform, worlds: ServedPortal, sync: Sync
) -> None:
    endings = sync("globex")
    assert set(endings.values()) == {Ending.DONE}
    assert wrong_in_portal(platform, worlds, "globex")[:5] == []
    people = [one["id"] for one in worlds.truth("contacts") if one.get("archived") is False]
    worlds.update("contacts", {person: {"jobtitle": "Mender"} for person in people[:50]})
    worlds.archive("contacts", people[60:64])
    worlds.merge("contacts", people[70], people[71])
    worlds.control("clock", {"advance_seconds": 900})
    sync("globex")
    assert wrong_in_portal(platform, worlds, "globex", edges=False)[:5] == []


def test_a_workspace_of_two_crms_has_the_truth_of_both_side_by_side(
    platform: Platform, worlds: ServedPortal, sync: Sync
) -> None:
    assert set(sync("initech").values()) == {Ending.DONE}
    assert wrong_in_portal(platform, worlds, "initech")[:5] == []
    assert wrong_in_org(platform, worlds, "initech")[:5] == []
    (workspace,) = overview(platform.db)
    lanes = {one.connection.kind: {lane.source for lane in one.lanes} for one in workspace.connections}
    assert set(TABLES) <= lanes["salesforce"]
    assert {"companies", "contacts", "owners"} <= lanes["hubspot"]
    assert workspace.well
