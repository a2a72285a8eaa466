"""What a click on a signal does, and what its page shows then."""

from nooks_dagster.database.pool import Database
from tests.assets.account_signals.conftest import Click, shown
from tests.assets.account_signals.things import Model, add_book, reword, site, sync
from tests.assets.conftest import materialized
from tests.research.things import connect, put_accounts
from tests.signals.things import Shelf
from tests.sql import rows

SIX = {"funding", "hiring", "leadership_hires", "news", "shared_investors", "tech_stack"}


def test_a_click_on_one_signal_asks_it_of_every_account_of_one_workspace(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 3)
    add_book(db, "globex", 2, start=10)
    found = shown(click("tech_stack"))
    assert sorted(ask.subject for ask in model.asks) == [site(0), site(1), site(2)]
    assert {ask.purpose for ask in model.asks} == {"signals/tech_stack"}
    assert {name: found[name] for name in ("dagster/row_count", "accounts", "accounts_answered", "accounts_found")} == {
        "dagster/row_count": 3,
        "accounts": 3,
        "accounts_answered": 3,
        "accounts_found": 3,
    }
    assert rows(db, "select account_id, product, quote from signals.tech_stack order by 1 limit 1") == [
        ("000000", "Snowflake", f"Our team at {site(0)} runs on Snowflake every day.")
    ]


def test_a_run_over_all_six_is_one_step_that_materialises_each(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 2)
    result = click()
    assert result.success
    steps = [event.step_key for event in result.all_events if event.is_step_success]
    assert steps == ["account_signals"]
    assert materialized(result).keys() == {f"signals/{name}" for name in SIX}
    # Nobody has told who acme's own investors are, so that one cannot be asked.
    assert {ask.purpose.removeprefix("signals/") for ask in model.asks} == SIX - {"shared_investors"}


def test_the_page_shows_what_answers_cost_and_what_the_cache_and_other_accounts_gave(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 2)
    first = shown(click("tech_stack"))
    assert (first["answers_bought"], first["usd"], first["usd_per_account"]) == (2, 0.002, 0.001)
    assert (first["answers_cached"], first["answers_bought_twice"], first["usd_today"]) == (0, 0, 0.002)
    add_book(db, "globex", 3)
    second = shown(click("tech_stack", workspace="globex"))
    assert (second["accounts"], second["answers_bought"], len(model.asks)) == (3, 1, 3)


def test_a_second_click_with_nothing_changed_asks_nobody_and_shows_how_all_stand(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 2)
    click("tech_stack")
    found = shown(click("tech_stack"))
    assert (len(model.asks), found["accounts_answered"], found["dagster/row_count"]) == (2, 0, 2)
    assert "| found | 2 | 100.0% |" in found["all_accounts"]


def test_a_run_of_the_dispatchers_that_had_nothing_to_do_tells_nothing_for_a_night(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 2)
    launch = {"nooks/launch": "signals/acme:1", "nooks/class": "nightly"}
    assert shown(click("tech_stack", tags=launch))["accounts_answered"] == 2
    again = {**launch, "nooks/launch": "signals/acme:2"}
    assert materialized(click("tech_stack", tags=again)) == {}
    with db.transaction() as conn:
        conn.execute("update crm.shown set shown_at = shown_at - interval '20 hours'")
    assert shown(click("tech_stack", tags={**launch, "nooks/launch": "signals/acme:3"}))["accounts_answered"] == 0
    sync(db, "acme-salesforce", 1, start=2)
    assert shown(click("tech_stack", tags={**launch, "nooks/launch": "signals/acme:4"}))["accounts_answered"] == 1


def test_a_changed_question_is_tried_first_and_the_page_shows_what_the_others_would_cost(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 5)
    click("tech_stack")
    reword(db)
    model.asks.clear()
    told = shown(click("tech_stack"))
    assert len(model.asks) == 3
    assert told["trial"].startswith("trial: ")
    assert "3 of 3 accounts were asked, 0 failed; the other 2 would cost about $0.0" in told["trial"]
    assert "trial" not in shown(click("tech_stack"))
    assert len(model.asks) == 5


def test_a_run_over_documents_and_signals_reads_and_asks_in_one_step_and_shows_both(
    click: Click, db: Database, model: Model, shelf: Shelf
) -> None:
    put_accounts(db, connect(db, "acme"), {f"{n:06d}": site(n) for n in range(3)})
    result = click("tech_stack", "news", documents=True)
    assert [event.step_key for event in result.all_events if event.is_step_success] == ["account_signals"]
    told = materialized(result)
    assert list(told) == ["research/documents", "signals/news", "signals/tech_stack"]
    assert told["research/documents"]["sites_looked_at"].value == 3
    assert told["signals/tech_stack"]["accounts_answered"].value == 3
    assert (len(model.asks), shelf.read.total()) == (6, 6)
    again = materialized(click("tech_stack", documents=True))
    assert again["research/documents"]["sites_looked_at"].value == 0, "it is shown though nothing was due"
