"""The sandbox as its users run it: a process of its own, reached through proxy and CA variables.

Belongs here: starting, killing and pointing clients at it. Does not: what it must answer.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests

from sandbox.salesforce.orgs import Orgs

PROJECT = Path(__file__).parents[2]
# Tests that share a portal ask faster than an app may, and a slow machine spreads them over other seconds each time.
RATES = {
    "requests_per_10_seconds": 1_900_000,
    "oauth_requests_per_10_seconds": 1_100_000,
    "searches_per_second": 1_000_000,
    "association_requests_per_10_seconds": 1_000_000,
}
UNHURRIED = tuple(word for rate, calls in RATES.items() for word in ("--hubspot", f"{rate}={calls}"))


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

    def terminate(self) -> None:
        """Send SIGTERM; raise when the process does not end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    @property
    def variables(self) -> dict[str, str]:
        return variables(self.state, self.port)

    def control(self, path: str, method: str = "GET", wish: Any = None) -> requests.Response:
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", json=wish, timeout=60)

    def truth(self, sobject: str) -> list[dict[str, Any]]:
        """Every record of an object of the org `acme`."""
        return list(Orgs(self.state).get("acme").truth(sobject))


def variables(state: Path, port: int) -> dict[str, str]:
    """What points a process at a sandbox."""
    bundle = str(state / "ca-bundle.pem")
    return {
        "HTTPS_PROXY": f"http://127.0.0.1:{port}",
        "NO_PROXY": "localhost,127.0.0.1",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
    }


class Pointing(Protocol):
    """Whatever has variables that point a process at a sandbox."""

    @property
    def variables(self) -> dict[str, str]: ...


def point(sandbox: Pointing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point this process at a sandbox, for one test."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in sandbox.variables.items():
        monkeypatch.setenv(name, value)
