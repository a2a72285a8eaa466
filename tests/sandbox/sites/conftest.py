"""Sandboxes, browsers that trust them, and sites of a wanted kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sandbox.sites.changes import SiteShelf
from sandbox.sites.hosts import company_at
from sandbox.sites.manners import Manners
from sandbox.sites.site import Site
from tests.sandbox.process import Sandbox

ACCOUNTS = 400


def sites_where(wanted: Callable[[Manners], bool], shelf: SiteShelf) -> Iterator[Site]:
    """Yield sites whose manners are as wanted."""
    for number in range(1, 100_000):
        company = company_at(f"kitehive-tea{number}.example")
        assert company is not None
        if wanted(Manners(company.host)):
            yield shelf.site(company)


def site_where(wanted: Callable[[Manners], bool], shelf: SiteShelf) -> Site:
    return next(sites_where(wanted, shelf))


@pytest.fixture
def shelf(tmp_path: Path) -> SiteShelf:
    """Sites that nothing has happened to."""
    return SiteShelf(tmp_path / "shelf")


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox from which tests only read; of its counters each looks at what it added."""
    yield from _start(tmp_path_factory.mktemp("sandbox") / "state")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox of this test alone, which it may change."""
    yield from _start(tmp_path / "state")


def _start(state: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(state, "--accounts", str(ACCOUNTS), "--org", "acme", "--portal", "globex")
    yield sandbox
    sandbox.kill()


@pytest.fixture
def browser(served: Sandbox) -> requests.Session:
    """A client that reaches sites through the sandbox that tests share."""
    return browse(served)


def browse(sandbox: Sandbox) -> requests.Session:
    """Return a client that reaches sites through a sandbox."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = dict.fromkeys(("http", "https"), f"http://127.0.0.1:{sandbox.port}")
    session.verify = str(sandbox.state / "ca-bundle.pem")
    session.headers["User-Agent"] = "curl/8"
    return session
