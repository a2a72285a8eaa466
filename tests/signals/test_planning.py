"""Who is planned when, in which class, and what a new version costs before it is spread."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.signals import trials
from nooks_dagster.signals.estimates import estimate
from nooks_dagster.signals.own import tell
from nooks_dagster.signals.planning import Planner
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import Status
from nooks_dagster.signals.work import Platform, Request, SignalsRun
from tests.signals.conftest import Clicks
from tests.signals.things import (
    NOT_FOUND,
    SHARED,
    TECH,
    Seller,
    Shelf,
    add_accounts,
    capped,
    document,
    dossier,
    found,
    sites,
)
from tests.sql import execute, rows

DAILY = replace(TECH, time_to_live=timedelta(days=1), not_found_time_to_live=timedelta(days=1))
OPEN = "select count(*) from signals.asked where open"


@pytest.fixture
def plan(platform: Platform, db: Database) -> Any:
    """Plan without draining; returns how many accounts were planned."""
    ledger = Ledger(db, "planner", timedelta(seconds=60))

    def run(workspace: str = "acme", launch: int | None = None, work_class: WorkClass = WorkClass.ASKED) -> int:
        question = Question.of(TECH, workspace, platform.settings.llm_model, {})
        wanted = SignalsRun(workspace, "planner", launch, work_class)
        planner = Planner(ledger, platform.lake, platform.settings)
        return sum(page.pairs for page in planner.plan(question, wanted, None))

    return run


def test_planning_twice_is_planning_once(plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(250))
    assert (plan(), plan()) == (250, 0)
    assert rows(db, "select count(*), sum((payload -> 'subjects' ->> 'rows')::int) from work.items") == [(3, 250)]


def test_a_batch_holds_a_handle_of_its_list_and_nothing_else(plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(100))
    plan()
    ((payload, lane, scope),) = rows(db, "select payload, lane, scope from work.items")
    assert set(payload) == {"subjects"}
    assert set(payload["subjects"]) == {"uri", "rows", "bytes", "sha256"}
    assert (lane, scope) == ("signals/acme/tech_stack", "signals/acme")


def test_a_pair_whose_batch_was_given_up_is_planned_again(plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(3))
    plan()
    execute(db, "update work.items set state = 'dead'")
    assert plan() == 3


def test_a_site_that_nobody_has_looked_at_waits_for_its_documents(plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(2))
    execute(db, "update research.sites set looked_at = null where site = %s", sites(1)[0])
    assert plan() == 1


def test_a_first_plan_that_nobody_waits_for_lets_pass_what_is_new_elsewhere(plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(1))
    plan(launch=1, work_class=WorkClass.INCREMENTAL)
    add_accounts(db, "acme", sites(1, start=10))
    plan(launch=2, work_class=WorkClass.INCREMENTAL)
    add_accounts(db, "acme", sites(1, start=20))
    plan()
    assert [class_ for (class_,) in rows(db, "select class from work.items order by id")] == [
        WorkClass.HISTORY,
        WorkClass.INCREMENTAL,
        WorkClass.ASKED,
    ]


def test_what_has_run_out_is_planned_at_night_and_not_with_what_is_new(click: Clicks, plan: Any, db: Database) -> None:
    add_accounts(db, "acme", sites(3))
    click()
    execute(db, "update signals.asked set due_at = now()")
    assert plan(launch=1, work_class=WorkClass.INCREMENTAL) == 0
    assert plan(launch=1, work_class=WorkClass.NIGHTLY) == 3


def test_an_answer_of_a_day_is_asked_for_again_each_night_and_holds_in_between(
    click: Clicks, plan: Any, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(3))
    click(DAILY)
    execute(db, "update signals.asked set due_at = now() + interval '5 minutes'")
    execute(db, "update signals.answers set expires_at = now() + interval '5 minutes'")
    assert click(DAILY) == []
    assert list(click.start(DAILY, launch=1, work_class=WorkClass.NIGHTLY).run()) == [], "it was asked this night"
    execute(db, "update signals.asked set planned_at = planned_at - interval '1 day'")
    (report,) = click.start(DAILY, launch=2, work_class=WorkClass.NIGHTLY).run()
    assert report.counts.cached == 3
    assert rows(db, "select count(*) from signals.asked where due_at > now() + interval '23 hours'") == [(3,)]
    assert list(click.start(DAILY, launch=3, work_class=WorkClass.NIGHTLY).run()) == []


def test_changed_documents_are_asked_about_again_and_unchanged_ones_come_out_of_the_cache(
    click: Clicks, db: Database, seller: Seller, shelf: Shelf
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    click()
    execute(db, "update research.sites set changed_at = now()")
    text = "Our team at a.example runs on Snowflake every day. It is new."
    shelf.dossiers["a.example"] = dossier(document("a.example", text))
    (report,) = click()
    assert (report.counts.cached, report.counts.bought) == (1, 1)
    assert seller.tries == {"a.example": 2, "b.example": 1}


def test_chosen_accounts_are_asked_again_whatever_the_cache_holds(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", sites(3))
    click()
    seller.script = lambda *_: NOT_FOUND
    (report,) = click(accounts=("000001",), again=True)
    assert report.counts.statuses == {Status.NOT_FOUND: 1}
    assert seller.tries[sites(1)[0]] == 2
    with pytest.raises(Permanent, match="None of the 1 chosen accounts"):
        click(accounts=("nobody",))
    with pytest.raises(Permanent, match="needs accounts"):
        click(again=True)


def test_own_facts_are_sent_only_where_they_are_needed_and_a_change_asks_again(
    click: Clicks, db: Database, seller: Seller, shelf: Shelf
) -> None:
    add_accounts(db, "acme", ["a.example"])
    shelf.dossiers["a.example"] = dossier(document("a.example", "Backed by Hill Capital since 2020."))
    evidence = [{"document": "d1", "quote": "Backed by Hill Capital since 2020."}]
    hill = {"investor": "Hill Capital", "evidence": evidence, "event_date": None, "confidence": 1.0}
    seller.script = lambda *_: {"status": "found", "findings": [hill]}
    (report,) = click(SHARED)
    assert report.counts.statuses == {Status.INSUFFICIENT_EVIDENCE: 1}
    assert seller.asks == []
    with db.transaction() as conn:
        assert tell(conn, "acme", "investors", ["Hill Capital", "Sea Ventures"])
    (report,) = click(SHARED)
    assert report.counts.statuses == {Status.FOUND: 1}
    assert '"investors":["Hill Capital","Sea Ventures"]' in seller.asks[0].input
    with db.transaction() as conn:
        assert not tell(conn, "acme", "investors", ["Sea Ventures", "Hill  Capital "])
    assert click(SHARED) == []
    with db.transaction() as conn:
        tell(conn, "acme", "investors", ["Sea Ventures"])
    (report,) = click(SHARED)
    assert report.counts.statuses == {Status.NOT_FOUND: 1}


@pytest.fixture
def trial(platform: Platform, click: Clicks, db: Database) -> Clicks:
    """A book of 30 that was asked in one version; a new one is tried on ten."""
    click.platform = replace(
        platform,
        settings=platform.settings.model_copy(update={"signals_trial_accounts": 10, "signals_spread_usd": 1.0}),
    )
    add_accounts(db, "acme", sites(30))
    click()
    return click


NEXT = replace(TECH, prompt_version="2")


def test_what_was_planned_for_the_version_before_is_asked_in_a_new_one_only_as_its_trial(
    trial: Clicks, db: Database, seller: Seller
) -> None:
    execute(db, "update research.sites set changed_at = now()")
    execute(db, "update signals.answers set cache_key = null")
    seller.script = capped
    trial()
    assert rows(db, OPEN) == [(30,)]
    seller.asks.clear()
    seller.script = lambda site, _: found(site)
    trial(NEXT)
    assert seller.asks == []
    trial(NEXT)
    assert len(seller.asks) == 10
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert (version.state, version.planned) == ("trial", 10)


def test_a_new_version_is_tried_on_some_and_spread_by_the_next_plan(
    trial: Clicks, db: Database, seller: Seller
) -> None:
    work = trial.start(NEXT)
    (report,) = work.run()
    version = work.version("tech_stack")
    assert version is not None
    assert (report.counts.bought, version.state) == (10, "trial")
    assert trial(NEXT)[0].counts.bought == 20
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert (version.state, version.reason) == ("spread", "10 accounts were tried, 0 of them failed; $0.0010 each.")
    assert len(seller.asks) == 60


def test_a_version_that_comes_back_is_the_one_that_is_told_of(trial: Clicks, db: Database, seller: Seller) -> None:
    trial(NEXT)
    asked = len(seller.asks)
    trial(TECH)
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert (version.state, version.reason) == ("spread", "It is the first of this signal.")
    assert len(seller.asks) == asked, "its answers still hold"


def test_a_new_version_that_fails_waits_for_a_person(trial: Clicks, db: Database, seller: Seller) -> None:
    def script(site: str, _: int) -> dict[str, Any]:
        if site == sites(1)[0]:
            raise Permanent("The request is too long.")
        return found(site)

    seller.script = script
    trial(NEXT)
    add_accounts(db, "acme", ["new.example"])
    (report,) = trial(NEXT)
    assert report.counts.ended == 1
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert version.state == "held"
    assert version.reason.startswith("1 of 10 accounts that it was tried on failed.")
    assert trial(NEXT) == []
    assert trial(NEXT, spread=True)[0].counts.ended == 20


def test_a_new_version_of_which_less_is_found_or_shown_waits_for_a_person(
    trial: Clicks, db: Database, seller: Seller
) -> None:
    seller.script = lambda site, _: found(site, quote="No page says so.")
    trial(NEXT)
    trial(NEXT)
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert version.reason.startswith("No page shows the answer about 100% of those that it was tried on, before 0%.")
    (cost,) = rows(db, "select distinct cost::text from signals.answers where version = %s", version.version)
    assert cost == ("0.002",), "each was asked twice"
    seller.script = lambda *_: NOT_FOUND
    trial(replace(TECH, prompt_version="3"))
    trial(replace(TECH, prompt_version="3"))
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert (version.state, version.reason.partition(".")[0]) == (
        "held",
        "Something was found about 0% of those that it was tried on, before about 100%",
    )


def test_a_trial_counts_no_account_that_is_gone(trial: Clicks, db: Database, seller: Seller) -> None:
    execute(db, "update research.accounts set gone_at = now() where account_id > '000006'")
    trial(NEXT)
    trial(NEXT)
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert (version.state, len(seller.asks)) == ("spread", 36)


def test_a_new_version_that_costs_much_waits_for_a_person(trial: Clicks, db: Database, platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"signals_trial_accounts": 10, "signals_spread_usd": 0.01})
    trial.platform = replace(platform, settings=settings)
    trial(NEXT)
    trial(NEXT)
    with db.transaction() as conn:
        (version,) = trials.versions(conn, ["tech_stack"])
    assert version.state == "held"
    assert version.reason.startswith("Asking the other 20 accounts costs about $0.02, more than")


def test_an_estimate_tells_what_a_run_would_ask_and_cost(
    click: Clicks, db: Database, platform: Platform, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(10))
    add_accounts(db, "globex", sites(15, start=5))
    first = estimate(platform, SignalsRun("acme", "r"), TECH)
    assert (first.due, first.cached, first.now, first.bought, str(first.usd)) == (10, 0, 10, False, "0.10")
    click()
    then = estimate(platform, SignalsRun("globex", "r"), TECH)
    assert (then.due, str(then.usd)[:5]) == (10, "0.010")
    estimate(platform, SignalsRun("acme", "r"), NEXT)
    assert rows(db, "select reason from signals.versions") == [("It is the first of this signal.",)]
    again = estimate(platform, SignalsRun("acme", "r", request=Request(tuple(sites(2)), again=True)), TECH)
    assert (again.due, again.cached) == (2, 0)
    assert rows(db, OPEN) == [(0,)]
