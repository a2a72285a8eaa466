"""Accounts whose site was looked at are asked about while others are still being read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, Unauthorized
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from nooks_dagster.signals.planning import Planned
from nooks_dagster.signals.plans import plan_research
from nooks_dagster.signals.rounds import Rounds
from nooks_dagster.signals.work import PLANS, Platform
from tests.research.scripted import Scripted
from tests.research.things import connect, put_accounts
from tests.signals.conftest import Clicks
from tests.signals.things import Seller, found, sites
from tests.sql import execute, rows

BOOK = sites(10)
LAST = BOOK[-1]
PLAN = "select state from work.items where queue = 'signals.plans'"


@pytest.fixture
def pages() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.released.set()


@pytest.fixture(autouse=True)
def book(db: Database) -> None:
    """Have a book of ten accounts that nobody has looked at."""
    put_accounts(db, connect(db, "acme"), {f"{n:06d}": site for n, site in enumerate(BOOK)})


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no account wait for others of its batch."""
    monkeypatch.setattr("nooks_dagster.signals.rounds.FILL_SECONDS", 0.0)


def planned(db: Database) -> None:
    """Have a look planned by the clock."""
    with db.transaction() as conn:
        plan_research(conn, Ledger(db, "clock", timedelta(seconds=30)), "acme", "nightly/1", WorkClass.NIGHTLY)


def until_asked(seller: Seller, pages: Scripted, count: int) -> None:
    """Let the site that hangs hang until so many accounts were asked about."""
    pages.hangs = frozenset([LAST])

    def script(site: str, _: int) -> dict[str, Any]:
        if len(seller.asks) >= count:
            pages.released.set()
        return found(site)

    seller.script = script


@pytest.mark.usefixtures("at_once")
def test_answers_come_before_the_last_site_was_read_and_each_account_gets_one(
    click: Clicks, db: Database, seller: Seller, pages: Scripted
) -> None:
    until_asked(seller, pages, 9)
    reports = list(click.start(pages=pages).run())
    assert [seller.asks[-1].subject, len(seller.asks)] == [LAST, 10]
    assert sum(report.counts.bought for report in reports) == 10
    assert rows(db, "select status, count(*) from signals.answers where subject <> '' group by 1") == [("found", 10)]
    assert list(click.start(pages=pages).run()) == []


@pytest.mark.usefixtures("at_once")
def test_an_account_whose_site_is_to_be_read_again_is_asked_once_and_after_that(
    click: Clicks, db: Database, seller: Seller, pages: Scripted
) -> None:
    list(click.start(pages=pages).run())
    seller.asks.clear()
    pages.looks.clear()
    execute(db, "update signals.asked set version = 'older'; update signals.versions set version = 'older'")
    execute(db, "update signals.answers set cache_key = cache_key || '-older'")
    execute(db, "update research.sites set next_look_at = now() where site = %s", LAST)
    until_asked(seller, pages, 9)
    pages.released.clear()
    list(click.start(pages=pages, spread=True).run())
    assert (pages.looks, [ask.subject for ask in seller.asks[9:]]) == ([LAST], [LAST])


