"""What a person reads when signals fail: sentences, and nothing that a page holds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent, QuotaExhausted, Unauthorized
from nooks_dagster.llm.asking import Ask
from nooks_dagster.signals.work import Platform
from tests.assets.account_signals.conftest import Click, shown
from tests.assets.account_signals.things import Model, add_book, site, snowflake
from tests.assets.conftest import materialized, sentence
from tests.sql import rows


def fails(error: Exception) -> Any:
    def script(_: Ask) -> Mapping[str, Any]:
        raise error

    return script


def test_one_account_that_cannot_be_asked_fails_no_run(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 3)
    refused = fails(Permanent("the request is refused", subject=site(1)))
    model.script = lambda ask: refused(ask) if ask.subject == site(1) else snowflake(ask)
    found = shown(click("tech_stack"))
    assert (found["accounts_found"], found["accounts_error"], found["failed_percent"]) == (2, 1, 33.33)
    assert "| error | 1 |" in found["without_findings"]


def test_a_run_in_which_too_many_fail_shows_its_answers_and_then_fails_in_a_sentence(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 21)
    refused = fails(Permanent("the request is refused"))
    model.script = lambda ask: snowflake(ask) if ask.subject == site(0) else refused(ask)
    result = click("tech_stack")
    assert not result.success
    assert sentence(result).startswith("workspace acme: 20 of 21 accounts are errors, more than 1%.")
    assert "nooks signals status" in sentence(result)
    assert materialized(result)["signals/tech_stack"]["dagster/row_count"].value == 1


def test_a_key_that_is_refused_stops_the_run_and_says_so(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 3)
    model.script = fails(Unauthorized("The key is refused.", subject="openai", next_step="Set OPENAI_API_KEY."))
    result = click("tech_stack")
    assert not result.success
    assert "Set OPENAI_API_KEY." in sentence(result)
    assert rows(db, "select outcome from work.launches") == [("failed",)]


def test_a_cap_that_is_reached_leaves_accounts_for_later_and_fails_nothing(
    click: Click, db: Database, model: Model
) -> None:
    add_book(db, "acme", 3)
    model.script = fails(QuotaExhausted("The cap of today is reached.", subject="workspace acme"))
    found = shown(click("tech_stack"))
    assert (found["accounts_answered"], found["accounts_error"]) == (0, 0)
    assert "| deferred | 3 |" in found["all_accounts"]


def test_a_database_that_does_not_answer_is_said_to_be_so(
    click: Click, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/x", size=1)
    broken = replace(platform, db=nowhere)
    monkeypatch.setattr("tests.assets.account_signals.things.SignalsStandIn.platform", lambda _: broken)
    result = click("tech_stack")
    assert not result.success
    assert "Postgres does not answer" in sentence(result)
