"""Sites that something is wrong with: each trouble is felt by a client as it would be in the world."""

from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import pytest
import requests
from requests.exceptions import ProxyError, SSLError, TooManyRedirects

from nooks_dagster.local import deadline
from sandbox.sites.changes import SiteShelf
from sandbox.sites.manners import TROUBLES
from sandbox.sites.private import TARGETS, is_private
from tests.sandbox.process import Sandbox
from tests.sandbox.sites.conftest import site_where, sites_where

Browser = requests.Session


def _home(trouble: str, shelf: SiteShelf) -> str:
    return f"https://{site_where(lambda m: m.trouble == trouble, shelf).manners.canonical}/"


@pytest.mark.parametrize(
    ("trouble", "error", "sentence"),
    [
        ("refused", ProxyError, "502 connection refused by"),
        ("unresolved", ProxyError, "502 name or service not known"),
        ("bad_certificate", SSLError, "certificate is not valid|doesn't match"),
        ("bad_handshake", SSLError, "EOF occurred|handshake failure"),
        ("reset", requests.ConnectionError, "(?i)closed connection|aborted|EOF"),
        ("loop", TooManyRedirects, "Exceeded 30 redirects"),
    ],
)
def test_no_page_comes_of_a_connection_that_fails(
    trouble: str, error: type[Exception], sentence: str, shelf: SiteShelf, browser: Browser
) -> None:
    with pytest.raises(error, match=sentence):
        browser.get(_home(trouble, shelf), timeout=60)


def test_an_unreachable_site_is_unreachable_without_tls_too(shelf: SiteShelf, browser: Browser) -> None:
    reply = browser.get(_home("refused", shelf).replace("https", "http"), timeout=60)
    assert (reply.status_code, "connection refused" in reply.text) == (502, True)


@pytest.mark.parametrize(
    ("trouble", "statuses", "words"),
    [
        ("broken", {500, 502, 503}, "Something went wrong"),
        ("empty", {200}, ""),
        ("parked", {200}, "is for sale"),
        ("login", {200}, 'type="password"'),
    ],
)
def test_a_page_that_comes_says_nothing_of_the_company(
    trouble: str, statuses: set[int], words: str, shelf: SiteShelf, browser: Browser
) -> None:
    reply = browser.get(_home(trouble, shelf), timeout=60)
    assert reply.status_code in statuses
    assert words in reply.text


def test_a_small_zipped_answer_grows_without_end(shelf: SiteShelf, browser: Browser) -> None:
    with browser.get(_home("gzip_bomb", shelf), stream=True, timeout=60) as reply:
        unzipped = 0
        for chunk in reply.iter_content(1 << 20):
            unzipped += len(chunk)
            if unzipped > 100_000_000:
                break
        assert reply.raw.tell() < unzipped / 100


@pytest.mark.parametrize("trouble", ["huge", "endless"])
def test_a_body_goes_on_until_the_client_leaves_and_then_costs_nothing(
    trouble: str, served: Sandbox, shelf: SiteShelf, browser: Browser
) -> None:
    with browser.get(_home(trouble, shelf), stream=True, timeout=60) as reply:
        got = 0
        for chunk in reply.iter_content(1 << 20):
            got += len(chunk)
            if got > 20_000_000:
                break
    _wait_until(lambda: served.control("/control/sites").json()["in_flight"] == 0)


def test_a_trickle_is_never_silent_and_never_done(served: Sandbox, shelf: SiteShelf, browser: Browser) -> None:
    with browser.get(_home("slow", shelf), stream=True, timeout=60) as reply:
        assert len(reply.raw.read(64)) == 64
    _wait_until(lambda: served.control("/control/sites").json()["in_flight"] == 0)


def test_sites_redirect_into_the_network_and_whoever_follows_is_counted(
    served: Sandbox, shelf: SiteShelf, browser: Browser
) -> None:
    before = served.control("/control/sites").json()["private_calls"]
    targets = []
    for site in islice(sites_where(lambda m: m.trouble == "private", shelf), 12):
        reply = browser.get(f"https://{site.manners.canonical}/about", allow_redirects=False, timeout=60)
        targets.append(reply.headers["Location"])
        client = _direct() if "127.0.0.1" in targets[-1] else browser
        with suppress(requests.RequestException):
            client.get(targets[-1], timeout=60)
    assert all(is_private(target) for target in targets)
    assert len(set(targets)) > 4
    assert served.control("/control/sites").json()["private_calls"] - before == len(targets)


def test_every_target_of_a_redirect_is_private() -> None:
    assert all(is_private(target.format(port=80)) for target in TARGETS)
    assert not is_private("www.acubase.example:443")


def test_troubles_befall_one_site_in_seven() -> None:
    assert 10 < sum(TROUBLES.values()) < 15


def _direct() -> Browser:
    session = requests.Session()
    session.trust_env = False
    return session


def _wait_until(done: Callable[[], bool]) -> None:
    assert any(done() for _ in deadline.polls(60)), "nothing happened within 60 s"
