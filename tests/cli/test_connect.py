"""`nooks connect`."""

import json

import pytest
import requests
import typer

from nooks_dagster.cli.connect import asked, connect
from nooks_dagster.crm.connectors import KINDS
from nooks_dagster.crm.kinds import Kind
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry
from tests.cli.conftest import Call
from tests.crm.salesforce.world import SECRET, World


@pytest.fixture
def credentials(configured: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The variables that `nooks-sandbox env` prints."""
    for name, value in SECRET.items():
        configured.setenv(f"SALESFORCE_{name.upper()}", value)
    return configured


@pytest.mark.usefixtures("credentials")
def test_it_says_what_was_found_and_what_happens_next(call: Call, db: Database) -> None:
    result = call(connect, "salesforce", "acme")
    assert result.exit_code == 0, result.output
    for words in ("acme is connected to Salesforce at acme.my.salesforce.com", "SANDBOX", "crm/accounts"):
        assert words in result.stdout
    assert "Event will not be synced" in result.stdout
    assert "history starts by itself" in result.stdout
    assert [connection.id for connection in Registry(db).connections()] == ["acme-salesforce"]


@pytest.mark.usefixtures("credentials")
def test_a_script_gets_one_json_object(call: Call) -> None:
    result = call(connect, "salesforce", "acme", "--name", "acme-europe", "--json")
    told = json.loads(result.stdout)
    assert (told["connection"], told["workspace"], told["sandbox"]) == ("acme-europe", "acme", True)
    assert told["objects"]["Account"]["canonical"] == "accounts"
    assert told["objects"]["Account"]["rows"] > 50
    assert list(told["missing"]) == ["Event"]


@pytest.mark.usefixtures("credentials")
def test_an_org_without_the_field_for_calls_is_synced_and_its_owner_told_what_to_make(
    call: Call, served_world: World
) -> None:
    alterations = f"http://127.0.0.1:{served_world.port}/control/alterations/acme"
    gone = {"kind": "vanish", "object": "Task", "field": "Nooks_Call_Id__c"}
    assert requests.post(alterations, json=gone, timeout=60).ok
    try:
        result = call(connect, "salesforce", "acme")
    finally:
        requests.delete(alterations, timeout=60)
    again = call(connect, "salesforce", "acme", "--json")

    assert result.exit_code == 0, result.output
    assert "Calls will not be logged in it. Activities have no field Nooks_Call_Id__c: Setup," in result.stdout
    assert "history starts by itself" in result.stdout
    assert json.loads(again.stdout)["logs_calls"] is True


def test_credentials_may_come_from_a_reference_and_stay_there(
    configured: pytest.MonkeyPatch, call: Call, db: Database
) -> None:
    configured.setenv("ACME", json.dumps({**SECRET, "domain": ""}))
    result = call(connect, "salesforce", "acme", "--secret", "env:ACME", "--domain", "https://acme.my.salesforce.com")
    assert result.exit_code == 0, result.output
    (connection,) = Registry(db).connections()
    assert connection.secret_ref == "env:ACME"
    assert "sandbox-secret" not in str(connection)


def test_a_wrong_secret_is_a_sentence_and_exit_code_1(credentials: pytest.MonkeyPatch, call: Call) -> None:
    credentials.setenv("SALESFORCE_CONSUMER_SECRET", "wrong")
    result = call(connect, "salesforce", "acme")
    assert result.exit_code == 1
    assert "acme-salesforce:" in result.stderr
    assert "Traceback" not in result.output
    assert "wrong" not in result.output


@pytest.mark.usefixtures("configured")
def test_without_credentials_and_a_terminal_nothing_is_asked(call: Call) -> None:
    result = call(connect, "salesforce", "acme")
    assert result.exit_code == 1
    assert "consumer_key, consumer_secret and domain" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("credentials")
def test_an_unknown_kind_names_the_known_ones(call: Call) -> None:
    result = call(connect, "pipedrive", "acme")
    assert result.exit_code == 1
    assert "salesforce" in result.stderr


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_terminal_is_asked_for_what_is_missing_and_secrets_are_not_shown(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: dict[str, bool] = {}

    def answer(words: str, *, hide_input: bool) -> str:
        hidden[words] = hide_input
        return "given"

    monkeypatch.setattr(typer, "prompt", answer)
    known = dict.fromkeys(kind.public, "known")
    credentials = {**known, **asked(kind, known)}
    kind.check(credentials)
    assert all(hidden.values())
    assert hidden
    assert credentials.keys() <= set(kind.variables.values())
    assert all(credentials[name] == "known" for name in known)


@pytest.mark.usefixtures("configured")
def test_a_kind_without_domains_says_so(call: Call) -> None:
    result = call(connect, "hubspot", "acme", "--domain", "acme.my")
    assert (result.exit_code, "HubSpot has no domains" in result.stderr) == (1, True)
