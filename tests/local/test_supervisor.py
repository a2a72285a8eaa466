"""The supervisor: what dies is started again, what runs is adopted, what must go goes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from nooks_dagster.failures import Permanent
from nooks_dagster.local import deadline, health, processes, record
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.processes import Process
from nooks_dagster.local.record import Entry
from nooks_dagster.local.services import Service
from nooks_dagster.local.supervisor import Supervisor

Begin = Callable[..., Supervisor]


def web(name: str = "web", *, needs: tuple[str, ...] = (), patience: float = 60) -> Service:
    """A real server: `python -m http.server`."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    probe = lambda _: health.http(f"http://127.0.0.1:{port}")  # noqa: E731
    return Service(name, name, lambda: command, probe, needs, port=port, patience=patience, grace=0.5)


def script(name: str, code: str, *, task: bool = False, grace: float = 10) -> Service:
    return Service(name, name, lambda: [sys.executable, "-c", code], task=task, grace=grace)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin a supervisor over services, in this process; everything it started is stopped at the end."""
    begun: list[Supervisor] = []

    def make(*services: Service) -> Supervisor:
        begun.append(Supervisor(services, tmp_path, digest="", marker=str(tmp_path)))
        begun[-1].adopt()
        return begun[-1]

    yield make
    processes.stop(*processes.carriers("NOOKS_STACK", str(tmp_path)), grace=0)


def entries(folder: Path) -> dict[str, Entry]:
    return {entry.name: entry for entry in record.read(folder / "stack.json").entries}


def until(supervisor: Supervisor, folder: Path, name: str, wanted: Callable[[Entry], bool]) -> Entry:
    for _ in deadline.polls(60):
        supervisor.look()
        if wanted(entry := entries(folder)[name]):
            return entry
    pytest.fail(f"{name} is still {entry}")


def well(entry: Entry) -> bool:
    return entry.state == "well"


def test_a_killed_service_is_started_again_at_once(begin: Begin, tmp_path: Path) -> None:
    supervisor = begin(web())
    first = until(supervisor, tmp_path, "web", well).process
    assert first
    os.kill(first.pid, signal.SIGKILL)
    second = until(supervisor, tmp_path, "web", lambda entry: well(entry) and entry.starts == 2).process
    assert second
    assert second != first
    assert "killed by SIGKILL" in (tmp_path / "log" / "web.log").read_text()


def test_a_service_that_keeps_dying_is_tried_more_and_more_rarely(begin: Begin, tmp_path: Path) -> None:
    supervisor = begin(script("lame", "raise SystemExit('no disk')"))
    entry = until(supervisor, tmp_path, "lame", lambda entry: entry.starts == 3 and entry.process is None)
    assert entry.problem == "lame ended (exit code 1): no disk"
    assert "trying again in 0.0 s" in (tmp_path / "log" / "lame.log").read_text()
    assert "trying again in 2.0 s" in (tmp_path / "log" / "lame.log").read_text()


def test_a_service_waits_for_what_it_needs(begin: Begin, tmp_path: Path) -> None:
    supervisor = begin(web("database"), web("user", needs=("database",)))
    supervisor.look()
    assert entries(tmp_path)["user"].starts == 0
    until(supervisor, tmp_path, "user", well)


def test_a_task_is_done_once(begin: Begin, tmp_path: Path) -> None:
    supervisor = begin(script("task", "print('done')", task=True))
    until(supervisor, tmp_path, "task", lambda entry: entry.state == "done")
    supervisor.look()
    assert entries(tmp_path)["task"].starts == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is no zombie before it has ended")
def test_a_task_has_not_ended_before_its_last_thread(begin: Begin, tmp_path: Path) -> None:
    code = """if True:
        import ctypes, os, sys, threading, time
        def last():
            while not os.path.exists("ends"): time.sleep(0.01)
            os._exit(0)
        threading.Thread(target=last).start()
        ctypes.CDLL(None).pthread_exit(None)"""

    def zombie(entry: Entry) -> bool:
        return entry.process is not None and psutil.Process(entry.process.pid).status() == psutil.STATUS_ZOMBIE

    supervisor = begin(replace(script("task", code, task=True), folder=tmp_path))
    until(supervisor, tmp_path, "task", zombie)
    supervisor.look()
    (tmp_path / "ends").touch()
    assert until(supervisor, tmp_path, "task", lambda entry: entry.state != "starting").state == "done"


def test_why_a_service_cannot_be_started_is_on_record(begin: Begin, tmp_path: Path) -> None:
    def prepare() -> list[str]:
        raise Permanent("Port 5432 is held by nginx (process 7).", next_step="Stop it.")

    supervisor = begin(Service("blocked", "blocked", prepare))
    supervisor.look()
    assert entries(tmp_path)["blocked"].problem == "Port 5432 is held by nginx (process 7). Stop it."


def test_a_service_that_no_longer_answers_is_restarted(begin: Begin, tmp_path: Path) -> None:
    supervisor = begin(web(patience=2.0))
    first = until(supervisor, tmp_path, "web", well)
    assert first.process
    os.kill(first.process.pid, signal.SIGSTOP)
    health_seconds, health.SECONDS = health.SECONDS, 0.2
    try:
        for _ in deadline.polls(60):
            supervisor._asked += 1
            supervisor._answer()
            again = entries(tmp_path)["web"]
            if again.starts > first.starts and well(again):
                return
    finally:
        health.SECONDS = health_seconds
    pytest.fail("it was not restarted")


def test_a_code_server_that_lost_the_child_that_loads_the_code_is_restarted(begin: Begin, tmp_path: Path) -> None:
    port = free_port()
    code = f"""import http.server, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
