"""`nooks signals cost` and `caps`, as a finance person types them."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nooks_dagster.cli import app
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm import purchases
from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.purchases import End, Purchase, State
from nooks_dagster.workspaces.registry import Registry

Nooks = Callable[..., Result]
CAPS = {"all": Decimal(1000), "workspace": Decimal(1000), "kind": Decimal(1000)}


@pytest.fixture
def nooks(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Nooks:
    """Calls the whole command, over a database where acme and globex are connected."""
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    for workspace in ("acme", "globex"):
        Registry(db).add_connection(workspace, "salesforce", {}, "env:NONE", sandbox=True)
    return lambda *arguments: CliRunner().invoke(app, arguments)


def bought(db: Database, workspace: str, signal: str, subject: str, end: End | None) -> None:
    purchase = Purchase("text", workspace, f"signals/{signal}", subject, "gpt-6-luna", b"1", Decimal(2), "worker")
    with db.transaction() as conn:
        reserved = purchases.reserve(conn, purchase, CAPS, timedelta(minutes=1))
        if end:
            purchases.end(conn, reserved.id, end)


def paid(usd: str, reason: str = "") -> End:
    return End(State.SETTLED, Decimal(usd), Usage(1000, 50, 250), "gpt-6-luna", "req_1", reason)


@pytest.fixture
def spent(db: Database) -> None:
    bought(db, "acme", "news", "a.com", paid("0.5"))
    bought(db, "acme", "news", "b.com", paid("1"))
    bought(db, "acme", "news", "b.com", paid("0.25", "its lease was lost"))
    bought(db, "acme", "funding", "a.com", End(State.UNKNOWN, reason="Unanswered"))
    bought(db, "globex", "news", "c.com", End(State.RELEASED))
    bought(db, "globex", "news", "c.com", None)


def test_an_answer_that_was_kept_and_has_no_price_was_not_bought_in_vain(nooks: Nooks, db: Database) -> None:
    bought(db, "acme", "news", "a.com", paid("2", f"{purchases.COUNTED}there is none for gpt-9-comet"))
    told = json.loads(nooks("signals", "cost", "--json").stdout)
    assert (told["sums"][0]["in_vain_usd"], told["in_vain"]) == (0, [])


@pytest.mark.parametrize("usd", ["nan", "inf", "-1"])
def test_what_is_no_amount_is_no_cap(nooks: Nooks, db: Database, usd: str) -> None:
    assert nooks("signals", "caps", "acme", f"--usd={usd}").exit_code != 0
    with db.transaction() as conn:
        assert conn.execute("select from llm.caps").rowcount == 0


def test_the_sums_say_what_was_spent_on_what_and_what_bought_nothing(nooks: Nooks, spent: None) -> None:
    told = nooks("signals", "cost").stdout
    for words in (
        "signals/funding", "2.00", "signals/news", "1.75", "0.87500", "25%", "3.75",
        "0.2500 USD bought nothing, 1 times: its lease was lost, 1 of them for a question that was paid for twice.",
        "2.00 USD bought nothing, 1 times: no reply came, so it may not have been billed.",
    ):  # fmt: skip
        assert words in told


def test_costs_by_workspace_are_told_as_json_too(nooks: Nooks, spent: None) -> None:
    told = json.loads(nooks("signals", "cost", "--by", "workspace", "--json").stdout)
    acme, globex = told["sums"]
    assert (acme["name"], acme["usd"], acme["unknown_usd"], acme["in_vain_usd"]) == ("acme", 3.75, 2.0, 2.25)
    assert (acme["purchases"], acme["subjects"], acme["usd_per_subject"]) == (4, 2, 1.875)
    assert (globex["usd"], globex["reserved_usd"], globex["usd_per_subject"]) == (0.0, 2.0, None)
    alone = json.loads(nooks("signals", "cost", "--workspace", "globex", "--by", "model", "--json").stdout)
    assert [(line["name"], line["usd"]) for line in alone["sums"]] == [("gpt-6-luna", 0.0)]


def test_what_was_never_bought_is_said_in_a_sentence(nooks: Nooks) -> None:
    assert nooks("signals", "cost", "--since", "2026-01-01").stdout == "Nothing was bought since 2026-01-01.\n"


def test_caps_are_shown_and_set(nooks: Nooks, spent: None) -> None:
    told = nooks("signals", "caps").stdout
    assert "all workspaces: 5.75 of 200.00 USD today (the setting)" in told
    assert "acme: 3.75 of 100.00 USD today (the setting)" in told
    assert "✗ acme: 3.75 of 2.50 USD today\n" in nooks("signals", "caps", "acme", "--usd", "2.5").stdout
    held = json.loads(nooks("signals", "caps", "acme", "--json").stdout)["caps"]
    assert [cap["usd"] for cap in held if cap["workspace"] == "acme" and not cap["kind"]] == [2.5]
    assert "of 100.00 USD today (the setting)" in nooks("signals", "caps", "acme", "--reset").stdout


def test_what_a_cap_held_back_goes_on_once_somebody_has_chosen_another(nooks: Nooks, db: Database) -> None:
    queue = Queue("signals.batches")
    ledger = Ledger(db, "one", timedelta(seconds=30))
    with db.transaction() as conn:
        ledger.plan(conn, [NewItem(queue, "acme", "signals/acme/news", "1", {}, WorkClass.NIGHTLY)])
    (claim,) = ledger.claim(queue, limit=1)
    ledger.fail(queue, claim, Deferred("The cap is reached.", retry_in=timedelta(hours=9)))
    assert ledger.claim(queue, limit=1) == []

    assert nooks("signals", "caps", "acme", "--usd", "25").exit_code == 0
    assert len(ledger.claim(queue, limit=1)) == 1


def test_a_kind_that_nobody_sells_has_no_cap(nooks: Nooks, spent: None) -> None:
    assert nooks("signals", "caps", "--kind", "txet", "--usd", "25").exit_code == 2


def test_a_cap_of_nobody_is_refused(nooks: Nooks) -> None:
    result = nooks("signals", "caps", "nobody", "--usd", "1")
    assert (result.exit_code, "no such workspace" in result.stderr) == (1, True), result.output
