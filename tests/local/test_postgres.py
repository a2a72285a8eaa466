"""The embedded Postgres: what a crash, a reboot or a neighbour leaves, it starts from; what it cannot, it says."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from nooks_dagster.failures import Permanent, Transient
from nooks_dagster.local import binaries, postgres, processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.local.processes import Process

Start = Callable[[Postgres], Process]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's account may enter, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="nooks-pg-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    running: list[Process] = []

    def run(server: Postgres) -> Process:
        running.append(server.start(folder / "postgres.log", seconds=30))
        return running[-1]

    yield run
    processes.stop(*running, grace=10, first=signal.SIGQUIT)


@pytest.fixture(scope="module")
def new_data(service_folder: Path) -> Path:
    """A data folder as initdb leaves it: a copy takes a tenth of the time."""
    server = Postgres(service_folder / "new", free_port(), durable=False)
    server.prepare()
    return server.home()


@pytest.fixture
def empty(folder: Path) -> Postgres:
    """A server that has never been started."""
    return Postgres(folder / "postgres", free_port(), durable=False)


@pytest.fixture
def server(folder: Path, new_data: Path) -> Postgres:
    """A server with a data folder."""
    subprocess.run(["cp", "-a", str(new_data), str(folder / "postgres")], check=True)
    return Postgres(folder / "postgres", free_port())


def test_committed_rows_survive_kill_9(server: Postgres, start: Start) -> None:
    process = start(server)
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(process.pid, signal.SIGKILL)
    start(server)
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT count(*), sum(n) FROM kept").fetchone() == (1000, 500500)


def test_a_backend_that_outlived_its_server_does_not_hold_up_the_next(server: Postgres, start: Start) -> None:
    process = start(server)
    with psycopg.connect(server.url) as connection:
        backend = Process.of(connection.info.backend_pid)
        os.kill(backend.pid, signal.SIGSTOP)  # so it cannot notice that its server has gone
        os.kill(process.pid, signal.SIGKILL)
        start(server)
    assert not backend.alive()


def test_a_pid_file_whose_number_another_process_has_is_no_obstacle(server: Postgres, start: Start) -> None:
    process = start(server)
    os.kill(process.pid, signal.SIGKILL)
    file = server.home() / "data" / "postmaster.pid"
    file.write_text(file.read_text().replace(str(process.pid), str(os.getpid()), 1))
    assert start(server).alive()


def test_an_interrupted_initdb_is_done_again(empty: Postgres, start: Start) -> None:
    half = empty.home() / "data.part"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert start(empty).alive()
    assert not half.exists()


def test_a_second_server_on_the_same_data_is_refused(server: Postgres, start: Start) -> None:
    start(server)
    with pytest.raises(Transient, match="already runs in"):
        server.prepare()


def test_a_busy_port_is_told_with_the_process_that_holds_it(server: Postgres) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", server.port))
        holder.listen()
        with pytest.raises(Transient, match=rf"Port {server.port} .* \(process {os.getpid()}\)"):
            server.prepare()


def test_data_of_another_major_version_is_left_alone(server: Postgres) -> None:
    server.prepare()
    (server.home() / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(Permanent, match=r"written by Postgres 9\.6.*NOOKS_PG_BIN"):
        server.prepare()


def test_a_folder_with_other_things_in_it_is_left_alone(empty: Postgres) -> None:
    (empty.home() / "data").mkdir(parents=True)
    (empty.home() / "data" / "photo.jpg").touch()
    with pytest.raises(Permanent, match="is not a Postgres data folder"):
        empty.prepare()
    assert (empty.home() / "data" / "photo.jpg").exists()


def test_a_full_disk_is_told_before_anything_is_written(empty: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "ROOM", 1 << 60)
    with pytest.raises(Transient, match="MB left and Postgres needs"):
        empty.prepare()
    assert not (empty.home() / "data").exists()


def test_values_of_rows_do_not_reach_the_log_of_the_server(server: Postgres, start: Start, folder: Path) -> None:
    start(server)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (email text PRIMARY KEY, n int)")
        connection.execute("INSERT INTO people VALUES ('ada@example.com', 1)")
        for statement in (
            "INSERT INTO people VALUES ('ada@example.com', 2)",  # the detail of the error has the address
            "SELECT 'ada@example.com'::int",  # its message has
            "SELEKT 'ada@example.com'",  # the statement has
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
        with pytest.raises(psycopg.Error):
            connection.execute("INSERT INTO people VALUES (%s, 3)", ["ada@example.com"])
    assert "ada" not in (folder / "postgres.log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another account")
def test_root_may_keep_the_project_and_the_binaries_below_a_closed_home(
    folder: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder / "root"
    home.mkdir(mode=0o700)
    package = binaries.find().parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, home / part.name, symlinks=True)
    monkeypatch.setenv("NOOKS_PG_BIN", str(home / package.name / "pginstall18" / "bin"))
    server = Postgres(home / ".nooks" / "postgres", free_port(), durable=False)
    try:
        assert start(server).alive()
        assert home.stat().st_mode & 0o777 == 0o700
    finally:
        process = int((server.home() / "data" / "postmaster.pid").read_text().splitlines()[0])
        processes.stop(Process.of(process), grace=10, first=signal.SIGQUIT)
        shutil.rmtree(server.home())
