"""`nooks calls webhooks`."""

import json

import pytest
from typer.testing import CliRunner, Result

from nooks_dagster.cli.calls.webhooks import add, move, webhooks
from nooks_dagster.database.pool import Database
from tests.cli.conftest import Call, connect

URL = "https://hooks.acme.com/calls"
LATER = """
    insert into work.items (queue, scope, lane, key, serial, class, payload, release, due_at)
    select 'calls.deliveries', 'calls/acme', 'deliveries/' || id, '1', false, 0, '{}', 'test', now() + interval '1 hour'
    from calls.webhooks
"""
PARKED = """
    insert into calls.lanes (integration, next_at, strikes)
    select id, now() + interval '10 minutes', 3 from calls.webhooks
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(webhooks, words)


@pytest.mark.usefixtures("configured")
def test_a_webhook_is_added_listed_and_removed_and_its_secret_is_shown_once(db: Database) -> None:
    connect(db, "acme")

    added = run("add", "acme", URL)
    listed = run("list", "acme", "--json")
    (webhook,) = json.loads(listed.stdout)["webhooks"]
    gone = run("remove", "acme", webhook["id"])
    none = run("list", "acme")

    assert added.exit_code == listed.exit_code == gone.exit_code == 0, added.output
    assert "Secret, shown this once: nws_" in added.stdout
    assert (webhook["url"], webhook["state"]) == (URL, "active")
    assert "nws_" not in listed.stdout
    assert "acme has none" in none.stdout


@pytest.mark.usefixtures("configured")
def test_an_address_inside_a_network_is_refused_with_a_sentence(call: Call, db: Database) -> None:
    connect(db, "acme")

    result = call(add, "acme", "https://10.0.0.7/calls")

    assert result.exit_code == 1
    assert "a public host name" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("configured")
def test_a_webhook_that_is_led_elsewhere_keeps_its_id_and_what_waits_goes_there_at_once(db: Database) -> None:
    connect(db, "acme")
    run("add", "acme", URL)
    with db.transaction() as conn:
        conn.execute(LATER)
        conn.execute(PARKED)

    moved = run("move", "acme", URL, "https://hooks.acme.com/v2")
    listed = run("list", "acme", "--json")

    assert moved.exit_code == 0, moved.output
    (webhook,) = json.loads(listed.stdout)["webhooks"]
    assert webhook["id"] in moved.stdout
    assert webhook["url"] == "https://hooks.acme.com/v2"
    with db.transaction() as conn:
        assert conn.execute("select due_at <= now() from work.items").fetchall() == [(True,)]
        assert conn.execute("select next_at <= now() from calls.lanes").fetchall() == [(True,)]


@pytest.mark.usefixtures("configured")
def test_a_webhook_that_is_not_there_cannot_be_led_elsewhere(call: Call, db: Database) -> None:
    connect(db, "acme")

    result = call(move, "acme", "wh_none", URL)

    assert (result.exit_code, "no such webhook" in result.stderr) == (1, True)
