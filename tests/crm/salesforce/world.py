"""The sandbox as a process: a small org, and a portal if wanted, behind the real host names.

Belongs here: starting it and pointing this process at it. Does not: scripted answers (`fake_org`).
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.crm.sandboxes import PROJECT, Sandbox, serving_sandbox

SECRET = {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme", "domain": "acme.my"}
USER = {"username": "admin@acme.example", "password": "sandbox-password", "security_token": "sandboxtoken"}


class World(Sandbox):
    """A sandbox with an org `acme`."""

    def truth(self, name: str, portal: str = "") -> list[dict[str, Any]]:
        """Return every row of an object of the org, or of a portal, as the sandbox knows it."""
        whose = ["--portal", portal] if portal else ["--org", "acme"]
        command = [sys.executable, "-m", "sandbox", "truth", name, *whose, "--state", str(self.state)]
        output = subprocess.run(command, check=True, capture_output=True, cwd=PROJECT).stdout
        return [json.loads(line) for line in output.splitlines()]


@contextmanager
def served(folder: Path, accounts: int, *more: str, job_seconds: float = 0.3) -> Iterator[World]:
    """Serve a seeded org `acme` for as long as the block lasts; its Bulk jobs are quick, and their pages short.

    More options of the sandbox may make portals.
    """
    options = ["--org", "acme", "--accounts", str(accounts), "--bulk", "page_rows=100"]
    with serving_sandbox(folder, *options, "--bulk", f"seconds={job_seconds}", *more) as sandbox:
        yield World(sandbox.state, sandbox.port)
