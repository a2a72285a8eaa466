"""One `nooks ingest` of two processes for the tests of a module, with a database, a bucket and keys of its own."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from google.cloud import storage

from nooks_dagster.calls.ingest.keys import Keys
from nooks_dagster.database.pool import Database
from nooks_dagster.local import processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.calls.ingest.things import Dialer, Server, add_workspaces
from tests.calls.ingest.wire import Wire
from tests.conftest import PROJECT, wait_until_it_answers
from tests.databases import Databases


@pytest.fixture(scope="session")
def server(
    postgres_server: Postgres, databases: Databases, lake_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running server and what it stands on."""
    with databases.lent() as url:
        yield from _served(postgres_server, url, Path(tmp_path_factory.mktemp("ingest")))


def _served(postgres_server: Postgres, url: str, home: Path) -> Iterator[Server]:
    bucket = f"ingest-{uuid4().hex[:12]}"
    storage.Client(project="nooks").create_bucket(bucket)
    db, port, log, wire = Database(url, size=2), free_port(), home / "ingest.log", Wire(postgres_server.port)
    workspaces = ("acme", "globex", "initech")
    add_workspaces(db, *workspaces)
    keys = Keys(db, FileSecrets(home / "secrets"))
    acme, globex, initech = (Dialer(port, keys.add(workspace)) for workspace in workspaces)
    variables = {
        "NOOKS_POSTGRES_URL": url.replace(f":{postgres_server.port}/", f":{wire.port}/"),
        "NOOKS_HOME": str(home),
        "NOOKS_LAKE_BUCKET": bucket,
        "NOOKS_INGEST_PORT": str(port),
        "NOOKS_INGEST_LIVE_CALLS": "2",
        "NOOKS_CALLS_RECORDING_MEGABYTES": "1",
    }
    command = [sys.executable, "-m", "nooks_dagster.calls.ingest", "--workers", "2"]
    process = processes.start(command, log, cwd=PROJECT, env={**os.environ, **variables})
    wait_until_it_answers(f"http://127.0.0.1:{port}/healthz", log)
    yield Server(port, log, home, db, bucket, keys, wire, acme, globex, initech)
    processes.stop(process, grace=20, first=signal.SIGTERM)
    wire.cut()
    db.close()
