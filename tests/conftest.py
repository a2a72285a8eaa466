"""What every test may ask for: a Postgres, a fresh migrated database, a lake, the sandbox.

Belongs here: starting the real services once per test process, on free ports and in temporary folders.
Does not: data of a single room (its own conftest).
"""

import shutil
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from uuid import uuid4

import pytest
from google.cloud import storage
from hypothesis import settings as hypothesis_settings

from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.migrate import migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local import deadline, processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.settings import Settings, settings
from tests.databases import Databases
from tests.programs import Programs

PROJECT = Path(__file__).parents[1]

# The same examples in every run, and no limit of time on one: a busy machine fails nothing.
hypothesis_settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis_settings.load_profile("suite")

# What `make up` or a person wrote into the `.env` of this checkout is no test's business.
Settings.model_config["env_file"] = None


@pytest.fixture(autouse=True)
def settings_of_its_own() -> None:
    """Let the test read the settings of its own environment, not those that a test before it has read."""
    settings.cache_clear()


@pytest.fixture(scope="session")
def service_folder() -> Iterator[Path]:
    """A folder of this test process that every account may enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="nooks-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server(service_folder: Path) -> Iterator[Postgres]:
    """A Postgres of this test process: fast, and forgetful on a power cut."""
    server = Postgres(service_folder / "postgres", free_port(), durable=False)
    process = server.start(service_folder / "postgres.log")
    yield server
    processes.stop(process, grace=5, first=signal.SIGQUIT)


@pytest.fixture(scope="session")
def template_database(postgres_server: Postgres) -> str:
    """The name of a migrated database that others are copied from.

    It has the partitions of the connection that most tests sync: making and dropping them would cost each 70 ms of CPU.
    """
    url = postgres_server.url.replace("/postgres", "/template_nooks")
    migrate(url)
    database = Database(url, size=1)
    ensure_partitions(database, "acme-salesforce")
    database.close()
    return "template_nooks"


@pytest.fixture(scope="session")
def databases(postgres_server: Postgres, template_database: str) -> Databases:
    """What lends each test its database, or all tests of a module one."""
    return Databases(postgres_server, template_database)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The address of a fresh, migrated database of this test alone."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The fresh database of this test, through our own pool."""
    database = Database(database_url, size=4)
    yield database
    database.close()


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    """What runs programs of tests in processes of their own."""
    made = Programs()
    yield made
    made.close()


@pytest.fixture(scope="session")
def lake_server(service_folder: Path) -> Iterator[str]:
    """The address of a lake of this test process, which `STORAGE_EMULATOR_HOST` names too."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "sandbox.gcs",
        "--data",
        str(service_folder / "lake"),
        "--port",
        str(port),
    ]
    process = processes.start(command, service_folder / "lake.log", cwd=PROJECT)
    address = f"http://127.0.0.1:{port}"
    wait_until_it_answers(address, service_folder / "lake.log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", address)
        yield address
    processes.stop(process, grace=5)


@pytest.fixture
def lake(lake_server: str, tmp_path: Path) -> Lake:
    """A fresh bucket of this test alone."""
    name = f"test-{uuid4().hex[:12]}"
    storage.Client(project="nooks").create_bucket(name)
    return Lake(name, scratch=tmp_path / "scratch")


def wait_until_it_answers(address: str, log: Path) -> None:
    """Return when a server gives any answer; fail with its log when it does not."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in deadline.polls(60):
        try:
            opener.open(address, timeout=10).close()
        except HTTPError:
            return
        except (URLError, ConnectionError, TimeoutError):
            continue
        return
    pytest.fail(f"{address} did not answer within 60 s:\n{log.read_text(errors='replace')[-2000:]}")
