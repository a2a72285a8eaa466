"""Requests to strangers: where they may lead, how much they may bring, how long they may take."""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.researcher import Stopped
from nooks_dagster.research.web.addresses import is_public
from nooks_dagster.research.web.browser import Browser
from nooks_dagster.research.web.clock import Clock
from nooks_dagster.research.web.outcomes import NoPage
from tests.research.town import PUBLIC, Answer, Town, html, moved

SITE = "acme.com"
MOST = 100_000


@pytest.fixture
def browser(town: Town) -> Iterator[Browser]:
    with Browser(town.network(), Clock(20, 10, 5, lambda: False)) as made:
        yield made


def refused(browser: Browser, path: str = "/", most: int = MOST) -> Outcome:
    with pytest.raises(NoPage) as none:
        browser.get(f"http://{SITE}{path}", most)
    return none.value.outcome


def test_a_page_comes_with_the_address_at_which_redirects_ended(town: Town, browser: Browser) -> None:
    town.sites[SITE] |= {"/": moved("/en"), "/en": moved("http://www.acme.com/home", 301)}
    town.sites["www.acme.com"]["/home"] = html("<p>Hello</p>")
    page = browser.get(f"http://{SITE}/", MOST)
    assert page.url == "http://www.acme.com/home"
    assert b"Hello" in page.body
    assert town.dialled == [(PUBLIC, 80)] * 2, "one connection to each host"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::ffff:10.0.0.1]/",
        "http://0x7f000001/", "http://2130706433/", "http://localhost/", "//metadata.google.internal/",
        "http://acme.com:8080/", "http://user:pw@acme.com/", "file:///etc/passwd", "gopher://acme.com/", "http://10.1/",
    ],
)  # fmt: skip
def test_a_redirect_to_what_is_no_public_url_is_not_followed(town: Town, browser: Browser, target: str) -> None:
    town.sites[SITE]["/"] = moved(target)
    assert refused(browser) is Outcome.NOT_PUBLIC
    assert town.dialled == [(PUBLIC, 80)], "only the first hop was connected to"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1",
                                     "64:ff9b::a00:1", "2002:a00:1::", "100.100.100.200", "168.63.129.16", "0.0.0.0",
                                     "224.0.0.1", "fe80::1%eth0"])  # fmt: skip
def test_a_name_that_leads_to_an_address_within_is_not_called(town: Town, browser: Browser, address: str) -> None:
    assert not is_public(address)
    town.sites[SITE]["/"] = moved("http://evil.com/")
    town.addresses["evil.com"] = [PUBLIC, address]
    assert refused(browser) is Outcome.NOT_PUBLIC
    assert town.dialled == [(PUBLIC, 80)]


def test_the_address_that_was_judged_is_the_one_connected_to(town: Town, browser: Browser) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    town.sites[SITE]["/"] = html("<p>Hello</p>")
    rebinding = Browser(
        type(browser.network)(lambda _host, _seconds: next(answers), town.dial, "nooks-research/test"), browser.clock
    )
    with rebinding:
        rebinding.get(f"http://{SITE}/", MOST)
        rebinding.get(f"http://{SITE}/", MOST)
    assert town.dialled == [(PUBLIC, 80)], "no second name look-up, no second connection"


def test_redirects_end_after_five(town: Town, browser: Browser) -> None:
    town.sites[SITE]["/"] = moved("/")
    assert refused(browser) is Outcome.NOT_A_PAGE
    assert town.asked[f"{SITE}/"] == 6


def test_a_gzip_bomb_ends_at_the_bound(town: Town, browser: Browser) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < MOST
    town.sites[SITE]["/"] = Answer(bomb, headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})
    assert refused(browser) is Outcome.TOO_LARGE


def test_a_zipped_page_is_unpacked_and_a_broken_one_is_none(town: Town, browser: Browser) -> None:
    zipped = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    town.sites[SITE]["/"] = Answer(gzip.compress(b"<p>Hello"), headers=zipped)
    town.sites[SITE]["/broken"] = Answer(b"no gzip", headers=zipped)
    assert browser.get(f"http://{SITE}/", MOST).body == b"<p>Hello"
    assert refused(browser, "/broken") is Outcome.NOT_A_PAGE


def test_a_page_without_end_ends_at_the_bound(town: Town, browser: Browser) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        while True:
            handler.wfile.write(b"x" * 10_000)

    town.sites[SITE]["/"] = Answer(headers={"Content-Type": "text/html"}, stream=endless)
    assert refused(browser) is Outcome.TOO_LARGE


