"""Nothing large, no page text, no name and no key in what Dagster and the ledger keep (I8, I9)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.llm.asking import Ask
from tests.assets.account_signals.conftest import Click
from tests.assets.account_signals.things import Model, add_book, site, snowflake, sync
from tests.assets.kept import events, kept_by_dagster, kept_in_schema
from tests.research.things import put_accounts
from tests.signals.things import Shelf, document, dossier

LARGEST = 8192
CANARIES = ("Ada Canary", "canary words of a page", "Canary Industries", "sk-canary-KEY")


@pytest.fixture
def instance(instance_on_disk: dg.DagsterInstance) -> dg.DagsterInstance:
    return instance_on_disk


@pytest.fixture
def leaky(db: Database, shelf: Shelf, model: Model) -> None:
    """Have a book whose CRM, pages, answers and errors hold what must not get out."""
    add_book(db, "acme", 30)
    put_accounts(db, "acme-salesforce", {"000000": f"https://{site(0)}"})
    with db.transaction() as conn:
        conn.execute("update crm.accounts set name = 'Canary Industries' where id = '000000'")
    words = f"Our team at {site(0)} runs on Snowflake every day. Ada Canary wrote canary words of a page. "
    shelf.dossiers[site(0)] = dossier(document(site(0), words * 200))

    def script(ask: Ask) -> Mapping[str, Any]:
        if ask.subject in (site(1), site(2)):
            raise ValueError(f"cannot read {CANARIES}") from KeyError(CANARIES[0])
        if ask.subject == site(3):
            raise Permanent("the request is refused", subject=ask.subject) from ValueError(str(CANARIES))
        return snowflake(ask)

    model.script = script


@pytest.mark.usefixtures("leaky")
def test_no_page_name_or_key_reaches_dagster_the_ledger_or_a_log(
    click: Click, db: Database, home: Path, model: Model, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], service_folder: Path,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    assert click("tech_stack", "news").success
    monkeypatch.setattr("assets.account_signals.relaying.materialized", _quoting)
    assert not click("tech_stack").success

    assert any("canary words of a page" in ask.input for ask in model.asks)  # the search could find it
    assert found_in(kept_by_dagster(home)) == set()
    assert found_in(kept_in_schema(db, "work")) == set()
    printed = capfd.readouterr()
    logged = (service_folder / "postgres.log").read_text(errors="replace")
    assert found_in([logged, caplog.text, printed.out, printed.err]) == set()


def test_what_a_run_over_a_book_of_700_accounts_leaves_in_dagster_is_small_and_few(
    click: Click, db: Database, home: Path, model: Model
) -> None:
    add_book(db, "acme", 1)
    few = len(click("tech_stack", "news").all_events)
    sync(db, "acme-salesforce", 350, start=1)
    model.script = _refuses_in_many_words
    many = click("tech_stack", "news")
    assert many.success
    assert len(many.all_events) <= few + 700 // 100
    assert max(len(text.encode()) for text in events(home)) < LARGEST
    assert max(len(text.encode()) for text in kept_in_schema(db, "work")) < LARGEST


def found_in(texts: Any) -> set[str]:
    return {canary for text in texts for canary in CANARIES if canary in text}


def _quoting(*_: object) -> None:
    raise ValueError(f"cannot count {CANARIES}") from KeyError(CANARIES[0])


def _refuses_in_many_words(ask: Ask) -> Mapping[str, Any]:
    if int(ask.subject[8:14]) % 50 == 0 and ask.purpose == "signals/news":
        raise Permanent(f"{ask.subject}: " + "対象にはアクセスできません。" * 300)
    return snowflake(ask)
