"""Which pages of a site are read, in which order, and which are asked for again."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.researcher import Stopped
from nooks_dagster.research.web.crawl import WebResearcher
from nooks_dagster.research.web.limits import Limits
from tests.research.town import Answer, Town, html, moved
from tests.research.web.looks import LIMITS, SITE, build, known, look, outcomes, texts


def test_the_links_of_the_home_lead_to_the_pages_that_matter(town: Town) -> None:
    build(town)
    found = texts(look(town))
    assert found == {
        (Kind.HOME, "/"): "Willkommen",
        (Kind.ABOUT, "/de/ueber-uns"): "Wir sind Acme.",
        (Kind.CAREERS, "/de/karriere/"): "Drei offene Stellen.",
        (Kind.NEWS, "/de/aktuelles.html"): "\n".join(f"Meldung {n}" for n in (2, 5, 3, 4, 1))
        + "\nWeitere Meldungen lesen",
        (Kind.BLOG, "/magazin"): "Noch nichts.",
        **{(Kind.ARTICLE, f"/de/aktuelles/meldung-{n}"): f"Meldung {n}\nNeues vom {n}." for n in (5, 4, 3)},
    }  # fmt: skip
    assert town.asked[f"{SITE}/impressum"] == 0


def test_one_look_asks_for_each_page_once_over_one_connection_at_a_time(town: Town) -> None:
    build(town)
    found = look(town)
    assert max(town.asked.values()) == 1
    assert town.peak[SITE] == 1
    assert found.requests == 2 + sum(town.asked.values()), "the robots.txt of two addresses of https besides"


def test_a_sitemap_of_spaces_takes_no_minutes(town: Town) -> None:
    spaces = Answer(f"<urlset><loc>{' ' * 900_000}", headers={"Content-Type": "application/xml"})
    town.sites[SITE] |= {"/sitemap.xml": spaces, "/": html("<h1>Acme</h1>")}
    assert texts(look(town)) == {(Kind.HOME, "/"): "Acme"}


def test_where_links_tell_nothing_the_sitemap_does(town: Town) -> None:
    town.sites[SITE] |= {
        "/robots.txt": Answer("User-agent: *\nSitemap: http://acme.com/map.xml"),
        "/map.xml": Answer(
            "<sitemapindex><sitemap><loc>http://acme.com/pages.xml</loc></sitemap></sitemapindex>",
            headers={"Content-Type": "application/xml"},
        ),
        "/pages.xml": Answer(
            "<urlset><url><loc>http://acme.com/company/jobs</loc></url><url><loc>http://evil.com/news</loc></url></urlset>",
            headers={"Content-Type": "application/xml"},
        ),
        "/": html("<h1>Acme</h1>"),
        "/company/jobs": html("<p>Two jobs</p>"),
    }
    assert texts(look(town)) == {(Kind.HOME, "/"): "Acme", (Kind.CAREERS, "/company/jobs"): "Two jobs"}
    assert not town.asked[f"{SITE}/about"], "a site that lists its pages is not guessed at"


def test_without_links_and_sitemap_common_paths_are_tried(town: Town) -> None:
    town.sites[SITE] |= {"/": html("<h1>Acme</h1>"), "/about-us": html("<p>We are Acme</p>")}
    found = look(town)
    assert texts(found) == {(Kind.HOME, "/"): "Acme", (Kind.ABOUT, "/about-us"): "We are Acme"}
    assert {path for path, outcome in outcomes(found).items() if outcome is Outcome.MISSING} == {
        "/careers", "/news", "/blog",
    }  # fmt: skip


def test_a_site_that_shows_its_home_for_whatever_one_asks_has_no_other_pages(town: Town) -> None:
    shown = html("<h1>Acme</h1>")
    town.sites[SITE] |= {"/": shown, "/about": shown, "/careers": shown, "/jobs": moved("/"), "/news": shown}
    assert texts(look(town)) == {(Kind.HOME, "/"): "Acme"}


def test_pages_that_a_look_had_no_room_for_are_told_as_unread(town: Town) -> None:
    build(town)
    found = look(town, limits=replace(LIMITS, pages=6))  # two for https, where nobody answers
    assert outcomes(found) == {
        "/": Outcome.OK,
        "/de/ueber-uns": Outcome.OK,
        "/de/karriere/": Outcome.OK,
        "/de/aktuelles.html": Outcome.OK,
        "/magazin": Outcome.UNREACHABLE,
        **{f"/de/aktuelles/meldung-{n}": Outcome.UNREACHABLE for n in (5, 4, 3)},
    }


def test_what_a_look_had_no_room_for_is_read_by_the_next_though_nothing_has_changed(town: Town) -> None:
    build(town)
    for path, page in town.sites[SITE].items():
        town.sites[SITE][path] = replace(page, headers={**page.headers, "ETag": f'"{len(page.body)}"'})
    first = look(town, limits=replace(LIMITS, pages=5))
    seen = tuple(
        known(
            page.kind,
            page.url.removeprefix(f"http://{SITE}"),
            stale=page.kind is Kind.HOME or page.outcome is Outcome.UNREACHABLE,
            outcome=page.outcome,
            etag=page.etag,
            sha256="a" * 64 if page.readable else None,
        )
        for page in first.pages
    )
    assert (Kind.CAREERS, "/de/karriere/") in texts(look(town, seen))


def test_a_name_that_leads_to_somebody_elses_site_has_none_of_its_own(town: Town) -> None:
    town.sites[SITE] |= {"/": moved("http://www.facebook.com/acme")}
    town.sites["www.facebook.com"] |= {
        "/acme": html("<h1>Acme</h1><a href='/careers'>Careers</a>"),
        "/careers": html("<p>Careers at somebody else's.</p>"),
    }
    found = look(town)
    assert (found.outcome, [page.kind for page in found.pages]) == (Outcome.NOT_A_PAGE, [Kind.HOME])


@pytest.mark.parametrize("status", [403, 404])
def test_www_is_tried_where_the_bare_name_has_no_page(town: Town, status: int) -> None:
    town.sites[SITE] |= {"/": Answer("no", status)}
    town.sites[f"www.{SITE}"] |= {"/": html("<h1>Acme</h1>")}
    assert look(town).outcome is Outcome.OK


def test_a_meta_refresh_is_followed_like_a_redirect_and_judged_like_one(town: Town) -> None:
    refresh = "<meta http-equiv=refresh content='0; url={}'>"
    town.sites[SITE] |= {"/": html(refresh.format("/en")), "/en": html("<h1>Acme</h1>")}
    assert texts(look(town)) == {(Kind.HOME, "/en"): "Acme"}
    town.sites[SITE]["/"] = html(refresh.format("http://127.0.0.1/"))
    look(town)
    assert {address for address, _ in town.dialled} == {town.resolve(SITE, 1)[0]}


def test_www_is_tried_where_the_bare_name_does_not_answer(town: Town) -> None:
    town.sites["www.acme.com"]["/"] = html("<h1>Acme</h1>")
    town.addresses[SITE] = []
    assert texts(look(town)) == {(Kind.HOME, "http://www.acme.com/"): "Acme"}


def test_a_company_that_moved_to_another_name_is_read_there(town: Town) -> None:
    town.sites[SITE]["/"] = moved("http://www.acme.io/")
    town.sites["www.acme.io"] |= {
        "/": html("<nav><a href='/about'>About us</a></nav><h1>Acme</h1>"),
        "/about": html("<p>We</p>"),
    }
    assert texts(look(town)) == {
        (Kind.HOME, "http://www.acme.io/"): "Acme",
        (Kind.ABOUT, "http://www.acme.io/about"): "We",
    }


def test_what_is_fresh_is_not_asked_for_and_stays(town: Town) -> None:
    build(town)
    found = look(town, (known(Kind.HOME, "/", stale=False), known(Kind.CAREERS, "/de/karriere/")))
    assert {url for url, n in town.asked.items() if n} == {f"{SITE}/robots.txt", f"{SITE}/de/karriere/"}
    home = next(page for page in found.pages if page.kind is Kind.HOME)
    assert not home.checked


def test_a_page_that_has_not_changed_is_not_sent_again(town: Town) -> None:
    town.sites[SITE] |= {
        "/": Answer("<h1>Acme</h1>", headers={"Content-Type": "text/html", "ETag": '"v1"'}),
    }
    home = known(Kind.HOME, "/", etag='"v1"')
    found = look(town, (home, known(Kind.ABOUT, "/about", stale=False)))
    assert [(page.url, page.readable, page.etag) for page in found.pages if page.checked] == [(home.url, None, '"v1"')]


def test_a_page_that_is_gone_is_told_and_an_article_that_is_old_is_parted_with(town: Town) -> None:
    build(town)
    del town.sites[SITE]["/de/karriere/"]
    old = known(Kind.ARTICLE, "/de/aktuelles/meldung-1", stale=False)
    newest = known(Kind.ARTICLE, "/de/aktuelles/meldung-5", stale=False)
    found = look(town, (known(Kind.HOME, "/"), known(Kind.CAREERS, "/de/karriere/"), old, newest))
    assert outcomes(found)["/de/karriere/"] is Outcome.MISSING
    assert old.url not in {page.url for page in found.pages}
    assert not town.asked[f"{SITE}/de/aktuelles/meldung-5"]
    assert newest.url in {page.url for page in found.pages}


def test_pages_and_time_of_a_site_are_bounded_and_what_was_read_by_then_is_kept(town: Town) -> None:
    build(town)
    assert len(texts(look(town, limits=Limits(pages=5)))) == 3, "two addresses of https were pages too"

    def slow(handler: Any) -> None:
        for _ in range(400):
            handler.wfile.write(b"x")
            time.sleep(0.05)

    town.sites[SITE]["/de/ueber-uns"] = Answer(headers={"Content-Type": "text/html"}, stream=slow)
    town.sites[SITE]["/de/karriere/"] = town.sites[SITE]["/de/ueber-uns"]
    found = look(town, limits=Limits(site_seconds=3, page_seconds=2.5, read_seconds=2))
    assert found.outcome is Outcome.OK
    assert texts(found)[Kind.HOME, "/"] == "Willkommen"


def test_a_page_has_one_address_whatever_the_session(town: Town) -> None:
    town.sites[SITE] |= {
        "/": html("<h1>Acme</h1><a href='/about?sid=7f3a&lang=en&utm_source=x'>About</a>"),
        "/about?lang=en": html("<p>We are Acme</p>"),
    }
    assert outcomes(look(town))["/about?lang=en"] is Outcome.OK


def test_a_stop_keeps_nothing(town: Town) -> None:
    build(town)
    with pytest.raises(Stopped):
        WebResearcher(town.network(), LIMITS).look(SITE, (), lambda: bool(town.asked[f"{SITE}/"]))


def test_a_page_without_text_is_no_document(town: Town) -> None:
    town.sites[SITE]["/"] = html("<div id=app></div><script>render()</script>")
    assert look(town).outcome is Outcome.NOT_A_PAGE


def test_jobs_are_read_where_a_company_has_them_managed(town: Town) -> None:
    town.sites[SITE]["/"] = html("<h1>Acme</h1><a href='http://boards.greenhouse.io/acme'>Careers</a>")
    town.sites["boards.greenhouse.io"]["/acme"] = html("<p>Head of Sales, Berlin</p>")
    found = texts(look(town))
    assert found[Kind.CAREERS, "http://boards.greenhouse.io/acme"] == "Head of Sales, Berlin"
