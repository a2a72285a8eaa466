"""The sandbox as a process: a small org behind the real host names.

Belongs here: starting it and pointing this process at it. Does not: scripted answers (`fake_org`).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nooks_dagster.local import deadline, processes

PROJECT = Path(__file__).parents[3]
SECRET = {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme", "domain": "acme.my"}
USER = {"username": "admin@acme.example", "password": "sandbox-password", "security_token": "sandboxtoken"}


@dataclass(frozen=True)
class World:
    """A sandbox that is being served."""

    state: Path
    port: int

    @property
    def variables(self) -> dict[str, str]:
        """What points this process at it."""
        bundle = str(self.state / "ca-bundle.pem")
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.port}",
            "NO_PROXY": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def truth(self, name: str) -> list[dict[str, Any]]:
        """Return every row of an object as the sandbox knows it."""
        command = [sys.executable, "-m", "sandbox", "truth", name, "--org", "acme", "--state", str(self.state)]
        output = subprocess.run(command, check=True, capture_output=True, cwd=PROJECT).stdout
        return [json.loads(line) for line in output.splitlines()]


@contextmanager
def served(folder: Path, accounts: int) -> Iterator[World]:
    """Serve a seeded org `acme` for as long as the block lasts."""
    state, log = folder / "sandbox", folder / "sandbox.log"
    options = ["--state", str(state), "--port", "0", "--org", "acme", "--accounts", str(accounts)]
    process = processes.start([sys.executable, "-m", "sandbox", "serve", *options], log, cwd=PROJECT)
    try:
        yield World(state, _port(state / "serving", log))
    finally:
        processes.stop(process, grace=5)


def _port(note: Path, log: Path) -> int:
    for _ in deadline.polls(30):
        if note.exists() and note.read_text().isdigit():
            return int(note.read_text())
    raise AssertionError(f"The sandbox did not start:\n{log.read_text(errors='replace')[-2000:]}")
