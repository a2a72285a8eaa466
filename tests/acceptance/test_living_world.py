"""Two CRMs that live while they are synced: in the end each row is as it is there, on the way as it was there once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.lifecycle.connecting import connect
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import DEPTHS, Request, WindowKind
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.samples import SAMPLES
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.secrets import FileSecrets
from sandbox.hubspot.portals import Portals
from sandbox.life.life import Life
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.comparison import differences
from tests.acceptance.objects import TABLES, portal_table
from tests.acceptance.portal_comparison import portal_differences
from tests.acceptance.portal_truth import portal_truth
from tests.crm.hubspot.served_portal import ServedPortal, served
from tests.soak.states import never_were

pytestmark = pytest.mark.acceptance

NAME = "initech"
INCREMENTAL = Request()
PACE = Pace(rate=1, late_seconds=200, long_seconds=400, alter_every=90)


@pytest.fixture
def worlds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedPortal]:
    with served(tmp_path, 40, "--org", NAME, "--portal", f"{NAME}=24") as worlds:
        worlds.point(monkeypatch)
        monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
        yield worlds


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, worlds: ServedPortal) -> Platform:
    chosen = Settings(postgres_url=database_url, home=tmp_path, sandbox=True)
    made = Platform(db, lake, chosen, shared_connectors(db))
    for sample in SAMPLES[NAME]:
        connect(db, FileSecrets(made.settings.secrets), sample, sandbox=True)
    return made


def wrong(platform: Platform, worlds: ServedPortal) -> list[str]:
    org, portal = Orgs(worlds.state).get(NAME), Portals(worlds.state).get(NAME)
    found: list[str] = []
    for source, table in TABLES.items():
        found += differences(platform.db, table, f"{NAME}-salesforce", source, org.truth(source))
    for source, truth in portal_truth(portal).items():
        found += portal_differences(platform.db, portal_table(source), f"{NAME}-hubspot", source, truth)
    return found


def test_a_world_that_lives_is_the_truth_once_it_stands_still(platform: Platform, worlds: ServedPortal) -> None:
    orgs, portals = Orgs(worlds.state), Portals(worlds.state)
    life = Life((orgs, [NAME]), (portals, [NAME]), 1, PACE)

    def let_pass(seconds: float) -> None:
        for world in (orgs.living(NAME), portals.living(NAME)):
            world.advance(seconds)

    def sync(run: str, request: Request = INCREMENTAL) -> None:
        assert list(WorkspaceSync(platform, SyncRun(NAME, run, request=request)).run())

    life.step(40)
    sync("history")
    for part in range(2):
        for _ in range(4):
            life.step(25)
            let_pass(200)
        sync(f"part {part}")
        assert never_were(platform.db, worlds.state, NAME) == []
    life.settle()
    let_pass(1_200)
    sync("last")
    sync("sweep", Request(WindowKind.SWEEP, sweep=DEPTHS))
    assert wrong(platform, worlds)[:5] == []
    sync("rebuild", Request(WindowKind.REBUILD))
    assert wrong(platform, worlds)[:5] == []
