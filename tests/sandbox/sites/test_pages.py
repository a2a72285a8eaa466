"""What the pages say: read by the library that a real researcher uses, they state what the truth says, and no more."""

from collections import Counter
from html import escape
from itertools import islice

import trafilatura

from sandbox.sites.changes import SiteShelf
from sandbox.sites.facts import FIELDS
from sandbox.sites.html import render
from sandbox.sites.injections import MARKS
from sandbox.sites.sentences import read
from sandbox.sites.site import Site, Told
from tests.sandbox.sites.conftest import site_where, sites_where


def _read(html: str) -> list:
    text = trafilatura.extract(html, include_tables=True, favor_recall=True) or ""
    return [found.fact for found in read(text) if found.fact.about_us]


def test_the_readable_text_of_every_page_states_exactly_what_the_page_is_known_to_state(shelf: SiteShelf) -> None:
    for site in islice(sites_where(lambda manners: manners.trouble is None, shelf), 12):
        for page in site.pages.values():
            stated = [each.fact for each in page.statements if each.fact.about_us]
            assert sorted(map(str, _read(render(site, page)))) == sorted(map(str, stated)), site.url(page)


def test_every_kind_of_fact_is_stated_somewhere(shelf: SiteShelf) -> None:
    sites = islice(sites_where(lambda manners: manners.trouble is None, shelf), 60)
    pages = [page for site in sites for page in site.pages.values()]
    assert {each.fact.kind for page in pages for each in page.statements if each.fact.about_us} == FIELDS.keys()


def test_the_same_site_is_made_anew_alike(shelf: SiteShelf) -> None:
    site = site_where(lambda manners: len(manners.paths) == 5, shelf)
    assert Site(site.company, Told()).pages == site.pages


def test_sites_are_written_in_four_languages(shelf: SiteShelf) -> None:
    languages = Counter(site.manners.language for site in islice(sites_where(lambda _: True, shelf), 300))
    assert languages.keys() == {"en", "de", "fr", "es"}
    assert languages["en"] > 180


def test_of_ten_thousand_sites_more_than_a_hundred_give_instructions_to_machines_everywhere_on_a_page(
    shelf: SiteShelf,
) -> None:
    injected = list(islice(sites_where(lambda manners: manners.injected, shelf), 100))
    assert int(injected[-1].company.host.split("tea")[1].split(".")[0]) < 10_000
    places: Counter[str] = Counter()
    for site in injected:
        (page,) = [page for page in site.pages.values() if page.injection]
        assert any(mark in page.injection.lower() for mark in MARKS)
        html = render(site, page)
        begin = html.index(page.injection if f"<!-- {page.injection}" in html else escape(page.injection))
        places[html[:begin].rpartition("<")[2].split()[0].rstrip(">")] += 1
    assert len(places) >= 4, places


def test_no_instruction_is_mistaken_for_a_statement(shelf: SiteShelf) -> None:
    for site in islice(sites_where(lambda manners: manners.injected, shelf), 40):
        assert not [found for page in site.pages.values() if page.injection for found in read(page.injection)]


def test_a_share_of_the_sites_changes_each_day_and_says_when(shelf: SiteShelf) -> None:
    before = {site.company: site for site in islice(sites_where(lambda m: m.trouble is None, shelf), 200)}
    shelf.pass_days(1)
    changed = [company for company, site in before.items() if shelf.site(company).pages != site.pages]
    assert 2 < len(changed) < 25
    assert all(str(shelf.site(company).changed) == "2026-07-01" for company in changed)