@pytest.fixture
def in_fours(pages: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have batches of four, and no site read before a run has planned for the first time."""
    first = Rounds.all

    def then_read(rounds: Rounds) -> Iterator[Planned]:
        yield from first(rounds)
        pages.released.set()

    pages.hangs = frozenset(BOOK)
    monkeypatch.setattr(Rounds, "all", then_read)
    for room in ("rounds", "planning"):
        monkeypatch.setattr(f"nooks_dagster.signals.{room}.BATCH_ACCOUNTS", 4)


@pytest.mark.usefixtures("in_fours")
def test_batches_are_cut_when_they_are_full_and_the_rest_when_all_was_read(click: Clicks, pages: Scripted) -> None:
    reports = list(click.start(pages=pages).run())
    assert sorted(report.counts.ended for report in reports) == [2, 4, 4]


def test_chosen_accounts_are_asked_again_once_when_their_sites_were_read_and_the_plan_for_all_stays(
    click: Clicks, db: Database, seller: Seller, pages: Scripted
) -> None:
    list(click.start(pages=pages).run())
    planned(db)
    list(click.start(pages=pages, accounts=(BOOK[0], LAST), again=True).run())
    assert sorted(pages.looks[10:]) == [BOOK[0], LAST]
    assert sorted(ask.subject for ask in seller.asks[10:]) == [BOOK[0], LAST]
    assert rows(db, PLAN) == [("waiting",)]


def test_a_run_that_is_stopped_gives_back_what_it_reads_and_what_it_asks(
    click: Clicks, db: Database, pages: Scripted
) -> None:
    pages.hangs = frozenset([LAST])
    with closing(click.start(pages=pages).beats()) as beats:
        while LAST not in pages.looks:
            next(beats)
    assert rows(db, "select count(*) from research.sites where lease_until is not null") == [(0,)]
    assert rows(db, "select count(*) from work.items where state = 'leased'") == [(0,)]
    pages.released.set()
    assert sum(report.counts.bought for report in click.start(pages=pages).run()) == 10


def test_a_plan_is_held_for_as_long_as_its_sites_are_read(
    click: Clicks, db: Database, pages: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[Claim] = []
    holding = LeaseKeeper.holding

    def seen(keeper: LeaseKeeper, claim: Claim) -> AbstractContextManager[Claim]:
        if claim.item.queue == PLANS.name:
            held.append(claim)
        return holding(keeper, claim)

    monkeypatch.setattr(LeaseKeeper, "holding", seen)
    planned(db)
    pages.hangs = frozenset([LAST])
    with closing(click.start(pages=pages).beats()) as beats:
        while not held or pages.looks.count(LAST) == 0:
            next(beats)
        (claim,) = held
        claim.progressed_at = 0.0
        for _ in deadline.polls(30, every=0):
            next(beats)
            if claim.progressed_at:
                break
    assert claim.progressed_at > 0
    assert rows(db, PLAN) == [("waiting",)], "and given back by a run that is stopped"


def test_sites_are_read_to_the_end_though_the_provider_refuses_the_key(
    click: Clicks, db: Database, seller: Seller, pages: Scripted
) -> None:
    def script(site: str, _: int) -> dict[str, Any]:
        raise Unauthorized("The key is refused.", subject=site)

    seller.script = script
    with pytest.raises(Unauthorized):
        list(click.start(pages=pages).run())
    assert rows(db, "select count(*) from research.sites where looked_at is not null") == [(10,)]


def test_a_run_whose_reading_breaks_fails_and_leaves_its_plan_to_the_next(
    click: Clicks, db: Database, pages: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(db)

    def broken(*_: object) -> None:
        raise Permanent("The list cannot be written.", subject="the lake")

    with monkeypatch.context() as patch:
        patch.setattr("nooks_dagster.research.runs.plan_sites", broken)
        with pytest.raises(Permanent, match="cannot be written"):
            list(click.start(pages=pages).run())
    assert rows(db, PLAN) == [("waiting",)]
    list(click.start(pages=pages).run())
    assert rows(db, PLAN) == [("done",)]


@pytest.mark.usefixtures("in_fours")
def test_a_launched_run_ends_after_its_turn_and_those_after_it_do_the_rest(
    click: Clicks, db: Database, seller: Seller, platform: Platform, pages: Scripted
) -> None:
    short = replace(platform, settings=platform.settings.model_copy(update={"signals_turn_minutes": 1e-9}))
    asked = []
    for launch in range(1, 5):
        execute(db, "insert into work.launches (scope, n, class, failures) values ('signals/acme', %s, 40, 0)", launch)
        run = click.start(platform=short, pages=pages, launch=launch, work_class=WorkClass.HISTORY)
        asked.append(sum(report.counts.ended for report in run.run()))
    assert asked == [4, 4, 2, 0]
    assert len(seller.asks) == 10
