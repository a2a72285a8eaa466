"""Workers that die, pause or hang: who takes over what, and what is bought twice."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import deadline
from nooks_dagster.signals import leases
from nooks_dagster.signals.planning import Planner
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import Ending, Status
from nooks_dagster.signals.work import BATCHES, Platform, SignalsRun
from tests.signals.conftest import Clicks
from tests.signals.things import TECH, Seller, add_accounts, found, sites
from tests.sql import execute, rows


@pytest.fixture
def dead(db: Database) -> Ledger:
    """A worker that will not come back."""
    return Ledger(db, "dead", timedelta(seconds=60))


def plan(platform: Platform, ledger: Ledger, workspace: str = "acme") -> Question:
    question = Question.of(TECH, workspace, "gpt-6-luna", {})
    run = SignalsRun(workspace, "planner")
    list(Planner(ledger, platform.lake, platform.settings).plan(question, run, None))
    return question


def begin(db: Database, ledger: Ledger, question: Question, subjects: list[str]) -> Claim:
    """Claim a batch, lease all its subjects and begin some, as a worker does before it dies."""
    (claim,) = ledger.claim(BATCHES, limit=1)
    everybody = [subject for (subject,) in rows(db, "select subject from signals.asked where open")]
    with db.transaction() as conn:
        taken = leases.take(conn, question.scope, question.signal.name, everybody, claim)
        for subject in subjects:
            leases.begin(conn, taken[subject])
    return claim


def die(db: Database) -> None:
    execute(db, "update work.items set lease_until = now() - interval '1 second' where state = 'leased'")


def test_what_a_dead_worker_had_begun_is_asked_alone_and_the_rest_is_unharmed(
    click: Clicks, db: Database, seller: Seller, platform: Platform, dead: Ledger
) -> None:
    add_accounts(db, "acme", sites(12))
    question = plan(platform, dead)
    suspects = set(sites(2))
    begin(db, dead, question, sorted(suspects))
    die(db)
    beside: list[set[str]] = []
    under_way: set[str] = set()

    def script(site: str, _: int) -> dict[str, Any]:
        under_way.add(site)
        beside.append(set(under_way))
        under_way.discard(site)
        return found(site)

    seller.script = script
    (report,) = click()
    assert report.counts.statuses == {Status.FOUND: 12}
    assert all(len(others) == 1 for others in beside if others & suspects)
    assert {subject for others in beside[-2:] for subject in others} == suspects
    assert rows(db, "select max(deaths) from signals.leases") == [(0,)]


def test_an_account_that_kills_five_workers_alone_is_given_up_and_its_neighbours_are_answered(
    click: Clicks, db: Database, seller: Seller, platform: Platform, dead: Ledger
) -> None:
    add_accounts(db, "acme", ["poison.example", *sites(3)])
    question = plan(platform, dead)
    for _ in range(6):
        (claim,) = dead.claim(BATCHES, limit=1) or dead.claim(BATCHES, limit=1, suspects=True)
        with db.transaction() as conn:
            taken = leases.take(conn, question.scope, "tech_stack", ["poison.example"], claim)
            dead.note(conn, claim, {})
            leases.begin(conn, taken["poison.example"])
        die(db)
    (report,) = click()
    assert report.counts.statuses == {Status.FOUND: 3, Status.ERROR: 1}
    assert "poison.example" not in seller.tries
    assert rows(db, "select reason from signals.answers where status = 'error'") == [
        ("poison.example: killed its worker 5 times alone",)
    ]


def test_a_batch_whose_worker_died_between_the_last_answer_and_its_end_is_ended(
    click: Clicks, db: Database, seller: Seller, platform: Platform, dead: Ledger
) -> None:
    add_accounts(db, "acme", sites(2))
    click()
    execute(db, "update work.items set state = 'leased', finished_at = null, lease_until = now() - interval '1 second'")
    (report,) = click()
    assert (report.ending, report.left, report.counts.ended) == (Ending.DONE, 0, 0)
    assert rows(db, "select state from work.items") == [("done",)]
    assert len(seller.asks) == 2


def test_a_worker_that_comes_back_too_late_commits_nothing_but_the_purchase_as_spent_twice(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    add_accounts(db, "acme", ["a.example"])
    asked, go_on = threading.Event(), threading.Event()

    def slowly(site: str, number: int) -> dict[str, Any]:
        if number == 1:
            asked.set()
            assert go_on.wait(60)
        return found(site)

    seller.script = slowly
    reports: list[Any] = []
    paused = threading.Thread(target=lambda: reports.extend(click.start().run()))
    paused.start()
    assert asked.wait(60)
    # As if it had been stopped for longer than its lease: another claims the batch.
    execute(db, "update work.items set lease_until = now() - interval '1 second', fence = fence")
    taker = Ledger(db, "taker", timedelta(seconds=60))
    for _ in deadline.polls(60):
        die(db)
        if claims := taker.claim(BATCHES, limit=1, suspects=True):
            break
    with db.transaction() as conn:
        taken = leases.take(conn, "*", "tech_stack", ["a.example"], claims[0])
    assert taken["a.example"].deaths == 1
    go_on.set()
    paused.join(60)
    assert rows(db, "select count(*) from signals.answers where subject <> ''") == [(0,)]
    assert rows(db, "select state, reason from sold") == [
        ("settled", "another worker had the account by the time of the answer")
    ]
    assert rows(db, "select subject, reason from signals.duplicates") == [
        ("a.example", "another worker had the account by the time of the answer")
    ]
    assert [report.ending for report in reports] == [Ending.LOST]


def test_accounts_that_another_batch_holds_are_left_for_later_and_found_in_its_answers(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    add_accounts(db, "acme", ["shared.example", "a.example"])
    add_accounts(db, "globex", ["shared.example", "g.example"])
    started, go_on = threading.Event(), threading.Event()

    def script(site: str, _: int) -> dict[str, Any]:
        if site == "shared.example":
            started.set()
            assert go_on.wait(60)
        return found(site)

    seller.script = script
    acme = threading.Thread(target=lambda: click(workspace="acme"))
    acme.start()
    assert started.wait(60)
    globex = click.start(workspace="globex").beats()
    for report in globex:
        if report and report.ending is Ending.PARKED:
            break
    assert report is not None
    assert (report.left, report.counts.ended) == (1, 1)
    go_on.set()
    acme.join(60)
    globex.close()
    assert seller.tries["shared.example"] == 1
    assert rows(db, "select workspace from signals.current where subject = 'shared.example' order by 1") == [
        ("acme",),
        ("globex",),
    ]


def test_a_run_that_is_stopped_lets_answers_on_their_way_arrive_and_gives_the_rest_back(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(50))

    def script(site: str, _: int) -> dict[str, Any]:
        threading.Event().wait(0.2)  # a provider's latency, so that answers are on their way when the run is stopped
        return found(site)

    seller.script = script
    beats = click.start().beats()
    for _ in beats:
        if rows(db, "select count(*) from signals.answers where subject <> ''")[0][0] >= 8:
            break
    beats.close()
    bought = rows(db, "select count(*) from sold")[0][0]
    assert bought < 50
    assert rows(db, "select state, reason from sold where state <> 'settled'") == []
    assert rows(db, "select count(*) from signals.answers where subject <> ''") == [(bought,)]
    assert rows(db, "select state, attempts, deaths from work.items") == [("waiting", 0, 0)]
    assert rows(db, "select count(*) from signals.leases where item is not null or deaths > 0") == [(0,)]
    seller.script = lambda site, _: found(site)
    click()
    assert len(seller.asks) == 50


def test_a_worker_that_hangs_while_its_heart_beats_loses_its_work(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    add_accounts(db, "acme", ["hangs.example"])
    hangs, go_on = threading.Event(), threading.Event()

    def script(site: str, number: int) -> dict[str, Any]:
        if number == 1:
            hangs.set()
            go_on.wait(60)
        return found(site)

    seller.script = script
    impatient = Platform(
        platform.db,
        platform.lake,
        platform.settings.model_copy(update={"stall_seconds": 1, "lease_seconds": 1}),
        seller,
        platform.library,
    )
    reports: list[Any] = []
    stuck = threading.Thread(target=lambda: reports.extend(click.start(platform=impatient).run()), daemon=True)
    stuck.start()
    assert hangs.wait(60)
    for _ in deadline.polls(60):
        if click() and rows(db, "select count(*) from signals.answers where subject <> ''") == [(1,)]:
            break
    stuck.join(60)
    assert [report.ending for report in reports] == [Ending.LOST]
    go_on.set()
    for _ in deadline.polls(60):
        if rows(db, "select count(*) from signals.duplicates") == [(1,)]:
            break
    assert rows(db, "select count(*) from signals.answers where subject <> ''") == [(1,)]


def test_what_an_expired_lease_has_bought_is_not_begun(db: Database, platform: Platform, dead: Ledger) -> None:
    add_accounts(db, "acme", ["a.example"])
    question = plan(platform, dead)
    (claim,) = dead.claim(BATCHES, limit=1, most=WorkClass.HISTORY)
    with db.transaction() as conn:
        lease = leases.take(conn, question.scope, "tech_stack", ["a.example"], claim)["a.example"]
    dead.release_claim(claim, timedelta())
    with pytest.raises(LostLease), db.transaction() as conn:
        leases.begin(conn, lease)
