"""The services of one measurement, on free ports and in a folder of their own: Postgres, the lake, the sandbox.

Belongs here: starting them as `make up` does, connecting the org, stopping them for certain.
Does not: measuring them (`benchmarks.history`).
"""

import json
import shutil
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.crms import WORKSPACE, Crm
from nooks_dagster.crm.rows.tables import ensure_partitions, partition_name
from nooks_dagster.database.migrate import migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Transient
from nooks_dagster.local import deadline, health, processes
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.local.processes import Process
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.secrets import FileSecrets

PROJECT = Path(__file__).parents[1]
BUCKET = "nooks-lake"
YARDSTICK = "yardstick"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Services:
    """What runs, and what points a process at it.

    Attributes:
        crm: The kind of CRM whose org is connected.
        folder: Everything that is written is below it.
        url: The platform's database.
        sandbox_port: The port of the outside world.
        running: The root process of each service: postgres, lake, sandbox.
        variables: The environment of a process that works with them.
    """

    crm: Crm
    folder: Path
    url: str
    sandbox_port: int
    running: Mapping[str, Process]
    variables: Mapping[str, str]

    def counters(self) -> dict[str, Any]:
        """Return what the sandbox saw."""
        return self.control("counters")

    def control(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> dict[str, Any]:
        """Ask the sandbox by its control interface, or tell it something: with a body it is a POST."""
        address = f"http://127.0.0.1:{self.sandbox_port}/control/{path}"
        told = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, told, {"content-type": "application/json"}, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=30) as answer:
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


@contextmanager
def services(
    crm: Crm, accounts: int, world: Sequence[str] = (), settings: Mapping[str, str] | None = None
) -> Iterator[Services]:
    """Run the services for as long as the block lasts, with an org of so many accounts connected; then erase them.

    Args:
        crm: Whose org.
        accounts: How many.
        world: More options of the sandbox.
        settings: More variables of the processes that work with the services.
    """
    folder = Path(tempfile.mkdtemp(prefix="nooks-bench-"))
    folder.chmod(0o755)  # root's Postgres runs under another account
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        undo.enter_context(ended_by_sigterm())
        made = _started(crm, folder, [*crm.world(accounts), *world], undo)
        yield replace(made, variables={**made.variables, **(settings or {})})


def _started(crm: Crm, folder: Path, options: Sequence[str], undo: ExitStack) -> Services:
    server = Postgres(folder / "postgres", free_port())
    postgres = server.start(folder / "postgres.log")
    undo.callback(processes.stop, postgres, grace=30, first=signal.SIGINT)
    url = server.url.replace("/postgres", "/nooks")
    migrate(url)

    lake_port, sandbox_port = free_port(), free_port()
    data = ["--data", str(folder / "lake"), "--port", str(lake_port), "--bucket", BUCKET]
    lake = _start("sandbox.gcs", data, folder, f"http://127.0.0.1:{lake_port}/storage/v1/b/{BUCKET}", undo)
    world = ["serve", "--state", str(folder / "sandbox"), "--port", str(sandbox_port), *options]
    sandbox = _start("sandbox", world, folder, f"http://127.0.0.1:{sandbox_port}/health", undo)

    _connect(crm, url, folder)
    environment = Environment(folder, _values(folder, url, lake_port, sandbox_port))
    running = {"postgres": postgres, "lake": lake, "sandbox": sandbox}
    return Services(crm, folder, url, sandbox_port, running, environment.variables())


def _start(module: str, options: list[str], folder: Path, probe: str, undo: ExitStack) -> Process:
    log = folder / f"{module}.log"
    process = processes.start([sys.executable, "-m", module, *options], log, cwd=PROJECT)
    undo.callback(processes.stop, process, grace=10)
    for _ in deadline.polls(START_SECONDS):
        try:
            if not health.http(probe):
                return process
        except OSError:
            if not process.alive():
                break
    last = log.read_text(errors="replace").strip()[-2000:]
    raise Transient(f"The service {module} did not start: {last}", next_step="Free some memory or disk; try again.")


def _connect(crm: Crm, url: str, folder: Path) -> None:
    """Register the org, and a connection for the yardstick's rows, which has partitions and nothing else."""
    db = Database(url, size=1)
    try:
        for name in (crm.connection, YARDSTICK):
            ensure_partitions(db, name)
            _vacuumed_by_us(db, name)
        reference = FileSecrets(folder / "secrets").put(crm.connection, crm.secret)
        Registry(db).add_connection(WORKSPACE, crm.kind, crm.config, reference, sandbox=True)
    finally:
        db.close()


def _vacuumed_by_us(db: Database, connection: str) -> None:
    """Keep autovacuum away: it comes once a minute, so that whoever takes longer would pay for it."""
    table = sql.Identifier("crm", partition_name("contacts", connection))
    with db.transaction() as conn:
        conn.execute(sql.SQL("ALTER TABLE {} SET (autovacuum_enabled = off)").format(table))


def _values(folder: Path, url: str, lake_port: int, sandbox_port: int) -> dict[str, str]:
    bundle = str(folder / "sandbox" / "ca-bundle.pem")
    return {
        "PYTHONPATH": str(PROJECT),
        "NOOKS_HOME": str(folder),
        "NOOKS_POSTGRES_URL": url,
        "NOOKS_LAKE_BUCKET": BUCKET,
        "NOOKS_SANDBOX": "true",
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{lake_port}",
        "HTTPS_PROXY": f"http://127.0.0.1:{sandbox_port}",
        "NO_PROXY": "localhost,127.0.0.1",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
    }


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind the block, so that services are stopped too."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def settled(url: str, table: str) -> None:
    """Write out and vacuum what came before, so that a measurement does not pay for it."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"VACUUM (ANALYZE) {table}".encode())
        conn.execute("CHECKPOINT")
