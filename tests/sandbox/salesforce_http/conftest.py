"""The sandbox as its users run it: a process of its own, reached through proxy and CA variables.

Belongs here: starting, killing and pointing clients at it. Does not: what it must answer.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from sandbox.salesforce.orgs import Orgs

PROJECT = Path(__file__).parents[3]


class Sandbox:
    """One `nooks-sandbox serve` process and its state folder."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = state
        self._options = options
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "sandbox", "serve", "--state", str(self.state)]
        self._log = (self.state.parent / f"{self.state.name}.log").open("ab")
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *self._options],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.said = self._read_until_it_serves()
        self.port = int(self.said[-1].rstrip(".\n").rpartition(":")[2])

    def _read_until_it_serves(self) -> list[str]:
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("The sandbox serves"):
                return lines
        pytest.fail(f"The sandbox ended: {''.join(lines)} {Path(self._log.name).read_text()}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> float:
        """Send SIGTERM and return how many seconds the process took to end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        return time.monotonic() - began

    @property
    def variables(self) -> dict[str, str]:
        bundle = str(self.state / "ca-bundle.pem")
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self.port}",
            "NO_PROXY": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    def control(self, path: str, method: str = "GET") -> requests.Response:
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=5)

    def truth(self, sobject: str) -> list[dict[str, Any]]:
        """Every record of an object of the org `acme`."""
        return list(Orgs(self.state).get("acme").truth(sobject))


StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def start_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartSandbox]:
    """Start a sandbox of this test alone, with options, and point this process at it."""
    started: list[Sandbox] = []

    def start(*options: str, accounts: int = 1000) -> Sandbox:
        sandbox = Sandbox(tmp_path / "state", "--accounts", str(accounts), *options)
        started.append(sandbox)
        _point(sandbox, monkeypatch)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.kill()


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("sandbox") / "state"
    sandbox = Sandbox(state, "--accounts", "5000", "--org", "acme", "--org", "globex")
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox that most tests share, with this process pointed at it."""
    _point(shared_sandbox, monkeypatch)
    return shared_sandbox


def _point(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def log_in() -> Callable[..., Salesforce]:
    """Log in with client credentials, which is what the platform itself does."""

    def log_in(org: str = "acme") -> Salesforce:
        return Salesforce(domain=f"{org}.my", consumer_key=f"SANDBOX.{org}", consumer_secret=f"sandbox-secret-{org}")

    return log_in


@pytest.fixture
def org(sandbox: Sandbox, log_in: Callable[..., Salesforce]) -> Salesforce:
    """A session in the shared sandbox's org `acme`."""
    assert sandbox.process.poll() is None
    return log_in()


@pytest.fixture
def get(org: Salesforce) -> Callable[..., requests.Response]:
    """Fetch a path below the version with the session's token, whatever the status."""

    def get(path: str, method: str = "GET", **options: Any) -> requests.Response:
        headers = {**org.headers, **options.pop("headers", {})}
        return org.session.request(method, org.base_url + path, headers=headers, timeout=30, **options)

    return get
