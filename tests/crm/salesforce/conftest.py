"""Sessions with a scripted org, and the sandbox."""

from collections.abc import Callable, Iterator

import pytest

from nooks_dagster.crm.access.throttle import Throttle, Unthrottled
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.session import Session
from tests.crm.salesforce.fake_org import KEYS, FakeOrg, Rerouted
from tests.crm.scripted import serving

OpenSession = Callable[..., Session]


@pytest.fixture
def org() -> Iterator[FakeOrg]:
    """A scripted org."""
    org = FakeOrg()
    with serving(org) as server:
        org.port = server.server_port
        yield org


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
