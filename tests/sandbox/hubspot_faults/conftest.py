"""One sandbox with a portal, whose faults and alterations end with each test.

Belongs here: starting it, asking it. Does not: what it must answer.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.hubspot.http.credentials import Credentials
from sandbox.hubspot.portals import Portals
from tests.sandbox.process import UNHURRIED, Sandbox

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
def control(served: Sandbox) -> Callable[..., requests.Response]:
    """Call the control port."""
    return served.control


@pytest.fixture
def ask(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., requests.Response]]:
    """Call the portal's API, with the private app's token unless another is given."""
    for name in ("https_proxy", "all_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in served.variables.items():
        monkeypatch.setenv(name, value)

    with requests.Session() as session:

        def call(method: str, path: str, token: str = KEYS.access_token, **options: Any) -> requests.Response:
            headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
            return session.request(method, API + path, headers=headers, timeout=30, **options)

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
def fault(served: Sandbox) -> Iterator[Callable[..., int]]:
    """Put a fault in force, for this test."""

    def add(kind: str, **words: Any) -> int:
        reply = served.control("/control/faults", "POST", {"kind": kind, **words})
        assert reply.status_code == 201, reply.text
        return int(reply.json()["id"])

    yield add
    served.control("/control/faults", "DELETE")


@pytest.fixture
def struck(served: Sandbox) -> Callable[[int], int]:
    """How often a fault struck."""

    def struck(number: int) -> int:
        listed = served.control("/control/faults").json()
        return next(int(item["struck"]) for item in listed if item["id"] == number)

    return struck


@pytest.fixture
def restore(served: Sandbox) -> Callable[..., None]:
    """Take back alterations of the portal."""

    def restore(kind: str = "") -> None:
        served.control("/control/portals/globex/alterations" + (f"/{kind}" if kind else ""), "DELETE")

    return restore


@pytest.fixture
def alter(served: Sandbox, restore: Callable[..., None]) -> Iterator[Callable[..., None]]:
    """Alter the portal, for this test."""

    def alter(kind: str, **words: Any) -> None:
        reply = served.control("/control/portals/globex/alterations", "POST", {"kind": kind, **words})
        assert reply.status_code == 201, reply.text

    yield alter
    restore()


@pytest.fixture
def truth(served: Sandbox) -> Callable[[str], list[dict[str, Any]]]:
    """Every record of a type, past the API."""

    def truth(name: str) -> list[dict[str, Any]]:
        portal = Portals(served.state).get("globex")
        return [{"id": record.id, "properties": record.properties} for record in portal.truth(portal.type(name))]

    return truth
