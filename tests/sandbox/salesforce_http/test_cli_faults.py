"""The commands of `nooks-sandbox` that make trouble, and end it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sandbox.cli import app
from sandbox.salesforce.orgs import Orgs


@pytest.fixture
def state(sandbox: Any) -> Iterator[str]:
    """The folder of the shared sandbox, which is well again after the test."""
    yield str(sandbox.state)
    sandbox.control("/control/faults", "DELETE")
    sandbox.control("/control/alterations/acme", "DELETE")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_fault_is_put_in_force_listed_and_ended(state: str, get: Any) -> None:
    told = run("fault", "answer", "status=503", 'calls=["limits"]', "--state", state)
    assert told.exit_code == 0, told.stderr
    number = told.stdout.split()[1]
    assert get("limits").status_code == 503
    (listed,) = [json.loads(line) for line in run("faults", "--state", state).stdout.splitlines()]
    assert (listed["id"], listed["kind"], listed["struck"]) == (int(number), "answer", 1)
    assert run("heal", number, "--state", state).exit_code == 0
    assert get("limits").status_code == 200


def test_all_faults_are_ended_at_once(state: str) -> None:
    for _ in range(2):
        run("fault", "cut", "calls=limits", "--state", state)
    assert run("heal", "--state", state).exit_code == 0
    assert run("faults", "--state", state).stdout == ""


def test_an_org_is_altered_while_it_is_served_and_restored(state: str, get: Any) -> None:
    told = run("alter", "appear", "object=Lead", "field=Surprise__c", "--org", "acme", "--state", state)
    assert [json.loads(line)["kind"] for line in told.stdout.splitlines()] == ["appear"]
    assert '"Surprise__c"' in get("sobjects/Lead/describe").text
    run("alter", "hide", "object=Task", "--org", "acme", "--state", state)
    assert run("restore", "appear", "--org", "acme", "--state", state).exit_code == 0
    assert get("sobjects/Task").status_code == 404
    assert run("restore", "--org", "acme", "--state", state).exit_code == 0
    assert get("sobjects/Task").status_code == 200
    assert '"Surprise__c"' not in get("sobjects/Lead/describe").text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("fault", "storm"), "refused: the rule: Input tag 'storm'"),
        (("fault", "answer", "status"), "'status' says nothing: write NAME=VALUE."),
        (("heal", "0"), "refused: there is no fault 0."),
        (("alter", "hide", "object=Nope", "--org", "acme"), "was not altered: the org acme has no object Nope."),
        (("restore", "--org", "nope"), "There is no org 'nope'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(state: str, arguments: tuple[str, ...], sentence: str) -> None:
    told = run(*arguments, "--state", state)
    assert told.exit_code == 2
    assert sentence in told.stderr


def test_faults_need_a_sandbox_that_is_served(tmp_path: Path) -> None:
    Orgs(tmp_path).create_generated("acme", 10, seed=1)
    told = run("faults", "--state", str(tmp_path))
    assert told.exit_code == 2
    assert "is not served" in told.stderr
