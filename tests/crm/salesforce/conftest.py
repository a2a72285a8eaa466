"""Sessions with a scripted org."""

from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest

from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.throttle import Throttle, Unthrottled
from tests.crm.salesforce.fake_org import KEYS, FakeOrg, Handler, Rerouted

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
