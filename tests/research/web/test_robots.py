"""What a site allows robots to read is what is read of it."""

from __future__ import annotations

import pytest

from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.web.clock import Clock
from tests.research.town import Answer, Town, html, moved
from tests.research.web.looks import LIMITS, SITE, build, look, outcomes, texts


def test_robots_txt_closes_pages_and_whole_sites(town: Town) -> None:
    build(town)
    town.sites[SITE]["/robots.txt"] = Answer("User-agent: nooks-research\nDisallow: /de/karriere\n")
    found = look(town)
    assert outcomes(found)["/de/karriere/"] is Outcome.REFUSED_BY_ROBOTS
    assert not town.asked[f"{SITE}/de/karriere/"]
    town.sites[SITE]["/robots.txt"] = Answer("User-agent: *\nDisallow: /\n")
    town.asked.clear()
    found = look(town)
    assert found.outcome is Outcome.REFUSED_BY_ROBOTS
    assert set(town.asked) == {f"{SITE}/robots.txt"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(500, Outcome.UNREACHABLE), (429, Outcome.UNREACHABLE), (403, Outcome.OK), (404, Outcome.OK)],
)
def test_a_robots_txt_that_fails_closes_the_site_for_now_and_one_that_is_refused_opens_it(
    town: Town, status: int, outcome: Outcome
) -> None:
    town.sites[SITE] |= {"/": html("<h1>Acme</h1>"), "/robots.txt": Answer("no", status)}
    assert look(town).outcome is outcome


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"\xef\xbb\xbfUser-agent: *\nDisallow: /", {"Content-Type": "text/plain"}),
        (b"User-agent: *\nDisallow: /", {"Content-Type": "application/octet-stream"}),
        (b"User-agent: *\nDisallow: /", {"Content-Type": "text/markdown"}),
        (b"whatever it says", {"Content-Type": "text/plain", "Content-Encoding": "br"}),
    ],
)
def test_robots_txt_holds_whatever_it_is_served_as(town: Town, body: bytes, headers: dict[str, str]) -> None:
    town.sites[SITE] |= {"/": html("<h1>Acme</h1>"), "/robots.txt": Answer(body, headers=headers)}
    assert texts(look(town)) == {}


def test_the_robots_txt_of_the_host_that_a_redirect_leads_to_counts(town: Town) -> None:
    town.sites[SITE]["/"] = moved("http://www.acme.com/")
    town.sites["www.acme.com"] |= {"/": html("<h1>Acme</h1>"), "/robots.txt": Answer("User-agent: *\nDisallow: /")}
    assert look(town).outcome is Outcome.REFUSED_BY_ROBOTS
    assert not town.asked["www.acme.com/"]


def test_robots_txt_cannot_lead_inside_a_network(town: Town) -> None:
    town.sites[SITE] |= {"/": html("<h1>Acme</h1>"), "/robots.txt": moved("http://169.254.169.254/")}
    assert look(town).outcome is Outcome.NOT_PUBLIC
    assert {address for address, _ in town.dialled} == {town.resolve(SITE, 1)[0]}


def test_a_crawl_delay_is_kept_as_far_as_the_bound(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    build(town)
    town.sites[SITE]["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 3600\n")
    pauses: list[float] = []
    monkeypatch.setattr(Clock, "pause", lambda _clock, seconds: pauses.append(seconds) or True)
    look(town)
    assert pauses == [LIMITS.pause_seconds] * (sum(town.asked.values()) - 1), "before each page; two addresses failed"
