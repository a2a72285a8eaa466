"""What a person may ask for in the launchpad."""

from decimal import Decimal

from nooks_dagster.database.pool import Database
from nooks_dagster.signals.status import statuses
from tests.assets.account_signals.conftest import Click, observations, observed, shown
from tests.assets.account_signals.things import Model, add_book, reword, site
from tests.assets.conftest import materialized, sentence
from tests.sql import rows


def test_chosen_accounts_are_asked_and_no_others(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 4)
    assert shown(click("tech_stack", accounts=["000001", site(2)]))["accounts_answered"] == 2
    assert {ask.subject for ask in model.asks} == {site(1), site(2)}


def test_chosen_accounts_are_asked_again_only_if_that_is_said(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 3)
    click("tech_stack")
    before = dict(rows(db, "select account_id, answer from signals.current"))
    click("tech_stack", accounts=["000001"])
    assert len(model.asks) == 3
    again = shown(click("tech_stack", accounts=["000001"], again=True))
    assert ([ask.subject for ask in model.asks[3:]], again["answers_bought"]) == ([site(1)], 1)
    after = dict(rows(db, "select account_id, answer from signals.current"))
    assert {account for account in before if before[account] != after[account]} == {"000001"}


def test_asking_all_again_is_refused_with_a_way_out(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 1)
    result = click("tech_stack", again=True)
    assert not result.success
    assert "Name them (`accounts`)" in sentence(result)
    assert model.asks == []


def test_accounts_that_nobody_has_are_refused(click: Click, db: Database) -> None:
    add_book(db, "acme", 1)
    result = click("tech_stack", accounts=["nobody.example"])
    assert not result.success
    assert "None of the 1 chosen accounts is there" in sentence(result)


def test_an_estimate_buys_nothing_and_shows_what_it_would_cost(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 2)
    result = click("tech_stack", estimate_only=True)
    assert (result.success, materialized(result), model.asks) == (True, {}, [])
    unknown = observed(result)
    assert (unknown["accounts_due"], unknown["usd_of_one_at_most"], unknown["usd_at_most"]) == (2, "0.0100", "0.02")
    click("tech_stack", accounts=["000000"])
    known = click("tech_stack", estimate_only=True)
    told = observed(known)
    assert (told["accounts_due"], told["planned_at_once"], told["usd_of_one_about"]) == (1, 1, "0.0010")
    assert len(model.asks) == 1
    assert {one.partition for one in observations(known)} == {"acme"}


def test_an_estimate_counts_what_another_workspace_has_asked_already(click: Click, db: Database) -> None:
    add_book(db, "acme", 2)
    click("tech_stack")
    add_book(db, "globex", 3)
    told = observed(click("tech_stack", workspace="globex", estimate_only=True))
    assert (told["accounts_due"] - told["answers_of_others_that_may_do"], told["usd_about"]) == (1, "0.00")


def test_an_estimate_of_a_question_that_is_tried_tells_how_many_are_asked_first(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 5)
    click("tech_stack")
    reword(db)
    told = observed(click("tech_stack", estimate_only=True))
    assert (told["accounts_due"], told["planned_at_once"], told["version"]) == (5, 3, "trial.")
    assert len(model.asks) == 5


def test_spread_lets_a_question_that_waits_go_on_to_all(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 5)
    click("tech_stack")
    reword(db)
    click("tech_stack")
    with db.transaction() as conn:
        conn.execute("update signals.versions set state = 'held', reason = 'It costs.' where version <> 'older'")
    assert shown(click("tech_stack"))["trial"].startswith("held: ")
    assert len(model.asks) == 8
    assert shown(click("tech_stack", spread=True))["answers_bought"] == 2
    with db.transaction() as conn:
        (standing,) = statuses(conn, ["tech_stack"], ["acme"])
    assert (standing.version, standing.usd_today) == ("spread", Decimal("0.010"))
