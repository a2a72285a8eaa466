"""From accounts to documents: what a run looks at, keeps and leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.research.accounts import refresh_accounts
from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.research.library import Library
from nooks_dagster.research.planning import Wish, plan_sites
from nooks_dagster.research.researcher import KnownPage, Look
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch
from nooks_dagster.research.web.crawl import WebResearcher
from nooks_dagster.research.web.limits import Limits
from tests.research.things import connect, put_accounts, research
from tests.research.town import Answer, Town, html

KINDS = [kind.value for kind in Kind]


@pytest.fixture
def library(db: Database, lake: Lake) -> Library:
    return Library(db, lake)


def build(town: Town, site: str, home: str = "Welcome") -> None:
    town.sites[site] |= {
        "/": html(f"<nav><a href=/about>About us</a><a href=/careers>Careers</a></nav><h1>{home}</h1>", title=site),
        "/about": html(f"<p>{site} sells widgets.</p>"),
        "/careers": html(f"<p>{site} seeks a counsel.</p>"),
    }


def age(db: Database, days: int) -> None:
    """Let so many days pass for all that is known."""
    with db.transaction() as conn:
        for column in ("looked_at", "next_look_at", "changed_at"):
            conn.execute(f"UPDATE research.sites SET {column} = {column} - make_interval(days => %s)".encode(), (days,))
        conn.execute("UPDATE research.pages SET checked_at = checked_at - make_interval(days => %s)", (days,))
        conn.execute("UPDATE research.accounts SET planned_at = planned_at - make_interval(days => %s)", (days,))


def row(db: Database, site: str) -> dict[str, Any]:
    with db.transaction() as conn:
        cursor = conn.execute("SELECT * FROM research.sites WHERE site = %s", (site,))
        names = [column.name for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchone() or (), strict=True))


def test_a_first_run_reads_the_sites_of_all_accounts(town: Town, on: Platform, library: Library) -> None:
    build(town, "globex.com")
    put_accounts(
        on.db, "acme-salesforce", {"1": "globex.com", "2": "https://www.globex.com", "3": None, "4": "gone.com"}
    )
    looks = {kept.site: kept for kept in research(on)}
    assert {site: (kept.outcome, kept.new) for site, kept in looks.items()} == {
        "globex.com": (Outcome.OK, 3),
        "gone.com": (Outcome.UNREACHABLE, 0),
    }
    found = library.of(["globex.com", "gone.com", "never.com"], KINDS)
    documents = found["globex.com"].documents
    assert [(d.kind, d.url, d.title, d.language, d.text) for d in documents] == [
        (Kind.HOME, "http://globex.com/", "globex.com", "en", "Welcome"),
        (Kind.ABOUT, "http://globex.com/about", "", "en", "globex.com sells widgets."),
        (Kind.CAREERS, "http://globex.com/careers", "", "en", "globex.com seeks a counsel."),
    ]
    assert found["gone.com"].documents == []
    assert [(t.kind, t.outcome) for t in found["gone.com"].tried] == [(Kind.HOME, Outcome.UNREACHABLE)]
    assert found["never.com"].outcome is None


def test_the_same_new_text_of_two_pages_lies_once_in_the_lake(
    town: Town, on: Platform, library: Library, lake: Lake
) -> None:
    town.sites["one.com"]["/"] = html("<p>None is open</p><a href=/jobs>Jobs</a>")
    town.sites["one.com"]["/jobs"] = html("<p>None is open</p>Jobs")
    put_accounts(on.db, "acme-salesforce", {"1": "one.com"})
    research(on)
    home, jobs = library.of(["one.com"], ["home", "careers"])["one.com"].documents
    assert home.sha256 == jobs.sha256
    assert (home.url, jobs.url) == ("http://one.com/", "http://one.com/jobs")
    (stored,) = lake.objects("research/documents/")
    assert str(lake.read_json(stored.name).value).count("None is open") == 1
    with on.db.transaction() as conn:
        shas = library.shas(conn, ["one.com", "never.com"], ["home"])
    assert shas == {"one.com": [home.sha256], "never.com": ()}


def test_a_site_that_copies_another_does_not_lend_it_its_text(town: Town, on: Platform, library: Library) -> None:
    town.sites["evil.com"]["/"] = html("<p>Acme makes widgets.</p><p>Oracle-runs-Acme-since-2020</p>")
    put_accounts(on.db, "acme-salesforce", {"1": "evil.com"})
    research(on)
    town.sites["acme.com"]["/"] = html("<p>Acme makes widgets.</p>")
    put_accounts(on.db, "acme-salesforce", {"2": "acme.com"})
    research(on, run_id="run-2")
    (document,) = library.of(["acme.com"], ["home"])["acme.com"].documents
    assert document.text == "Acme makes widgets."


def test_what_was_new_at_a_look_lies_in_one_object_of_the_lake(
    town: Town, on: Platform, library: Library, lake: Lake
) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    assert len(list(lake.objects("research/documents/"))) == 1
    town.sites["globex.com"]["/careers"] = html("<p>globex.com seeks a pilot.</p>")
    age(on.db, 7)
    research(on, run_id="run-2")
    assert len(list(lake.objects("research/documents/"))) == 2
    texts = [document.text for document in library.of(["globex.com"], KINDS)["globex.com"].documents]
    assert texts == ["Welcome", "globex.com sells widgets.", "globex.com seeks a pilot."]


def test_a_second_run_asks_nobody(town: Town, on: Platform) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    town.asked.clear()
    assert research(on, run_id="run-2") == []
    assert not town.asked


def test_one_look_serves_all_workspaces(town: Town, on: Platform) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    put_accounts(on.db, connect(on.db, "initech"), {"9": "www.globex.com"})
    assert len(research(on)) == 1
    town.asked.clear()
    assert research(on, "initech") == []
    assert not town.asked


def test_after_a_week_what_changes_often_is_read_again_and_after_a_month_the_rest(town: Town, on: Platform) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    town.asked.clear()
    age(on.db, 7)
    (kept,) = research(on, run_id="run-2")
    assert (kept.new, kept.unchanged) == (0, 1)
    assert set(town.asked) == {"globex.com/robots.txt", "globex.com/careers"}
    age(on.db, 30)
    (kept,) = research(on, run_id="run-3")
    assert (kept.new, kept.unchanged) == (0, 3)


def test_a_change_makes_a_new_document_and_the_site_says_when(town: Town, on: Platform, library: Library) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    before = library.of(["globex.com"], KINDS)["globex.com"]
    age(on.db, 7)
    town.sites["globex.com"]["/careers"] = html("<p>globex.com seeks an engineer.</p>")
    (kept,) = research(on, run_id="run-2")
    after = library.of(["globex.com"], KINDS)["globex.com"]
    assert kept.new == 1
    assert after.documents[2].text == "globex.com seeks an engineer."
    assert after.documents[0] == before.documents[0]
    assert after.changed_at is not None
    assert before.changed_at is not None
    assert after.changed_at > before.changed_at


def test_a_volatile_line_keeps_the_document_as_first_seen(town: Town, on: Platform, library: Library) -> None:
    town.sites["globex.com"]["/"] = html("<h1>Welcome</h1><p>12 visitors</p>")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    before = library.of(["globex.com"], ["home"])["globex.com"]
    town.sites["globex.com"]["/"] = html("<h1>Welcome</h1><p>977 visitors</p>")
    (kept,) = research(on, run_id="run-2", wish=Wish(again=True))
    after = library.of(["globex.com"], ["home"])["globex.com"]
    assert (kept.new, kept.unchanged) == (0, 1)
    assert after.documents == before.documents
    assert after.changed_at == before.changed_at


def test_a_page_that_fails_for_now_keeps_its_document_and_one_that_is_gone_loses_it(
    town: Town, on: Platform, library: Library
) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    research(on)
    town.sites["globex.com"]["/careers"] = Answer(b"", 503)
    research(on, run_id="run-2", wish=Wish(again=True))
    assert len(library.of(["globex.com"], ["careers"])["globex.com"].documents) == 1
    town.sites["globex.com"]["/careers"] = Answer(b"", 404)
    research(on, run_id="run-3", wish=Wish(again=True))
    found = library.of(["globex.com"], ["careers"])["globex.com"]
    assert found.documents == []
    assert [t.outcome for t in found.tried] == [Outcome.MISSING]


def test_a_site_that_does_not_answer_is_tried_after_one_day_three_and_seven(town: Town, on: Platform) -> None:
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    for turn, days in enumerate((1, 3, 7, 7)):
        assert len(research(on, run_id=f"run-{turn}")) == 1
        found = row(on.db, "globex.com")
        assert (found["failures"], (found["next_look_at"] - found["looked_at"]).days) == (turn + 1, days - 1)
        assert research(on, run_id=f"again-{turn}") == []
        age(on.db, days)
    build(town, "globex.com")
    research(on, run_id="last")
    assert row(on.db, "globex.com")["failures"] == 0


def test_chosen_accounts_are_looked_at_again_whenever_that_was_last(town: Town, on: Platform) -> None:
    for site in ("one.com", "two.com"):
        build(town, site)
    put_accounts(on.db, "acme-salesforce", {"1": "one.com", "2": "two.com"})
    research(on)
    looks = research(on, run_id="run-2", wish=Wish(accounts=["2"]))
    assert [kept.site for kept in looks] == ["two.com"]
    assert len(research(on, run_id="run-3", wish=Wish(again=True))) == 2


def test_batches_hold_a_hundred_sites_and_carry_a_handle(town: Town, on: Platform, lake: Lake) -> None:
    put_accounts(on.db, "acme-salesforce", {str(n): f"company-{n}.com" for n in range(250)})
    assert len(research(on)) == 250
    with on.db.transaction() as conn:
        rows = conn.execute(
            "SELECT (payload -> 'sites' ->> 'rows')::int, octet_length(payload::text), outcome ->> 'sites' "
            "FROM work.items WHERE queue = 'research.sites' AND scope = 'signals/acme' ORDER BY 1"
        ).fetchall()
    assert [(rows_, int(done)) for rows_, _, done in rows] == [(50, 50), (100, 100), (100, 100)]
    assert all(size < 500 for _, size, _ in rows)
    assert list(lake.objects("research/batches/")) == [], "what is done with is removed"


class Unkeepable(WebResearcher):
    """Sees what no table can hold, on one site."""

    def look(self, site: str, known: Sequence[KnownPage], stopped: Callable[[], bool]) -> Look:
        found = super().look(site, known, stopped)
        return (
            replace(found, pages=[replace(page, etag="\x00") for page in found.pages]) if site == "bad.com" else found
        )


def test_a_site_that_shows_what_cannot_be_kept_costs_its_neighbours_nothing(town: Town, on: Platform) -> None:
    build(town, "good.com")
    build(town, "bad.com")
    put_accounts(on.db, "acme-salesforce", {"1": "good.com", "2": "bad.com"})
    looks = research(replace(on, researcher=Unkeepable(town.network(), Limits(site_seconds=10))))
    assert {kept.site: kept.outcome for kept in looks} == {"good.com": Outcome.OK, "bad.com": Outcome.NOT_A_PAGE}


def test_a_run_for_what_is_new_leaves_the_sites_of_a_history_to_a_run_of_their_own(town: Town, on: Platform) -> None:
    build(town, "globex.com")
    put_accounts(on.db, "acme-salesforce", {"1": "globex.com"})
    with on.db.transaction() as conn:
        refresh_accounts(conn, "acme")
    plan_sites(Ledger.of(on.db, on.settings, "first"), on.lake, "acme", "first", WorkClass.HISTORY, Wish())
    looked = {}
    for launch, work_class in ((1, WorkClass.INCREMENTAL), (2, WorkClass.HISTORY)):
        run = ResearchRun("acme", f"run-{launch}", launch, work_class)
        looked[work_class] = [kept.site for kept in WorkspaceResearch(on, run).beats() if kept]
    assert looked == {WorkClass.INCREMENTAL: [], WorkClass.HISTORY: ["globex.com"]}
