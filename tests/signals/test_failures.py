"""What each way to fail makes of an account, of its batch and of the run."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import (
    Deferred,
    Permanent,
    RateLimited,
    SourceDown,
    Transient,
    Unanswered,
    Unauthorized,
    Unavailable,
)
from nooks_dagster.llm.outcomes import Billed, Malformed, Refused, Truncated
from nooks_dagster.signals.committing import Committer
from nooks_dagster.signals.leases import Lease
from nooks_dagster.signals.outcomes import MORE_TRIES
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.reports import Ending, Status
from nooks_dagster.signals.work import Platform
from tests.signals.conftest import Clicks
from tests.signals.things import TECH, Seller, Shelf, add_accounts, capped, document, dossier, found, sites
from tests.sql import execute, rows

SOON = timedelta(milliseconds=10)
ANSWERS = "select subject, status, reason from signals.answers where subject <> '' order by subject"


def failing(error: Callable[[], Exception], times: int = 1_000, site: str = "bad.example") -> Any:
    """A script whose answers about one site fail so many times."""

    def script(subject: str, number: int) -> dict[str, Any]:
        if subject == site and number <= times:
            raise error()
        return found(subject)

    return script


def billed(kind: type[Billed]) -> Billed:
    error = kind("the answer is of no use")
    error.purchase, error.cost = 4711, Decimal("0.002")
    return error


@pytest.fixture
def book(db: Database) -> None:
    add_accounts(db, "acme", ["bad.example", *sites(4)])


@pytest.mark.usefixtures("book")
def test_an_error_that_passes_is_tried_again_and_leaves_no_trace_in_the_answer(
    click: Clicks, db: Database, seller: Seller
) -> None:
    seller.script = failing(lambda: Unanswered("a 500", retry_in=SOON), times=4)
    (report,) = click()
    assert report.counts.statuses == {Status.FOUND: 5}
    assert seller.tries["bad.example"] == 5
    assert rows(db, "select max(failures), count(*) from signals.leases where item is not null or failures > 0") == [
        (None, 0)
    ]


@pytest.mark.usefixtures("book")
def test_after_its_attempts_an_account_is_an_error_with_a_reason_and_its_neighbours_are_not(
    click: Clicks, db: Database, seller: Seller
) -> None:
    seller.script = failing(lambda: Unanswered("The provider answered 500.", subject="openai", retry_in=SOON))
    (report,) = click()
    assert report.ending is Ending.DONE
    assert report.counts.statuses == {Status.FOUND: 4, Status.ERROR: 1}
    assert seller.tries["bad.example"] == 5 + MORE_TRIES
    assert rows(db, ANSWERS)[0] == ("bad.example", "error", "openai: The provider answered 500.")


@pytest.mark.usefixtures("book")
def test_an_error_is_looked_into_again_when_its_time_has_come_with_a_new_budget(
    click: Clicks, db: Database, seller: Seller
) -> None:
    seller.script = failing(lambda: Unanswered("a 500", retry_in=SOON), times=9)
    click()
    assert click() == []
    execute(db, "update signals.asked set due_at = now() where subject = 'bad.example'")
    (report,) = click()
    assert report.counts.statuses == {Status.FOUND: 1}


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(
    "error",
    [
        lambda: RateLimited("slow down", retry_in=SOON),
        lambda: SourceDown("nobody is answered", retry_in=SOON),
    ],
)
def test_what_accuses_nobody_is_no_attempt(click: Clicks, seller: Seller, error: Callable[[], Exception]) -> None:
    seller.script = failing(error, times=12)
    (report,) = click()
    assert report.counts.statuses == {Status.FOUND: 5}
    assert seller.tries["bad.example"] == 13


@pytest.mark.usefixtures("book")
def test_a_refusal_is_an_error_at_once_with_what_it_cost(click: Clicks, db: Database, seller: Seller) -> None:
    seller.script = failing(lambda: billed(Refused))
    (report,) = click()
    assert (seller.tries["bad.example"], report.counts.failed, report.counts.bought) == (1, 1, 5)
    assert rows(
        db, "select purchase, cost, expires_at > now() + interval '6 days' from signals.answers where status = 'error'"
    ) == [(4711, Decimal("0.002"), True)]


@pytest.mark.usefixtures("book")
def test_a_truncated_answer_is_asked_for_again_with_more_room_also_by_the_next_run(
    click: Clicks, db: Database, seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nooks_dagster.signals.outcomes.BACKOFF", SOON)
    seller.script = failing(lambda: billed(Truncated), times=5)
    click()
    assert rows(db, "select cost from signals.answers where subject = 'bad.example'") == [(5 * Decimal("0.002"),)]
    execute(db, "update signals.asked set due_at = now() where subject = 'bad.example'")
    click()
    room = [ask.max_output_tokens for ask in seller.asks if ask.subject == "bad.example"]
    assert room == [TECH.max_output_tokens, *[2 * TECH.max_output_tokens] * 5]


@pytest.mark.usefixtures("book")
def test_malformed_answers_count_and_their_cost_is_told(click: Clicks, seller: Seller) -> None:
    seller.script = failing(lambda: billed(Malformed), times=2)
    (report,) = click()
    assert (report.counts.bought, report.counts.cost) == (7, Decimal("0.009"))


@pytest.mark.usefixtures("book")
def test_an_unexpected_error_is_kept_without_its_words(
    click: Clicks, db: Database, seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nooks_dagster.signals.outcomes.BACKOFF", SOON)
    seller.script = failing(lambda: ValueError("the page says: secret"), times=1_000)
    click()
    ((_, status, reason), *_) = rows(db, ANSWERS)
    assert status == "error"
    assert "ValueError" in reason
    assert "secret" not in reason


@pytest.mark.usefixtures("book")
def test_over_the_cap_everything_waits_until_it_frees_and_nothing_is_a_failure(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    add_accounts(db, "acme", sites(200, start=100))
    seller.script = failing(lambda: Deferred("The cap of the day is reached.", retry_in=timedelta(hours=3)))
    launched = click.start(launch=1)
    click.start().run()
    reports = click()
    assert Ending.DEFERRED in {report.ending for report in reports}
    assert all(report.counts.failed == 0 for report in reports)
    waiting = "select state, attempts, failure, due_at > now() + interval '2 hours', reason from work.items "
    assert set(rows(db, f"{waiting} where queue = 'signals.batches' and state <> 'done'")) == {
        ("waiting", 0, "Deferred", True, "The cap of the day is reached.")
    }
    assert list(launched.run()) == []
    assert rows(db, "select count(*) from signals.asked where open")[0][0] > 0


def test_a_person_who_raised_the_cap_need_not_wait_for_midnight(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", sites(220))
    seller.script = capped
    click()
    assert rows(db, "select min(fence), max(fence) > 0 from work.items") == [(0, True)], "some were never begun"
    seller.script = lambda site, _: found(site)
    click()
    assert rows(db, "select count(*) from signals.asked where open") == [(0,)]


def test_who_names_an_account_buys_its_answer_and_no_other_that_waits(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(120))
    seller.script = capped
    click()
    execute(db, "update work.items set due_at = now() where key like '%:0'")
    seller.tries.clear()
    seller.script = lambda site, _: found(site)
    click(accounts=("000002", "000003"))
    assert seller.tries == dict.fromkeys(sites(2, start=1), 1)
    click()
    assert (len(seller.tries), seller.tries.total()) == (120, 120), "those that waited are asked once each"


@pytest.mark.usefixtures("book")
def test_a_refused_key_ends_the_run_and_leaves_its_accounts_unharmed(
    click: Clicks, db: Database, seller: Seller
) -> None:
    seller.script = failing(lambda: Unauthorized("The key was refused."))
    with pytest.raises(Unauthorized):
        click()
    assert rows(db, "select outcome from work.launches") == [("failed",)]
    assert rows(db, "select count(*) from signals.leases where item is not null or failures > 0") == [(0,)]
    seller.script = lambda site, _: found(site)
    click()
    assert rows(db, "select count(*) from signals.current") == [(5,)]


def test_a_run_fails_above_its_failure_rate_and_keeps_what_it_has(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    add_accounts(db, "acme", sites(60))
    bad = set(sites(21))

    def script(site: str, _: int) -> dict[str, Any]:
        if site in bad:
            raise Permanent("The request is too long.")
        return found(site)

    seller.script = script
    with pytest.raises(Permanent, match="21 of 60 accounts are errors"):
        click()
    assert rows(db, "select status, count(*) from signals.answers where subject <> '' group by 1 order by 1") == [
        ("error", 21),
        ("found", 39),
    ]


def test_a_few_errors_fail_no_run(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", ["bad.example", *sites(3)])
    seller.script = failing(lambda: Permanent("no"))
    (report,) = click()
    assert report.counts.failed == 1


@pytest.mark.usefixtures("book")
def test_an_error_takes_no_finding_away(click: Clicks, db: Database, seller: Seller) -> None:
    click()
    seller.script = failing(lambda: Permanent("no"))
    click(accounts=("bad.example",), again=True)
    assert rows(
        db,
        "select x.status, y.status from signals.current c join signals.answers x on x.id = c.answer "
        "join signals.answers y on y.id = c.latest where c.subject = 'bad.example'",
    ) == [("found", "error")]


@pytest.mark.usefixtures("book")
def test_a_batch_that_rests_longer_than_a_run_waits_is_given_back(
    click: Clicks, db: Database, seller: Seller, platform: Platform
) -> None:
    seller.script = failing(lambda: Transient("later", retry_in=timedelta(minutes=5)))
    (report,) = click()
    assert (report.ending, report.left, report.counts.ended) == (Ending.PARKED, 1, 4)
    ((state, attempts, wait),) = rows(db, "select state, attempts, due_at - now() from work.items")
    assert (state, attempts) == ("waiting", 0)
    assert timedelta(minutes=4) < wait < timedelta(minutes=6)
    assert replace(report, seconds=0.0).reason == "1 of its accounts are tried again later"


def test_an_answer_that_cannot_be_kept_is_settled_and_costs_its_neighbours_nothing(
    click: Clicks, db: Database, shelf: Shelf
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    odd = replace(document("a.example", "Our team at a.example runs on Snowflake every day."), title="no text: \x00")
    shelf.dossiers["a.example"] = dossier(odd)
    click()
    assert [row[:2] for row in rows(db, ANSWERS)] == [("b.example", "found")]
    assert {state for (state,) in rows(db, "select state from sold")} == {"settled"}


@pytest.mark.usefixtures("book")
@pytest.mark.parametrize(("lies", "status"), [(1, "found"), (2, "insufficient_evidence")])
def test_an_answer_that_no_document_shows_is_asked_for_once_more_and_its_purchase_is_told_as_useless(
    click: Clicks, db: Database, seller: Seller, lies: int, status: str
) -> None:
    invented = "We have always been running on Snowflake here."
    seller.script = lambda site, number: found(
        site, quote=invented if site == "bad.example" and number <= lies else None
    )
    click()
    assert seller.tries["bad.example"] == 2
    ((_, told, reason), *_) = rows(db, ANSWERS)
    assert told == status
    assert (reason == "") == (status == "found")
    assert rows(db, "select state, reason from sold where subject = 'bad.example' order by id") == [
        ("settled", "no document shows what the model said"),
        ("settled", ""),
    ]


def test_an_answer_is_kept_though_postgres_restarts_when_it_comes(
    click: Clicks, db: Database, seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_accounts(db, "acme", sites(3))
    commit, met = Committer.commit, set[str]()

    def restarted(self: Committer, question: Question, lease: Lease, *rest: Any) -> None:
        if lease.subject not in met:
            met.add(lease.subject)
            raise Unavailable("Postgres restarts.")
        commit(self, question, lease, *rest)

    monkeypatch.setattr(Committer, "commit", restarted)
    click()
    assert len(seller.asks) == 3
    assert [status for _, status, _ in rows(db, ANSWERS)] == ["found"] * 3
