"""Serving: what one server does is no other's harm."""

import os
import subprocess
import sys

from tests.calls.ingest.things import Server, ask
from tests.conftest import PROJECT


def test_a_second_server_on_the_same_port_ends_and_takes_nothing_from_the_first(server: Server) -> None:
    ask(server.port, "GET", "/counted-before")
    command = [sys.executable, "-m", "nooks_dagster.calls.ingest", "--port", str(server.port)]
    variables = {**os.environ, "NOOKS_HOME": str(server.home)}
    second = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    assert second.returncode != 0
    assert "address already in use" in second.stderr
    page = ask(server.port, "GET", "/metrics")
    assert page.status == 200
    assert 'nooks_ingest_requests_total{route="other",status="404"}' in page.body.decode()
