"""The local stack: every service that `make up` starts for what `.env` says, in order of need.

Belongs here: one declaration per service. A service whose address in `.env` is not local is not declared.
Does not: keep them alive (`nooks_dagster.local.supervisor`).
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TypedDict, Unpack

from nooks_dagster.local import health
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.local.sample_worlds import WORLDS, chosen
from nooks_dagster.local.services import Probe, Service
from nooks_dagster.settings import Settings

HOST = "127.0.0.1"
LOCATION = "nooks_dagster"
POOLS = {
    "crm_sync": ("crm_runs", 1),
    "llm": ("signals_runs", 1),
    "calls": ("calls_runs", 1),
    "calls_live": ("calls_live_workers", 2),  # a live worker and its successor overlap for minutes
}
"""The pools of runs, each with the setting that is its limit, and how often it counts."""
SET_LIMITS = """
import sys
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    for pool in sys.argv[1:]:
        name, limit = pool.split("=")
        instance.event_log_storage.set_concurrency_slots(name, int(limit))
"""
"""What `dagster instance concurrency set` does, for all pools in one process: most of each is the import of Dagster."""


class Options(TypedDict, total=False):
    """What the services of this file differ in; see `Service`."""

    probe: Probe
    needs: tuple[str, ...]
    task: bool
    port: int
    stops_whole_family: bool
    grace: float
    patience: float


class Stack:
    """The services of one project folder.

    Args:
        environment: The folder and its configuration.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._variables = environment.variables()

    def services(self) -> list[Service]:
        """Return the services, each after those that it needs.

        Raises:
            Permanent: A port is missing in `.env`.
        """
        environment = self._environment
        outside = [
            *([self._postgres()] if environment.is_local("NOOKS_POSTGRES_URL") else []),
            *([self._lake()] if environment.is_local("STORAGE_EMULATOR_HOST") else []),
            *([self._sandbox()] if environment.sandboxed else []),
        ]
        names = tuple(service.name for service in outside)
        schema = self._schema(tuple(name for name in names if name == "postgres"))
        dagster = [self._code_server(), schema, self._pools(), self._webserver(), self._lost_runs()]
        return [*outside, *dagster, self._ingest(), self._daemon(names)]

    def _postgres(self) -> Service:
        port = self._environment.port("NOOKS_POSTGRES_URL")
        server = Postgres(self._environment.state / "postgres", port)
        return Service(
            name="postgres",
            title=f"Postgres on port {port}",
            prepare=server.prepare,
            probe=lambda _: health.postgres(server.url),
            port=port,
            identity=server.account.identity,
            variables=self._variables,
            stop_signal=signal.SIGINT,  # fast: SIGTERM would wait for every client to leave
            grace=30,
            patience=None,  # recovery after a crash may take minutes, and killing it would begin it anew
        )

    def _lake(self) -> Service:
        port = self._environment.port("STORAGE_EMULATOR_HOST")
        bucket = self._environment.values.get("NOOKS_LAKE_BUCKET", "nooks-lake")
        data = str(self._environment.state / "lake")
        return self._ours(
            "lake",
            f"Lake on port {port}",
            [sys.executable, "-m", "sandbox.gcs", "--data", data, "--port", str(port), "--bucket", bucket],
            probe=lambda _: health.http(f"http://{HOST}:{port}/storage/v1/b/{bucket}"),
            port=port,
        )

    def _sandbox(self) -> Service:
        port = self._environment.port("HTTPS_PROXY")
        state = str(self._environment.state / "sandbox")
        samples = chosen(self._setting("samples"))
        accounts = [option for name in samples for option in WORLDS[name]]
        return self._ours(
            "sandbox",
            f"Sandbox, the outside world in miniature, on port {port}",
            [sys.executable, "-m", "sandbox", "serve", "--state", state, "--port", str(port), *accounts],
            probe=lambda _: health.http(f"http://{HOST}:{port}/health"),
            port=port,
        )

    def _code_server(self) -> Service:
        port = self._environment.port("NOOKS_CODE_SERVER_PORT")
        module = ["-m", f"{LOCATION}.definitions", "--location-name", LOCATION]
        return self._ours(
            "code-server",
            "Code server",
            [_program("dagster"), "code-server", "start", "--host", HOST, "--port", str(port), *module],
            probe=lambda _: health.code_server(port),
            port=port,
            stops_whole_family=True,
            grace=30,  # its runs are its children: each has 25 s to release what it holds
            patience=120,
        )

    def _schema(self, needs: tuple[str, ...]) -> Service:
        command = [sys.executable, "-m", "nooks_dagster.local.schema"]
        return self._ours("schema", "Database schemas", command, needs=needs, task=True)

    def _pools(self) -> Service:
        limits = [f"{name}={times * int(self._setting(setting))}" for name, (setting, times) in POOLS.items()]
        command = [sys.executable, "-c", SET_LIMITS, *limits]
        return self._ours("pools", "Limits of Dagster's pools of runs", command, needs=("schema",), task=True)

    def _ingest(self) -> Service:
        host, port = self._setting("ingest_host"), int(self._setting("ingest_port"))
        return self._ours(
            "ingest",
            f"Ingest, where dialers send calls, on port {port}",
            [sys.executable, "-m", "nooks_dagster.calls.ingest"],
            probe=lambda _: health.http(f"http://{host}:{port}/healthz"),
            needs=("schema",),
            port=port,
            grace=30,  # its requests have 25 s to end
        )

    def _webserver(self) -> Service:
        port = self._environment.port("NOOKS_UI_PORT")
        return self._ours(
            "webserver",
            f"Dagster's UI on port {port}",
            [_program("dagster-webserver"), "-h", HOST, "-p", str(port), "-w", self._workspace()],
            probe=lambda _: health.webserver(port),
            needs=("schema", "code-server"),
            port=port,
        )

    def _lost_runs(self) -> Service:
        command = [sys.executable, "-m", "nooks_dagster.local.lost_runs", str(self._environment.root)]
        return self._ours("lost-runs", "No run is lost", command, needs=("webserver",), task=True)

    def _daemon(self, needs: tuple[str, ...]) -> Service:
        url = self._variables.get("NOOKS_DAGSTER_POSTGRES_URL", "").replace("+psycopg2", "")
        return self._ours(
            "daemon",
            "Dagster's daemon: schedules, sensors, queue",
            [_program("dagster-daemon"), "run", "-w", self._workspace()],
            probe=lambda started: health.daemon(url, started),
            needs=(*needs, "pools", "code-server"),
            patience=300,
        )

    def _setting(self, name: str) -> str:
        return self._variables.get(f"NOOKS_{name.upper()}", str(Settings.model_fields[name].default))

    def _workspace(self) -> str:
        return str(self._environment.state / "dagster" / "workspace.yaml")

    def _ours(self, name: str, title: str, command: list[str], **rest: Unpack[Options]) -> Service:
        return Service(name, title, lambda: command, variables=self._variables, folder=self._environment.root, **rest)


def lay_out(environment: Environment) -> None:
    """Write what the services expect in the state folder; safe to repeat.

    Dagster's processes share one code server, so that two do not hold the same definitions in memory.
    """
    home = environment.state / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    link = home / "dagster.yaml"
    if not link.exists():
        link.unlink(missing_ok=True)  # a link that leads nowhere
        link.symlink_to(os.path.relpath(environment.root / "dagster.yaml", home))
    port = environment.port("NOOKS_CODE_SERVER_PORT")
    server = {"grpc_server": {"host": HOST, "port": port, "location_name": LOCATION}}
    (home / "workspace.yaml").write_text(json.dumps({"load_from": [server]}) + "\n")  # JSON is YAML


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)
