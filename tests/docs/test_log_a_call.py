"""`docs/log-a-call.md`: its programs, run against `nooks ingest` as a person starts and stops it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from nooks_dagster.calls.ingest.keys import Issued, Keys
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.ports import free_port
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.calls.ingest.things import add_workspaces, signed, told
from tests.conftest import wait_until_it_answers
from tests.docs.pages import PROJECT, ordered
from tests.sql import rows

PAGE = "log-a-call.md"
SERVE = [sys.executable, "-c", "from nooks_dagster.cli import app; app()", "ingest"]


@dataclass(frozen=True, slots=True)
class Served:
    """A running `nooks ingest`, a key, and what a program of the page is given."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    key: Issued
    variables: Mapping[str, str]


@pytest.fixture
def served(db: Database, database_url: str, lake: Lake, tmp_path: Path) -> Iterator[Served]:
    add_workspaces(db, "acme")
    port, log, home = free_port(), tmp_path / "ingest.log", tmp_path / "home"
    key = Keys(db, FileSecrets(home / "secrets")).add("acme")
    variables = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "NOOKS_POSTGRES_URL": database_url,
        "NOOKS_HOME": str(home),
        "TMPDIR": str(tmp_path / "temporary"),
        "NOOKS_LAKE_BUCKET": lake.uri("").split("/")[2],
        "NOOKS_INGEST_PORT": str(port),
        "INGEST": f"http://127.0.0.1:{port}",
        "CALLS_KEY": key.key,
        "CALLS_SECRET": key.secret,
    }
    (tmp_path / "temporary").mkdir()
    with log.open("wb") as output:
        process = subprocess.Popen(SERVE, cwd=PROJECT, env=variables, stdout=output, stderr=output)
    wait_until_it_answers(f"{variables['INGEST']}/healthz", log)
    yield Served(port, process, log, key, variables)
    process.kill()
    process.wait()


def test_the_programs_of_the_page_log_a_call_and_upload_a_recording(served: Served, db: Database, lake: Lake) -> None:
    for command, text in (
        (["bash", "-ec"], ordered(PAGE, "run", "with a key")),
        ([sys.executable, "-c"], ordered(PAGE, "run", "with a key and a recording")),
    ):
        done = subprocess.run([*command, text], env=served.variables, capture_output=True, text=True, check=False)
        assert "accepted" in done.stdout, done.stdout + done.stderr
    kept = [Submission.model_validate(row[0]) for row in rows(db, "select submission from calls.calls order by id")]
    assert [one.call_id for one in kept] == ["dialer-4711", "dialer-4712"]
    assert kept[1].recording
    name = kept[1].recording.uri.removeprefix(lake.uri(""))
    assert [(stored.name, stored.bytes) for stored in lake.objects("recordings/")] == [(name, 64_044)]
    check_that_a_request_under_way_is_answered_at_the_end(served, db)


def check_that_a_request_under_way_is_answered_at_the_end(served: Served, db: Database) -> None:
    """Stop the server in the middle of a body; another start, only for this, would cost five seconds."""
    body = json.dumps(told("under-way")).encode()
    headers = {"Host": "localhost", "Content-Type": "application/json", **signed(served.key, body)}
    lines = ["POST /v1/calls HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join([*lines, "Expect: 100-continue", f"Content-Length: {len(body)}", "", ""]).encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as line:
        line.sendall(head)
        assert b" 100 " in line.recv(65536)
        served.process.send_signal(signal.SIGTERM)
        line.sendall(body)
        assert b" 202 " in line.recv(65536)
    assert served.process.wait(60) == 0
    assert not list(Path(served.variables["TMPDIR"]).iterdir())
    assert "Traceback" not in served.log.read_text()
    assert rows(db, "select count(*) from calls.calls where call_id = 'under-way'") == [(1,)]
