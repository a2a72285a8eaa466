"""A run from plan to published answers."""

from dataclasses import replace

from nooks_dagster.database.pool import Database
from nooks_dagster.research.documents import Kind, Outcome, Tried
from nooks_dagster.signals.reports import Ending, Status
from tests.signals.conftest import Clicks
from tests.signals.things import NOT_FOUND, SEEN, TECH, Seller, Shelf, add_accounts, document, dossier, found, sites
from tests.sql import execute, rows


def test_each_account_of_a_book_gets_its_answer_in_batches_of_at_most_a_hundred(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(230))
    reports = click()
    assert [report.ending for report in reports] == [Ending.DONE] * 3
    assert sorted(report.counts.ended for report in reports) == [30, 100, 100]
    assert len(seller.asks) == 230
    assert rows(db, "select status, count(*) from signals.answers where subject <> '' group by 1") == [("found", 230)]
    assert rows(db, "select count(*), count(distinct change) from signals.current") == [(230, 230)]
    assert rows(db, "select state, count(*) from sold group by 1") == [("settled", 230)]


def test_a_second_run_with_nothing_changed_asks_nobody(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", sites(20))
    click()
    assert click() == []
    assert len(seller.asks) == 20


def test_a_site_that_shows_one_document_on_two_pages_is_asked_about_it_once(
    click: Clicks, db: Database, seller: Seller, shelf: Shelf
) -> None:
    add_accounts(db, "acme", ["a.example"])
    (home,) = shelf.usual("a.example").documents
    shelf.dossiers["a.example"] = dossier(home, replace(home, url="https://a.example/jobs", kind=Kind.CAREERS))
    click()
    execute(db, "update signals.asked set due_at = now()")
    (report,) = click()
    assert (report.counts.cached, len(seller.asks)) == (1, 1)
    assert len(seller.asks[0].input.splitlines()) == 2, "the account, and one document"


def test_an_account_without_a_site_is_told_so_and_costs_nothing(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", [None, "a.example"])
    click()
    assert rows(
        db,
        "select c.account_id, x.status, x.reason from signals.current c join signals.answers x on x.id = c.answer "
        "order by 1",
    ) == [
        ("000001", "insufficient_evidence", "Its CRM record names no public web site, so there is nothing to read."),
        ("000002", "found", ""),
    ]
    assert [ask.subject for ask in seller.asks] == ["a.example"]


def test_two_accounts_of_one_site_share_a_question_and_an_answer(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", ["a.example", "a.example"])
    click()
    add_accounts(db, "acme", ["a.example"])
    click()
    assert len(seller.asks) == 1
    assert rows(db, "select count(*), count(distinct answer) from signals.current") == [(3, 1)]


def test_a_public_answer_appears_for_every_workspace_that_has_the_site(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    add_accounts(db, "globex", ["a.example"])
    click()
    assert rows(db, "select workspace, count(*) from signals.current group by 1 order by 1") == [
        ("acme", 2),
        ("globex", 1),
    ]
    click(workspace="globex")
    assert len(seller.asks) == 2


def test_a_report_tells_statuses_cost_and_what_the_cache_gave(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", sites(3))
    seller.script = lambda site, _: NOT_FOUND if site == "company-000001.example" else found(site)
    work = click.start()
    (report,) = work.run()
    assert report.counts.statuses == {Status.FOUND: 2, Status.NOT_FOUND: 1}
    assert (report.signal, report.counts.bought, str(report.counts.cost)) == ("tech_stack", 3, "0.003")
    assert work.counts("tech_stack").ended == 3
    assert TECH.name == report.signal


def test_nothing_found_is_judged_anew_by_the_pages_of_today_without_a_question(
    click: Clicks, db: Database, seller: Seller, shelf: Shelf
) -> None:
    add_accounts(db, "acme", ["a.example"])
    seller.script = lambda *_: NOT_FOUND
    home, careers = document("a.example", "Welcome to our home page."), "https://a.example/careers"
    for outcome in (Outcome.UNREACHABLE, Outcome.MISSING, Outcome.UNREACHABLE):
        shelf.dossiers["a.example"] = dossier(home, tried=[Tried(careers, Kind.CAREERS, outcome, SEEN)])
        click()
        execute(db, "update signals.asked set due_at = now()")
        execute(db, "update signals.answers set expires_at = now()")
    model = seller.asks[0].model
    told = "select status, sources_tried -> 1 ->> 'outcome', model from signals.answers where subject <> '' order by id"
    assert rows(db, told) == [
        ("degraded", "unreachable", model),
        ("not_found", "missing", model),
        ("degraded", "unreachable", model),
    ]
    assert len(seller.asks) == 1


def test_an_answer_that_has_run_out_holds_once_more_when_its_pages_say_the_same(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    click()
    execute(db, "update signals.asked set due_at = now(); update signals.answers set expires_at = now()")
    (report,) = click()
    assert (report.counts.statuses[Status.FOUND], report.counts.cached, report.counts.bought) == (2, 2, 0)
    assert len(seller.asks) == 2
    assert rows(
        db,
        "select count(*), min(x.expires_at) > now() + interval '29 days', sum(x.cost), count(x.purchase) "
        "from signals.current c join signals.answers x on x.id = c.answer and x.id = c.latest",
    ) == [(2, True, 0, 0)]
    assert click() == []
