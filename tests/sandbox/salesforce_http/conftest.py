"""The sandbox with orgs, shared by the tests of Salesforce's interface."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from tests.sandbox.process import Sandbox, point

StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def start_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartSandbox]:
    """Start a sandbox of this test alone, with options, and point this process at it."""
    started: list[Sandbox] = []

    def start(*options: str, accounts: int = 1000) -> Sandbox:
        sandbox = Sandbox(tmp_path / "state", "--accounts", str(accounts), *options)
        started.append(sandbox)
        point(sandbox, monkeypatch)
        return sandbox

    yield start
    for sandbox in started:
        sandbox.kill()


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    state = tmp_path_factory.mktemp("sandbox") / "state"
    bulk = ("--bulk", "seconds=0.1", "--bulk", "page_rows=1000")
    sandbox = Sandbox(state, "--accounts", "5000", "--org", "acme", "--org", "globex", *bulk)
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(shared_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox that most tests share, with this process pointed at it."""
    point(shared_sandbox, monkeypatch)
    return shared_sandbox


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
        return org.session.request(method, org.base_url + path, headers=headers, timeout=60, **options)

    return get


@pytest.fixture
def alter(sandbox: Sandbox) -> Iterator[Callable[..., None]]:
    """Alter the shared sandbox's org `acme`, for this test."""

    def alter(kind: str, **words: Any) -> None:
        reply = sandbox.control("/control/alterations/acme", "POST", {"kind": kind, **words})
        assert reply.status_code == 201, reply.text

    yield alter
    sandbox.control("/control/alterations/acme", "DELETE")
