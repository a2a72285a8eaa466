"""The whole platform without Dagster's processes: sandbox, lake, Postgres and the code location."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nooks_dagster.cli import app
from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.lifecycle.connecting import NewConnection, connect
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.environment import RIVALS
from nooks_dagster.settings import Settings, settings
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.crm.salesforce.world import SECRET, World, served


@pytest.fixture(scope="session")
def served_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with an org of 400 accounts."""
    with served(Path(tmp_path_factory.mktemp("org")), accounts=400) as world:
        yield world


@pytest.fixture
def org(served_org: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    """The sandbox, with this process pointed at it and its secrets in a folder of this test."""
    for name in RIVALS:
        monkeypatch.delenv(name, raising=False)
    for name, value in served_org.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NOOKS_HOME", str(tmp_path))
    settings.cache_clear()
    yield served_org
    settings.cache_clear()


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, org: World) -> Platform:
    settings = Settings(postgres_url=database_url, home=tmp_path, sandbox=True, crm_workers=4)
    return Platform(db, lake, settings, shared_connectors(db))


@pytest.fixture
def connected(platform: Platform, tmp_path: Path) -> Callable[[str], str]:
    """Connect a workspace to the org `acme`; returns the connection's id."""

    def to_acme(workspace: str) -> str:
        wanted = NewConnection(workspace, "salesforce", SECRET)
        return connect(platform.db, FileSecrets(tmp_path / "secrets"), wanted, sandbox=True).connection.id

    return to_acme


@pytest.fixture
def nooks(org: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Call the real command in a project folder of this test, whose outside world is the sandbox."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "workspace.yaml").touch()
    (folder / "dagster.yaml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_SANDBOX", "true")

    def call(*arguments: str) -> Result:
        settings.cache_clear()
        return CliRunner().invoke(app, arguments)

    return call
