"""`make bench-ingest`: what it costs to accept a call, in CPU of the server and of Postgres, and how long it takes.

Belongs here: the load, and the figures. Does not: what becomes of the calls.
Run as `python -m benchmarks.ingest --calls 3000 --connections 16`. Postgres is durable, as in production.
"""

import argparse
import hmac
import http.client
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from benchmarks.accounting import cpu_of_tree, resident_mb
from benchmarks.services import PROJECT
from nooks_dagster.calls.ingest.keys import Issued, Keys
from nooks_dagster.database.migrate import migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline, health, processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.local.processes import Process
from nooks_dagster.workspaces.secrets import FileSecrets

CALL = {
    "direction": "outbound",
    "started_at": "2026-11-29T10:00:00Z",
    "ended_at": "2026-11-29T10:05:00Z",
    "disposition": "connected",
    "recording_consent": True,
    "rep": {"name": "Rina Rep", "email": "rina@acme.example", "crm_user_id": "005000000000001AAA"},
    "prospect": {"name": "Pia Prospect", "phone": "+14155550100"},
    "title": "Discovery",
}


@dataclass(frozen=True, slots=True)
class House:
    """What runs: the server on its port, Postgres, and a key that the server knows."""

    port: int
    key: Issued
    server: Process
    postgres: Process


def send(port: int, key: Issued, calls: int, connections: int) -> list[float]:
    """Send so many calls over so many connections that are kept; return how long each took, in order of that."""

    def one(connection: int) -> list[float]:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        return [_sent(line, key, f"{connection}-{number}") for number in range(calls // connections)]

    with ThreadPoolExecutor(connections) as pool:
        return sorted(chain.from_iterable(pool.map(one, range(connections))))


def _sent(line: http.client.HTTPConnection, key: Issued, call_id: str) -> float:
    body, now = json.dumps(CALL | {"call_id": call_id}).encode(), str(int(time.time()))
    right = hmac.new(key.secret.encode(), now.encode() + b"." + body, "sha256").hexdigest()
    headers = {"X-Nooks-Key": key.key, "X-Nooks-Timestamp": now, "X-Nooks-Signature": f"v1={right}"}
    began = time.perf_counter()
    line.request("POST", "/v1/calls", body, {"Content-Type": "application/json", **headers})
    answer = line.getresponse()
    answer.read()
    if answer.status != 202:
        raise RuntimeError(f"a call was answered with {answer.status}")
    return time.perf_counter() - began


@contextmanager
def house() -> Iterator[House]:
    """Run a server with a database and a key of its own for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="nooks-bench-"))
    folder.chmod(0o755)  # root's Postgres runs under another account
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        postgres = Postgres(folder / "postgres", free_port())
        running = postgres.start(folder / "postgres.log")
        undo.callback(processes.stop, running, grace=30, first=signal.SIGINT)
        url = postgres.url.replace("/postgres", "/nooks")
        migrate(url)
        db = Database(url, size=1)
        undo.callback(db.close)
        key = Keys(db, FileSecrets(folder / "secrets")).add("acme", new=True)
        port = free_port()
        variables = {"NOOKS_POSTGRES_URL": url, "NOOKS_HOME": str(folder), "NOOKS_INGEST_PORT": str(port)}
        server = _served({**os.environ, "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9", **variables}, port, folder)
        undo.callback(processes.stop, server, grace=30)
        yield House(port, key, server, running)


def _served(variables: dict[str, str], port: int, folder: Path) -> Process:
    command = [sys.executable, "-m", "nooks_dagster.calls.ingest"]
    server = processes.start(command, folder / "ingest.log", cwd=PROJECT, env=variables)
    for _ in deadline.polls(60):
        try:
            if not health.http(f"http://127.0.0.1:{port}/healthz"):
                return server
        except OSError:
            continue
    raise RuntimeError((folder / "ingest.log").read_text())


def figures(standing: House, calls: int, connections: int) -> Sequence[str]:
    """Send calls, and return what that cost, a line each."""
    used = [cpu_of_tree(process.pid) for process in (standing.server, standing.postgres)]
    began = time.perf_counter()
    took = send(standing.port, standing.key, calls, connections)
    seconds = time.perf_counter() - began
    server, postgres = (
        (cpu_of_tree(process.pid) - before) * 1000 / len(took)
        for process, before in zip((standing.server, standing.postgres), used, strict=True)
    )
    return [
        f"{len(took):,} calls over {connections} connections: {len(took) / seconds:,.0f} a second",
        f"CPU of a call: server {server:.2f} ms, Postgres {postgres:.2f} ms",
        f"answered in: median {took[len(took) // 2] * 1000:.1f} ms, p99 {took[len(took) * 99 // 100] * 1000:.1f} ms",
        f"memory of the server: {resident_mb(standing.server.pid):.0f} MB",
    ]


def main() -> None:
    """Measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=1)
    told = parser.parse_args()
    with house() as standing:
        print("\n".join(figures(standing, told.calls, told.connections)))


if __name__ == "__main__":
    main()
