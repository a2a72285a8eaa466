"""Sessions with a scripted org, and the sandbox."""

from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.throttle import Throttle, Unthrottled
from tests.crm.salesforce.fake_org import KEYS, FakeOrg, Handler, Rerouted
from tests.crm.salesforce.world import World, served

OpenSession = Callable[..., Session]


@pytest.fixture
def org() -> Iterator[FakeOrg]:
    """A scripted org."""
    org = FakeOrg()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"org": org}))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    org.port = server.server_port
    yield org
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_session(org: FakeOrg) -> OpenSession:
    """Opens sessions of any credentials with the scripted org; pauses between tries are noted, not slept."""

    def connected(throttle: Throttle | None = None, **secret: str) -> Session:
        credentials = Credentials.read(secret or KEYS)
        session = Session(credentials, "acme-salesforce", throttle or Unthrottled(), sleep=org.pauses.append)
        session._line.mount("https://", Rerouted(org.port))
        return session

    return connected


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """A session with the scripted org by client credentials."""
    return open_session()


@pytest.fixture(scope="session")
def served_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with an org of 150 accounts, for the whole session."""
    with served(Path(tmp_path_factory.mktemp("world")), accounts=150) as world:
        yield world


@pytest.fixture
def world(served_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The sandbox, with this process pointed at it for one test."""
    for name in ("https_proxy", "all_proxy", "ALL_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in served_world.variables.items():
        monkeypatch.setenv(name, value)
    return served_world
