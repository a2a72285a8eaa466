"""Sites as a client meets them: names, redirects, robots, validators, encodings, all over the real proxy."""

from urllib.parse import urljoin

import requests

from sandbox.sites.changes import SiteShelf
from sandbox.sites.sentences import read
from tests.sandbox.process import Sandbox
from tests.sandbox.sites.conftest import browse, site_where

Browser = requests.Session


def test_a_visitor_who_types_the_bare_name_ends_on_the_home_page_over_tls(shelf: SiteShelf, browser: Browser) -> None:
    site = site_where(lambda m: m.trouble is None and m.canonical.startswith("www.") and m.hops == 3, shelf)
    reply = browser.get(f"http://{site.company.host}/", timeout=60)
    assert reply.status_code == 200
    assert reply.url == f"https://www.{site.company.host}/start"
    assert [step.status_code for step in reply.history] == [301, 301, 302, 302, 302]
    assert site.company.name in reply.text


def test_every_page_is_reached_by_links_from_the_home_page(shelf: SiteShelf, browser: Browser) -> None:
    site = site_where(lambda m: m.trouble is None and len(m.paths) == 5 and not m.sessions and not m.hops, shelf)
    seen: dict[str, str] = {}
    todo = [f"https://{site.manners.canonical}/"]
    while todo:
        url = todo.pop()
        seen[url] = browser.get(url, timeout=60).text
        links = [part.partition('"')[0] for part in seen[url].split('href="')[1:]]
        urls = [urljoin(url, link) for link in links if not link.startswith(("mailto:", "tel:", "javascript:"))]
        todo += [each for each in dict.fromkeys(urls) if site.manners.canonical in each and each not in seen]
        todo = list(dict.fromkeys(todo))
    assert sorted(seen) == sorted(map(site.url, site.pages.values()))


def test_a_page_in_latin_1_reads_like_any_other(shelf: SiteShelf, browser: Browser) -> None:
    for charset in ("latin-1", "latin-1 header"):
        site = site_where(
            lambda m, charset=charset: m.trouble is None and m.charset == charset and m.language == "de", shelf
        )
        page = next(page for page in site.pages.values() if len(page.statements) > 1)
        reply = browser.get(site.url(page), timeout=60)
        assert ("charset" in reply.headers["Content-Type"]) is (charset != "latin-1")
        found = [each.fact for each in read(reply.content.decode("latin-1").replace("&#x27;", "'"))]
        assert {each.fact for each in page.statements if each.fact.about_us} <= set(found)


def test_a_name_beyond_ascii_is_served_with_a_certificate_of_its_own(browser: Browser, shelf: SiteShelf) -> None:
    for number in range(1, 50):
        reply = browser.get(f"https://kitehive-zürich{number}.example/robots.txt", timeout=60)
        if reply.status_code == 200:
            return
    raise AssertionError("none of 50 sites has a robots.txt")


def test_a_page_that_has_not_changed_is_not_sent_again_though_its_bytes_differ(
    shelf: SiteShelf, browser: Browser
) -> None:
    site = site_where(lambda m: m.trouble is None and m.validators == "both" and m.volatile and not m.hops, shelf)
    url = f"https://{site.manners.canonical}/"
    first, second = (browser.get(url, timeout=60) for _ in range(2))
    assert first.content != second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    by_tag = browser.get(url, headers={"If-None-Match": first.headers["ETag"]}, timeout=60)
    by_date = browser.get(url, headers={"If-Modified-Since": first.headers["Last-Modified"]}, timeout=60)
    assert [(reply.status_code, reply.content) for reply in (by_tag, by_date)] == [(304, b""), (304, b"")]


def test_a_page_changes_when_a_fact_is_told_and_keeps_it_after_a_restart(sandbox: Sandbox, shelf: SiteShelf) -> None:
    browser = browse(sandbox)
    site = site_where(lambda m: m.trouble is None and m.validators == "both" and "news" in m.paths, shelf)
    told = {"kind": "news", "values": {"type": "award", "summary": "Won the Clear Water Prize"}}
    news = f"https://{site.manners.canonical}{site.manners.paths['news']}"
    before = browser.get(news, timeout=60)
    reply = sandbox.control(f"/control/sites/{site.company.host}", "POST", told)
    assert reply.status_code == 200, reply.text
    sandbox.kill()
    sandbox.start()
    conditions = {"If-None-Match": before.headers["ETag"], "If-Modified-Since": before.headers["Last-Modified"]}
    assert browser.get(news, headers=conditions, timeout=60).status_code == 200
    stated = [page["states"] for page in sandbox.control(f"/control/sites/{site.company.host}").json()["pages"]]
    assert any("Clear Water Prize" in each["sentence"] for page in stated for each in page)


def test_robots_that_read_what_is_closed_to_them_are_counted(
    served: Sandbox, shelf: SiteShelf, browser: Browser
) -> None:
    site = site_where(lambda m: m.trouble is None and m.closed == (m.paths.get("careers"),), shelf)
    closed = f"https://{site.manners.canonical}{site.manners.paths['careers']}"
    robots = browser.get(f"https://{site.manners.canonical}/robots.txt", timeout=60)
    assert f"Disallow: {site.manners.paths['careers']}" in robots.text
    before = served.control("/control/sites").json()
    browser.get(closed, timeout=60)
    browser.get(closed, headers={"User-Agent": "nooks-research/1.0 (+https://nooks.example)"}, timeout=60)
    after = served.control("/control/sites").json()
    assert after["robots_violations"] - before["robots_violations"] == 1
    assert after["violated"][-1] == closed
    assert after["pages"]["careers"] - before["pages"].get("careers", 0) == 2


def test_a_sitemap_names_the_pages(shelf: SiteShelf, browser: Browser) -> None:
    site = site_where(lambda m: m.trouble is None and m.sitemap, shelf)
    text = browser.get(f"https://{site.manners.canonical}/sitemap.xml", timeout=60).text
    assert all(f"<loc>{site.url(page)}</loc>" in text for page in site.pages.values())


def test_what_is_not_there_is_404_and_at_some_sites_200(shelf: SiteShelf, browser: Browser) -> None:
    for polite, status in ((False, 404), (True, 200)):
        site = site_where(lambda m, polite=polite: m.trouble is None and m.polite_errors is polite, shelf)
        reply = browser.get(f"https://{site.manners.canonical}/no/such/page", timeout=60)
        assert (reply.status_code, "no such page" in reply.text) == (status, True)
