"""`nooks signals status`, `spread` and `own`, as a person types them."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from nooks_dagster.cli import app
from nooks_dagster.database.pool import Database
from tests.research.things import connect, put_accounts

Nooks = Callable[..., Result]

ANSWER = """
    insert into signals.answers (scope, subject, signal, status, reason, value, expires_at, version, prompt_version,
        schema_version, workspace, run_id, fence, cost, purchase)
    values ('public', %s, 'tech_stack', %s, %s, '[]', now() + interval '1 day', 'v1', 1, 's', 'acme', 'run', 1, 0.5, %s)
    returning id
"""
CURRENT = """
    insert into signals.current (workspace, connection_id, account_id, signal, subject, answer, latest, change)
    values ('acme', 'acme-salesforce', %s, 'tech_stack', %s, %s, %s, nextval('signals.changes'))
"""
ACCOUNT = "insert into research.accounts (workspace, connection_id, account_id, site) values (%s, %s, %s, %s)"


@pytest.fixture
def nooks(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Nooks:
    """Calls the whole command, over a database where acme and globex are connected."""
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setattr(app, "registered_callback", None)  # it would look for a project around this folder
    for workspace in ("acme", "globex"):
        put_accounts(db, connect(db, workspace), {"1": "one.com"})
    return lambda *arguments: CliRunner().invoke(app, ["signals", *arguments])


@pytest.fixture
def answered(nooks: Nooks, db: Database) -> None:
    """Have asked about three of the four accounts of acme, with a changed question that waits."""
    known = [("one.com", "found", ""), ("two.com", "error", "It broke."), ("three.com", "degraded", "A page is gone.")]
    with db.transaction() as conn:
        for number, (site, status, reason) in enumerate(known):
            conn.execute(ACCOUNT, ("acme", "acme-salesforce", str(number), site))
            ((answer,),) = conn.execute(ANSWER, (site, status, reason, number)).fetchall()
            conn.execute(CURRENT, (str(number), site, answer, answer))
        conn.execute(ACCOUNT, ("acme", "acme-salesforce", "9", "nine.com"))
        conn.execute(
            "insert into signals.versions (signal, version, state, reason) "
            "values ('tech_stack', 'v1', 'held', 'Costs.')"
        )


def test_the_status_says_when_nobody_was_asked_yet(nooks: Nooks) -> None:
    told = nooks("status")
    assert told.stdout.startswith("Nobody was asked yet")
    assert json.loads(nooks("status", "--json").stdout) == {"signals": [], "reasons": []}


@pytest.mark.usefixtures("answered")
def test_the_status_counts_answers_and_names_what_waits(nooks: Nooks) -> None:
    lines = nooks("status").stdout.splitlines()
    assert lines[0] == "acme: 4 accounts"
    (row,) = [line.split() for line in lines if line.startswith("tech_stack")]
    assert row == ["tech_stack", "1", "0", "0", "1", "1", "1", "1.50"]
    assert "✗ tech_stack: Costs." in lines


@pytest.mark.usefixtures("answered")
def test_the_status_of_one_workspace_gives_reasons(nooks: Nooks) -> None:
    told = nooks("status", "acme").stdout
    assert "tech_stack, error: 1 accounts: It broke." in told
    assert "tech_stack, degraded: 1 accounts: A page is gone." in told


@pytest.mark.usefixtures("answered")
def test_the_status_is_told_as_json_too(nooks: Nooks) -> None:
    told = json.loads(nooks("status", "acme", "--json").stdout)
    (one,) = told["signals"]
    assert {name: one[name] for name in ("accounts", "found", "failing", "unasked", "usd_today", "version")} == {
        "accounts": 4,
        "found": 1,
        "failing": 1,
        "unasked": 1,
        "usd_today": 1.5,
        "version": "held",
    }
    assert [reason["reason"] for reason in told["reasons"]] == ["A page is gone.", "It broke."]


@pytest.mark.parametrize("command", [("status", "nobody"), ("own", "nobody", "investors")])
def test_a_workspace_that_is_not_there_is_refused(nooks: Nooks, command: tuple[str, ...]) -> None:
    result = nooks(*command)
    assert (result.exit_code, "There is no such workspace" in result.stderr) == (1, True), result.output


@pytest.mark.usefixtures("answered")
def test_a_question_that_waits_is_spread_once(nooks: Nooks) -> None:
    assert nooks("spread", "tech_stack").stdout.startswith("✓ tech_stack goes on to all accounts")
    again = nooks("spread", "tech_stack")
    assert (again.exit_code, "No version of it waits" in again.stderr) == (1, True)
    assert "Costs." not in nooks("status").stdout


def test_own_facts_are_told_shown_and_take_the_place_of_what_was_known(nooks: Nooks) -> None:
    assert nooks("own", "acme", "investors").stdout == "investors of acme: none are known.\n"
    told = nooks("own", "acme", "investors", "Juno Ventures", "Alder  Capital").stdout
    assert told == "investors of acme: Alder Capital, Juno Ventures.\n"
    nooks("own", "acme", "investors", "Basalt Partners")
    known = json.loads(nooks("own", "acme", "investors", "--json").stdout)
    assert known == {"workspace": "acme", "name": "investors", "values": ["Basalt Partners"]}
    assert nooks("own", "globex", "investors").stdout == "investors of globex: none are known.\n"


def test_an_own_fact_that_is_too_long_for_a_prompt_is_refused(nooks: Nooks) -> None:
    result = nooks("own", "acme", "investors", "x" * 101)
    assert (result.exit_code, "at most 200 names of at most 100 characters" in result.stderr) == (1, True)
