"""The checks of signals judge all workspaces at once, and what is red stays red on `signals/health`."""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
import pytest

from assets.account_signals.checks import CHECKS
from assets.account_signals.findings import Evidence
from assets.account_signals.specs import health
from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.failures import Deferred, Permanent
from nooks_dagster.llm.asking import Ask
from tests.assets.account_signals.conftest import Click
from tests.assets.account_signals.things import Model, add_book, reword, site, snowflake
from tests.assets.judged import Verdicts, judged, red, worst

Judge = Callable[[], Verdicts]


@pytest.fixture
def judge(db: Database) -> Judge:
    def verdicts() -> Verdicts:
        with db.transaction() as conn:
            return judged(CHECKS, Evidence(db, conn), health.key)

    return verdicts


def raising(error: Exception) -> Any:
    def script(_: Ask) -> Mapping[str, Any]:
        raise error

    return script


@pytest.fixture
def two_books(db: Database) -> None:
    """Have two workspaces that share no site."""
    add_book(db, "acme", 3)
    add_book(db, "globex", 30, start=100)


@pytest.mark.usefixtures("two_books")
def test_all_is_green_where_all_is_well(click: Click, judge: Judge) -> None:
    click("tech_stack", "news")
    assert red(judge()) == set()


@pytest.mark.usefixtures("two_books")
def test_the_job_of_the_checks_judges_each_asset_and_the_health_of_all(
    click: Click,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
    judge: Judge,
    model: Model,
) -> None:
    model.script = raising(Deferred("The cap of today is reached."))
    click("news")
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_LAKE_BUCKET", "unused")
    job = build_defs().resolve_job_def("checks")
    result = job.execute_in_process(instance=instance, op_selection=["signals_checks"])
    found = {f"{e.asset_key.path[-1]} {e.check_name}": e.passed for e in result.get_asset_check_evaluations()}
    assert found == {name: one.passed for name, one in judge().items()}


@pytest.mark.usefixtures("two_books")
def test_accounts_that_fail_in_one_workspace_turn_red_and_stay_so_when_another_is_well(
    click: Click, judge: Judge, model: Model
) -> None:
    refused = raising(Permanent("the request is refused"))
    model.script = lambda ask: refused(ask) if ask.subject > site(105) else snowflake(ask)
    click("tech_stack", workspace="globex")
    both = {"tech_stack accounts_rarely_fail", "health accounts_rarely_fail"}
    found = judge()
    assert red(found) == both
    assert "| globex | tech_stack | 24 | 80.0% |" in worst(found, "health accounts_rarely_fail")
    click("tech_stack", workspace="acme")
    assert red(judge()) == both


@pytest.mark.usefixtures("two_books")
def test_an_answer_that_ran_out_two_nights_ago_turns_red(click: Click, db: Database, judge: Judge) -> None:
    click("tech_stack")
    age(db, "29 hours")
    assert red(judge()) == set()
    age(db, "2 hours")
    found = judge()
    assert red(found) == {"tech_stack answers_are_asked_in_time", "health answers_are_asked_in_time"}
    assert "| acme | tech_stack | 31 h |" in worst(found, "tech_stack answers_are_asked_in_time")


@pytest.mark.usefixtures("two_books")
def test_accounts_that_wait_for_a_cap_are_a_warning(click: Click, judge: Judge, model: Model) -> None:
    model.script = raising(Deferred("The cap of today is reached."))
    click("news")
    found = judge()
    assert red(found) == {"news spend_is_below_its_caps", "health spend_is_below_its_caps"}
    assert found["health spend_is_below_its_caps"].severity is dg.AssetCheckSeverity.WARN
    assert "| acme | news | 3 |" in worst(found, "health spend_is_below_its_caps")


@pytest.mark.usefixtures("two_books")
def test_a_changed_question_that_nobody_decided_on_is_a_warning_once_for_all(
    click: Click, db: Database, judge: Judge
) -> None:
    click("news")
    reword(db)
    click("news", workspace="globex")
    with db.transaction() as conn:
        conn.execute("update signals.versions set state = 'held', reason = 'It costs.' where version <> 'older'")
    found = judge()
    assert red(found) == {"news new_versions_are_decided", "health new_versions_are_decided"}
    assert found["health new_versions_are_decided"].metadata["count"].value == 1
    assert "It costs." in worst(found, "news new_versions_are_decided")


@pytest.mark.usefixtures("two_books")
def test_an_answer_that_was_paid_for_twice_is_a_warning(click: Click, db: Database, judge: Judge) -> None:
    click("tech_stack")
    with db.transaction() as conn:
        conn.execute(
            "insert into signals.duplicates (purchase, workspace, signal, scope, subject, cost, reason) "
            "values (99, 'acme', 'tech_stack', 'public', %s, 0.001, 'its lease was lost')",
            (site(0),),
        )
    found = judge()
    assert red(found) == {"tech_stack nothing_is_bought_twice", "health nothing_is_bought_twice"}
    assert "| acme | tech_stack | 1 |" in worst(found, "health nothing_is_bought_twice")


@pytest.mark.usefixtures("two_books")
def test_an_outage_of_the_provider_is_one_incident(click: Click, db: Database, judge: Judge) -> None:
    click("tech_stack", "news")
    for caller in ("acme", "globex", "initech") * 3:
        Breakers(db).failed("openai", caller)
    found = judge()
    assert [name.rpartition(" ")[2] for name in sorted(red(found))] == ["the_model_answers"] * 2
    assert found["health the_model_answers"].metadata["count"].value == 1


def age(db: Database, interval: str) -> None:
    """Let time pass for what is due."""
    with db.transaction() as conn:
        conn.execute(f"update signals.asked set due_at = least(due_at, now()) - interval '{interval}'".encode())
