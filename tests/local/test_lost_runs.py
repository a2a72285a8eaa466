"""Runs that did not survive a reboot are ended in Dagster; those that may live are left alone."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.local import environment, lost_runs
from nooks_dagster.local.processes import Process
from nooks_dagster.local.record import Record


class Dagster(HTTPServer):
    """The GraphQL of a UI that knows of one run in progress."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[dict[str, Any]] = []


class Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert isinstance(self.server, Dagster)
        self.server.asked.append(body["variables"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"data": {"runsOrError": {"results": [{"runId": "run-1"}]}}}).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def dagster() -> Iterator[Dagster]:
    with Dagster() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def root(tmp_path: Path, dagster: Dagster) -> Path:
    """A project whose supervisor has started just now."""
    (tmp_path / ".env").write_text(f"NOOKS_UI_PORT={dagster.server_port}\n")
    state = environment.ensure(tmp_path).state
    Record("", Process(os.getpid(), time.time())).write(state / "stack.json")
    return tmp_path


def test_runs_of_before_are_ended_when_nothing_of_before_lives(root: Path, dagster: Dagster) -> None:
    assert lost_runs.main(root) == 0
    assert dagster.asked[0]["before"] == pytest.approx(time.time(), abs=20)
    assert dagster.asked[1] == {"runs": ["run-1"]}


def test_no_run_is_ended_while_a_process_of_before_lives(root: Path, dagster: Dagster) -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, env={"NOOKS_STACK": str(root)}, stdin=subprocess.PIPE) as elder:
        Record("", Process(os.getpid(), time.time() + 5)).write(root / ".nooks" / "stack.json")
        assert lost_runs.main(root) == 0
        elder.kill()
    assert dagster.asked == []
