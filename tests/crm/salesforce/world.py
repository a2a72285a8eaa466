"""The sandbox as a process: a small org, and a portal if wanted, behind the real host names.

Belongs here: starting it and pointing this process at it. Does not: scripted answers (`fake_org`).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from sandbox.cli import app
from tests.crm.sandboxes import Sandbox, serving_sandbox

SECRET = {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme", "domain": "acme.my"}
USER = {"username": "admin@acme.example", "password": "sandbox-password", "security_token": "sandboxtoken"}


class World(Sandbox):
    """A sandbox with an org `acme`."""

    def truth(self, name: str, portal: str = "") -> list[dict[str, Any]]:
        """Return every row of an object of the org, or of a portal, as the sandbox knows it."""
        whose = ["--portal", portal] if portal else ["--org", "acme"]
        told = CliRunner().invoke(app, ["truth", name, *whose, "--state", str(self.state)], catch_exceptions=False)
        assert told.exit_code == 0, told.output
        return [json.loads(line) for line in told.stdout.split("\n") if line]


@contextmanager
def served(folder: Path, accounts: int, *more: str, job_seconds: float = 0.3) -> Iterator[World]:
    """Serve a seeded org `acme` for as long as the block lasts; its Bulk jobs are quick, and their pages short.

    More options of the sandbox may make portals.
    """
    options = ["--org", "acme", "--accounts", str(accounts), "--bulk", "page_rows=100"]
    with serving_sandbox(folder, *options, "--bulk", f"seconds={job_seconds}", *more) as sandbox:
        yield World(sandbox.state, sandbox.port)
