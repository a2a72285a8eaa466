"""What a process used is counted whole, also when it ended long before anybody looked."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from benchmarks import work
from benchmarks.accounting import cpu_of_tree, peak_mb
from benchmarks.watching import Watch
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.local.postgres import Postgres

TICK = 0.01  # seconds: what the kernel counts in
BURN = "import time\nwhile time.process_time() < 0.5: pass"
COUNT = "SELECT count(*) FROM generate_series(1, 1500000)"


def test_the_cpu_of_a_child_that_ended_is_its_parents() -> None:
    before = cpu_of_tree(os.getpid())
    subprocess.run([sys.executable, "-c", BURN], check=True)
    assert cpu_of_tree(os.getpid()) - before >= 0.5 - 2 * TICK


def test_the_cpu_of_a_session_that_ended_is_in_its_servers(postgres_server: Postgres, db: Database) -> None:
    with psycopg.connect(postgres_server.url) as conn:
        backend = psutil.Process(conn.info.backend_pid)
        (server,) = [parent.pid for parent in backend.parents() if parent.name() == "postgres"]
        before, idle = cpu_of_tree(server), cpu_of_tree(backend.pid)
        conn.execute(COUNT)
        used = cpu_of_tree(backend.pid) - idle
    backend.wait(timeout=60)
    assert used > 0.05
    assert cpu_of_tree(server) - before >= used - 2 * TICK


def test_the_peak_of_a_process_outlives_its_peak() -> None:
    hold = "held = bytearray(80_000_000); del held; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        assert peak_mb(process.pid) > 80
        process.stdin.close()


@pytest.fixture
def watch(postgres_server: Postgres) -> Watch:
    with psycopg.connect(postgres_server.url) as conn:
        parent = psutil.Process(conn.info.backend_pid).parent()
    assert parent
    return Watch(parent.pid)


def test_work_that_fails_says_why(watch: Watch, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="No module named no_such_module"):
        work.run("no_such_module", [], dict(os.environ), tmp_path, 60, watch)


def test_work_that_does_not_end_is_stopped(watch: Watch, tmp_path: Path) -> None:
    with pytest.raises(Permanent, match=r"did not end within 1 s"):
        work.run("http.server", ["--bind", "127.0.0.1", "0"], dict(os.environ), tmp_path, 1, watch)
    commands = [child.as_dict(["cmdline"])["cmdline"] or [] for child in psutil.Process().children()]
    assert not [command for command in commands if "http.server" in command]
