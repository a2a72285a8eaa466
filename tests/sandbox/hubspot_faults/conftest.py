"""One sandbox with a portal, whose faults and alterations end with each test.

Belongs here: starting it, asking it. Does not: what it must answer.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.hubspot.http.credentials import Credentials
from sandbox.hubspot.portals import Portals
from tests.sandbox.process import UNHURRIED, Sandbox, point

API = "https://api.hubapi.com"
KEYS = Credentials("globex")


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with the portal `globex` of 200 companies, whose only limit is that of the day."""
    state = tmp_path_factory.mktemp("portals") / "state"
    sandbox = Sandbox(state, "--org", "acme", "--portal", "globex", "--accounts", "200", *UNHURRIED)
    yield sandbox
    sandbox.kill()


@pytest.fixture
def sandbox(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with this process pointed at it."""
    point(served, monkeypatch)
    return served


@pytest.fixture
def control(sandbox: Sandbox) -> Callable[..., requests.Response]:
    """Call the control port."""
    return sandbox.control


@pytest.fixture
def ask(sandbox: Sandbox) -> Iterator[Callable[..., requests.Response]]:
    """Call the portal's API, with the private app's token unless another is given."""
    with requests.Session() as session:

        def call(method: str, path: str, token: str = KEYS.access_token, **options: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
            return session.request(method, API + path, headers=headers, timeout=60, **options)

        yield call


@pytest.fixture
def log_in(ask: Callable[..., requests.Response]) -> Callable[[], str]:
    """Get a token of the OAuth app."""

    def log_in() -> str:
        grant = {"grant_type": "refresh_token", "refresh_token": KEYS.refresh_token}
        reply = ask(
            "POST", "/oauth/v1/token", data={**grant, "client_id": KEYS.client_id, "client_secret": KEYS.client_secret}
        )
        reply.raise_for_status()
        return str(reply.json()["access_token"])

    return log_in


@pytest.fixture
def restore(sandbox: Sandbox) -> Callable[..., None]:
    """Take back alterations of the portal."""

    def restore(kind: str = "") -> None:
        sandbox.control("/control/portals/globex/alterations" + (f"/{kind}" if kind else ""), "DELETE")

    return restore


@pytest.fixture
def alter(sandbox: Sandbox, restore: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Alter the portal, for this test."""

    def alter(kind: str, **words: Any) -> None:
        reply = sandbox.control("/control/portals/globex/alterations", "POST", {"kind": kind, **words})
        assert reply.status_code == 201, reply.text

    yield alter
    restore()


@pytest.fixture
def truth(sandbox: Sandbox) -> Callable[[str], list[dict[str, Any]]]:
    """Every record of a type, past the API."""

    def truth(name: str) -> list[dict[str, Any]]:
        portal = Portals(sandbox.state).get("globex")
        return [{"id": record.id, "properties": record.properties} for record in portal.truth(portal.type(name))]

    return truth
