"""`nooks calls webhooks`."""

import json

import pytest
from typer.testing import CliRunner, Result

from nooks_dagster.cli.calls.webhooks import add, webhooks
from nooks_dagster.database.pool import Database
from tests.cli.conftest import Call, connect

URL = "https://hooks.acme.com/calls"


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
