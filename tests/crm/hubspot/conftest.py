"""Sessions with a scripted portal."""

from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest

from nooks_dagster.crm.access.throttle import Throttle, Unthrottled
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.lines import Line
from nooks_dagster.crm.hubspot.session import Session
from tests.crm.hubspot.fake_portal import KEY, FakePortal
from tests.crm.scripted import serving

OpenSession = Callable[..., Session]


@pytest.fixture(scope="package")
def portal_server() -> Iterator[tuple[FakePortal, ThreadingHTTPServer]]:
    """A scripted portal that is served, for every test of the folder."""
    portal = FakePortal()
    with serving(portal) as server:
        yield portal, server


@pytest.fixture
def portal(portal_server: tuple[FakePortal, ThreadingHTTPServer]) -> FakePortal:
    """A scripted portal that has been told and asked nothing."""
    portal = portal_server[0]
    portal.__init__()  # type: ignore[misc]  # as new
    return portal


@pytest.fixture
def open_session(portal: FakePortal, portal_server: tuple[FakePortal, ThreadingHTTPServer]) -> OpenSession:
    """Opens sessions of any credentials with the scripted portal; pauses between tries are noted, not slept."""

    def connected(throttle: Throttle | None = None, **secret: str) -> Session:
        credentials = Credentials.read(secret or KEY)
        session = Session(credentials, "globex-hubspot", throttle or Unthrottled(), sleep=portal.pauses.append)
        session._line = Line("globex-hubspot", f"http://127.0.0.1:{portal_server[1].server_port}")
        return session

    return connected


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    """A session with the scripted portal by a private app's token."""
    return open_session()
