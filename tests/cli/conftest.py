"""The command as a person calls it, with a database and a sandbox of its own behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer import Typer
from typer.testing import CliRunner

from nooks_dagster.cli.errors import Sentences
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm
from tests.crm.salesforce.world import World, served

Call = Callable[..., Result]


@pytest.fixture(scope="session")
def served_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with a small org, for the whole session."""
    with served(Path(tmp_path_factory.mktemp("world")), accounts=100) as world:
        yield world


@pytest.fixture
def configured(
    served_world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """The environment of a platform whose outside world is the sandbox; a test may change it further."""
    for name in ("https_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    values = {
        **served_world.variables,
        "NOOKS_POSTGRES_URL": database_url,
        "NOOKS_HOME": str(tmp_path / ".nooks"),
        "NOOKS_SANDBOX": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return FakeCrm(tmp_path / "crm.json")


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, crm: FakeCrm) -> Platform:
    """A platform whose workspace acme is connected to the fake CRM."""
    chosen = Settings(postgres_url=database_url, home=tmp_path, crm_workers=2)
    connect(db, "acme")
    return Platform(db, lake, chosen, lambda _connection, _class: crm)


def connect(db: Database, workspace: str) -> str:
    connection = Registry(db).add_connection(workspace, "salesforce", {}, "env:NONE", sandbox=True)
    ensure_partitions(db, connection.id)
    return connection.id


@pytest.fixture
def call() -> Call:
    """Calls one command as `nooks` does: failures end as sentences."""

    def run(command: Callable[..., None], *arguments: str) -> Result:
        app = Typer(cls=Sentences, callback=lambda: None, pretty_exceptions_enable=False)
        app.command()(command)
        return CliRunner().invoke(app, [command.__name__, *arguments])

    return run
