"""What a person reads when signals fail: sentences, and nothing that a page holds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred, Permanent, Unauthorized
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.asking import Ask
from nooks_dagster.signals.work import BATCHES, Platform
from tests.assets.account_signals.conftest import Click, shown
from tests.assets.account_signals.things import Model, add_book, site, snowflake
from tests.assets.conftest import materialized, sentence
from tests.sql import execute, rows


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
    model.script = fails(Deferred("The cap of today is reached.", subject="workspace acme"))
    found = shown(click("tech_stack"))
    assert (found["accounts_answered"], found["accounts_error"]) == (0, 0)
    assert "| deferred | 3 |" in found["all_accounts"]


def test_a_signal_whose_table_cannot_be_made_takes_no_answer_and_no_table_from_another(
    click: Click, db: Database
) -> None:
    add_book(db, "acme", 1)
    execute(db, "create view signals.hiring as select 1 as n")
    execute(db, "create view public.mine as select n from signals.hiring")
    result = click("hiring", "tech_stack")
    assert sentence(result).startswith("table signals.hiring: Its columns changed, and another view rests on them.")
    assert set(materialized(result)) == {"signals/tech_stack"}
    assert rows(db, "select signal from signals.current order by 1") == [("hiring",), ("tech_stack",)]


def test_work_of_a_signal_whose_file_is_gone_launches_nothing(click: Click, db: Database, platform: Platform) -> None:
    add_book(db, "acme", 1)
    item = NewItem(BATCHES, "signals/acme", "signals/acme/gone", "1:0", {}, WorkClass.NIGHTLY)
    with db.transaction() as conn:
        Ledger.of(db, platform.settings, "test").plan(conn, [item])
    launches = Launches.of(db, platform.settings)
    assert launches.due(3, 3, ["signals/acme"])
    launches.end("signals/acme", 1, "done")
    assert click("tech_stack").success
    assert launches.due(3, 3, ["signals/acme"]) == []


def test_a_database_that_does_not_answer_is_said_to_be_so(
    click: Click, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Database("postgresql://nobody@127.0.0.1:1/x", size=1)
    broken = replace(platform, db=nowhere)
    monkeypatch.setattr("tests.assets.account_signals.things.SignalsStandIn.platform", lambda _: broken)
    result = click("tech_stack")
    assert not result.success
    assert "Postgres does not answer" in sentence(result)