def trickle(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(600):
        handler.wfile.write(b"x")
        time.sleep(0.05)


def test_a_server_that_sends_a_byte_now_and_then_is_left_at_the_deadline_of_the_page(town: Town) -> None:
    town.sites[SITE]["/"] = Answer(headers={"Content-Type": "text/html"}, stream=trickle)
    with Browser(town.network(), Clock(20, page_seconds=0.5, read_seconds=5, stopped=lambda: False)) as browser:
        assert refused(browser) is Outcome.UNREACHABLE


def test_headers_that_trickle_are_left_at_the_deadline_too(town: Town) -> None:
    def slow_headers(handler: BaseHTTPRequestHandler) -> None:
        for n in range(600):
            handler.wfile.write(f"X-{n}: y\r\n".encode())
            time.sleep(0.05)

    town.sites[SITE]["/"] = Answer(stream=slow_headers, raw=True)
    with Browser(town.network(), Clock(20, page_seconds=0.5, read_seconds=5, stopped=lambda: False)) as browser:
        assert refused(browser) is Outcome.UNREACHABLE


def test_a_stop_ends_a_page_that_trickles(town: Town) -> None:
    stop = threading.Event()
    town.sites[SITE]["/"] = Answer(headers={"Content-Type": "text/html"}, stream=trickle)
    with Browser(town.network(), Clock(60, 60, 5, stop.is_set)) as browser:
        threading.Timer(0.2, stop.set).start()
        with pytest.raises(Stopped):
            browser.get(f"http://{SITE}/", MOST)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(404, Outcome.MISSING), (410, Outcome.MISSING), (403, Outcome.REFUSED), (429, Outcome.UNREACHABLE),
     (500, Outcome.UNREACHABLE), (503, Outcome.UNREACHABLE), (204, Outcome.UNREACHABLE)],
)  # fmt: skip
def test_a_status_has_one_meaning(town: Town, browser: Browser, status: int, outcome: Outcome) -> None:
    town.sites[SITE]["/"] = Answer(b"", status)
    assert refused(browser) is outcome


def test_a_file_is_no_page(town: Town, browser: Browser) -> None:
    town.sites[SITE]["/"] = Answer(b"%PDF", headers={"Content-Type": "application/pdf"})
    assert refused(browser) is Outcome.NOT_A_PAGE


def test_a_host_without_address_is_unreachable(town: Town, browser: Browser) -> None:
    assert refused(browser) is Outcome.UNREACHABLE
    assert town.dialled == []


def test_it_says_who_it_is(town: Town, browser: Browser) -> None:
    town.sites[SITE]["/"] = html("<p>Hello</p>")
    browser.get(f"http://{SITE}/", MOST)
    assert town.seen_headers[f"{SITE}/"]["user-agent"] == "nooks-research/test"


def test_behind_a_proxy_a_name_that_is_private_here_is_not_asked_for(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    town.addresses["wiki.acme.com"] = ["10.0.0.1"]
    with pytest.raises(NoPage) as none:
        browser.get("https://wiki.acme.com/", MOST)
    assert none.value.outcome is Outcome.NOT_PUBLIC
    assert town.dialled == []


def test_behind_a_proxy_a_name_that_only_it_can_resolve_is_asked_of_it(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    with pytest.raises(NoPage) as none:
        browser.get("https://far.away.com/", MOST)
    assert none.value.outcome is Outcome.UNREACHABLE, "nobody listens at the port of this proxy"
    assert town.dialled == [("127.0.0.1", 3128)]


def test_a_host_that_needs_no_proxy_is_judged_by_its_addresses(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", SITE)
    town.sites[SITE]["/"] = html("<p>Hello</p>")
    assert browser.get(f"http://{SITE}/", MOST).url == f"http://{SITE}/"
    assert town.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("bits", [zlib.MAX_WBITS, -zlib.MAX_WBITS])
def test_deflate_is_read_as_either_kind_of_server_understands_it(town: Town, browser: Browser, bits: int) -> None:
    pack = zlib.compressobj(wbits=bits)
    body = pack.compress(b"<p>Acme</p>") + pack.flush()
    town.sites["acme.com"]["/"] = Answer(body, headers={"Content-Type": "text/html", "Content-Encoding": "deflate"})
    assert browser.get("http://acme.com/", 1_000).body == b"<p>Acme</p>"
