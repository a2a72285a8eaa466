"""Real HTTPS through a proxy to sites with all that is wrong with sites, and a judge that knows what they state."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.reading.fingerprint import Remembered, judged
from nooks_dagster.research.researcher import KnownPage, Look, PageSeen
from nooks_dagster.research.runs import web_researcher
from nooks_dagster.research.sites import site_of
from nooks_dagster.settings import Settings
from sandbox.sites.facts import KIND_OF_SIGNAL
from sandbox.sites.sentences import read
from tests.crm.salesforce.world import World, served

SETTINGS = Settings(research_site_seconds=15)
NO_ANSWER = ("refused", "unresolved", "bad_certificate", "bad_handshake", "reset", "broken", "slow")
EXPECTED: Mapping[str, set[Outcome]] = {
    **{trouble: {Outcome.UNREACHABLE} for trouble in NO_ANSWER},
    "huge": {Outcome.TOO_LARGE},
    "gzip_bomb": {Outcome.TOO_LARGE},
    "endless": {Outcome.TOO_LARGE, Outcome.UNREACHABLE},
    "empty": {Outcome.NOT_A_PAGE},
    "loop": {Outcome.NOT_A_PAGE},
    "private": {Outcome.NOT_PUBLIC, Outcome.OK},
    "parked": {Outcome.OK},
    "login": {Outcome.OK},
}
"""What each trouble of a site is to come to; some private ones lead astray by a link only, and are read without it."""


@dataclass(frozen=True)
class Town:
    """The sites of an org's accounts, and what a first look at each has seen."""

    world: World
    looks: Mapping[str, Look]
    troubles: Mapping[str, str | None]


def control(world: World, path: str = "") -> Any:
    """Ask the control port about all sites, or one."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{world.port}/control/sites{path}", timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with served(Path(tmp_path_factory.mktemp("sites")), 80) as world, pytest.MonkeyPatch.context() as patch:
        world.point(patch)
        sites = sorted({site for row in world.truth("Account") if (site := site_of(row.get("Website")))})
        yield Town(world, looks(sites), {site: control(world, f"/{site}")["trouble"] for site in sites})


def looks(sites: Sequence[str], known: Mapping[str, Sequence[KnownPage]] | None = None) -> Mapping[str, Look]:
    researcher, before = web_researcher(SETTINGS), known or {}
    with ThreadPoolExecutor(16) as threads:
        found = threads.map(lambda site: researcher.look(site, before.get(site, ()), lambda: False), sites)
        return dict(zip(sites, found, strict=True))


def test_what_sites_state_is_in_the_text_that_was_read(town: Town) -> None:
    known = {site: _facts(look) for site, look in town.looks.items()}
    rows = [row for row in town.world.truth("signals") if row["site"] in known]
    stated = [
        (KIND_OF_SIGNAL[row["signal"]], finding["values"]) in known[row["site"]]
        for row in rows
        for finding in row["findings"]
    ]
    assert len(stated) > 100
    assert sum(stated) >= 0.95 * len(stated), "only articles that are older than the newest five may be missing"


def test_each_trouble_of_a_site_has_its_outcome(town: Town) -> None:
    surprises = {}
    for site, look in town.looks.items():
        trouble = town.troubles[site]
        wanted = EXPECTED[trouble] if trouble else {Outcome.OK, Outcome.REFUSED_BY_ROBOTS}
        if look.outcome not in wanted:
            surprises[site] = (trouble, look.outcome)
    assert surprises == {}


def test_nobody_was_led_inside_and_no_host_had_two_requests_at_once(town: Town) -> None:
    counts = control(town.world)
    assert (counts["private_calls"], counts["peak_in_flight_of_a_host"]) == (0, 1)


def test_what_robots_txt_closes_was_not_read(town: Town) -> None:
    troubled = {site for site, trouble in town.troubles.items() if trouble}  # they answer no robots.txt
    violated = [
        url for url in control(town.world)["violated"] if url.split("/")[2].removeprefix("www.") not in troubled
    ]
    assert violated == []


def test_a_second_look_finds_no_new_document_on_any_site(town: Town) -> None:
    well = [site for site, look in town.looks.items() if look.outcome is Outcome.OK][:20]
    known = {site: [_known(page) for page in town.looks[site].pages] for site in well}
    new = []
    for site, look in looks(well, known).items():
        before = {page.url: page for page in town.looks[site].pages}
        for page in look.pages:
            was = before.get(page.url)
            if page.readable and not (was and was.readable and _same(was, page)):
                new.append((page.kind, page.url))
    assert new == []


def _facts(look: Look) -> list[tuple[str, dict[str, Any]]]:
    return [(each.fact.kind, dict(each.fact.values)) for page in look.pages for each in read(_text(page))]


def _same(was: PageSeen, page: PageSeen) -> bool:
    day = datetime.now(UTC).date()
    return (
        judged("a.example", _text(page), day, judged("a.example", _text(was), day, Remembered()).remember).sha256
        is None
    )


def _text(page: PageSeen) -> str:
    return page.readable.text if page.readable else ""


def _known(page: PageSeen) -> KnownPage:
    sha256 = "a" * 64 if page.readable else None
    values = (page.etag, page.last_modified, page.body_sha256, sha256, datetime.now(UTC))
    return KnownPage(page.kind, page.url, page.outcome, *values, stale=page.kind is not Kind.ARTICLE)