http.server.HTTPServer(("127.0.0.1", {port}), http.server.BaseHTTPRequestHandler).serve_forever()"""
    command = [sys.executable, "-c", code]
    probe = lambda _: health.code_server(port)  # noqa: E731
    supervisor = begin(Service("code", "code", lambda: command, probe, port=port, patience=60, grace=0.5))
    first = until(supervisor, tmp_path, "code", well).process
    assert first
    first.family()[1].kill()
    supervisor._asked += 1
    supervisor._answer()
    until(supervisor, tmp_path, "code", lambda entry: entry.starts == 2 and well(entry))


def test_a_successor_adopts_what_runs(begin: Begin, tmp_path: Path) -> None:
    service = web()
    first = until(begin(service), tmp_path, "web", well)
    second = until(begin(service), tmp_path, "web", well)  # a second supervisor that never heard of the first
    assert second.process == first.process
    assert (second.adopted, second.starts) == (True, 0)


def test_a_successor_restarts_an_adopted_service_when_it_dies(begin: Begin, tmp_path: Path) -> None:
    service = web()
    first = until(begin(service), tmp_path, "web", well).process
    assert first
    successor = begin(service)
    os.kill(first.pid, signal.SIGKILL)
    assert until(successor, tmp_path, "web", lambda entry: well(entry) and entry.starts == 1).process != first


def test_a_number_that_another_process_has_now_is_not_adopted(begin: Begin, tmp_path: Path) -> None:
    service = web()
    until(begin(service), tmp_path, "web", well)
    known = record.read(tmp_path / "stack.json")
    ours = known.entries[0].process
    assert ours
    known.entries[0].process = Process(os.getpid(), ours.started)  # this very test: it must survive
    known.write(tmp_path / "stack.json")
    entry = until(begin(service), tmp_path, "web", well)
    assert (entry.adopted, entry.starts) == (False, 1)


def test_a_survivor_of_ours_on_the_port_makes_room(begin: Begin, tmp_path: Path) -> None:
    service = web()
    first = until(begin(service), tmp_path, "web", well).process
    assert first
    (tmp_path / "stack.json").unlink()  # the record is lost, the process is not
    second = until(begin(service), tmp_path, "web", well)
    assert second.starts == 1
    assert not first.alive()


def test_a_stranger_on_the_port_is_left_alone(begin: Begin, tmp_path: Path) -> None:
    service = web()
    with subprocess.Popen(service.prepare(), stderr=subprocess.DEVNULL) as stranger:
        for _ in deadline.polls(60):
            try:
                health.listens(service.port or 0)
                break
            except OSError:
                continue
        supervisor = begin(service)
        held = f"Port {service.port} is held by "
        entry = until(supervisor, tmp_path, "web", lambda entry: entry.problem.startswith(held))
        assert f"(process {stranger.pid})" in entry.problem
        assert "put another port into .env" in entry.problem
        assert stranger.poll() is None
        stranger.kill()


def test_what_is_no_longer_declared_is_stopped(begin: Begin, tmp_path: Path) -> None:
    old = until(begin(web("old")), tmp_path, "old", well).process
    assert old
    begin(web("new"))
    assert not old.alive()


def test_all_is_stopped_in_reverse_order_strays_first(begin: Begin, tmp_path: Path) -> None:
    ending = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print({!r})))\n"
        "print('up', flush=True); time.sleep(60)"
    )
    supervisor = begin(script("one", ending.format("one")), script("two", ending.format("two")))
    for name in ("one", "two"):
        until(supervisor, tmp_path, name, lambda _, name=name: "up" in (tmp_path / "log" / f"{name}.log").read_text())
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    stray = processes.start(sleeper, tmp_path / "log" / "stray.log", cwd=tmp_path, env={"NOOKS_STACK": str(tmp_path)})
    supervisor.stop()
    supervisor.run()
    assert not stray.alive()
    assert [entry.state for entry in entries(tmp_path).values()] == ["stopped", "stopped"]
    assert (tmp_path / "log" / "two.log").stat().st_mtime <= (tmp_path / "log" / "one.log").stat().st_mtime


def test_who_ignores_sigterm_is_killed_with_its_children(begin: Begin, tmp_path: Path) -> None:
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print('up', flush=True)\n"
        "time.sleep(60)"
    )
    supervisor = begin(script("deaf", code, grace=0.3))
    entry = until(supervisor, tmp_path, "deaf", lambda _: "up" in (tmp_path / "log" / "deaf.log").read_text())
    assert entry.process
    family = entry.process.family()
    assert len(family) == 2
    supervisor.stop()
    supervisor.run()
    assert not any(member.is_running() for member in family)


def test_a_service_takes_sigint_even_if_we_ignore_it(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a recipe of make
    try:
        code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
        process = processes.start([sys.executable, "-c", code], tmp_path / "log", cwd=tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    for _ in deadline.polls(60):
        if process.exit_code() is not None:
            break
    assert (tmp_path / "log").read_text().strip() == "True"


def test_a_record_that_a_crash_or_another_release_left_is_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    file.write_text('{"digest": "x", "entr')
    assert record.read(file).entries == []
    file.write_text('{"digest": "x", "supervisor": {"pid": 1, "started": 2.0}, "colour": "red", "entries": []}')
    assert record.read(file).supervisor == Process(1, 2.0)


def test_a_log_that_has_grown_large_is_put_aside(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with (tmp_path / "log" / "web.log").open("wb") as file:
        file.truncate(21 << 20)
    until(begin(web()), tmp_path, "web", well)
    assert (tmp_path / "log" / "web.old.log").stat().st_size == 21 << 20
    assert (tmp_path / "log" / "web.log").stat().st_size < 1 << 20
