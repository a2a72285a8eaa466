"""The `nooks-sandbox` command."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner, Result

from sandbox.cli import app
from sandbox.salesforce.orgs import Orgs


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def shell(script: str, state: Path) -> subprocess.CompletedProcess[str]:
    """Run a script whose $0 is our Python, wherever that is, and whose $1 is the state folder."""
    command = ["sh", "-c", script, sys.executable, str(state)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def refusal_to_serve(*arguments: str) -> str:
    """Return what `serve` says when it refuses; a process of its own, for if it does not, it never returns."""
    command = [sys.executable, "-m", "sandbox", "serve", *arguments]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    return told.stderr


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with one org, in a place that a shell finds awkward."""
    folder = tmp_path_factory.mktemp("awk'ward $HOME folder") / "state"
    Orgs(folder).create_generated("acme", 1000, seed=3)
    return folder


def test_env_points_a_shell_at_the_sandbox_whatever_the_folders_name(state: Path) -> None:
    told = shell('eval "$("$0" -m sandbox env --state "$1" --port 7)"; env', state)
    variables = dict(line.split("=", 1) for line in told.stdout.splitlines() if "=" in line)
    assert variables["HTTPS_PROXY"] == "http://127.0.0.1:7"
    assert variables["NO_PROXY"] == "localhost,127.0.0.1"
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        assert variables[name] == str(state / "ca-bundle.pem")
        assert Path(variables[name]).exists()
    assert variables["SALESFORCE_DOMAIN"] == "acme.my"
    assert variables["SALESFORCE_CONSUMER_KEY"] == "SANDBOX.acme"


def test_env_says_the_same_in_every_format(state: Path, tmp_path: Path) -> None:
    arguments = ("env", "--state", str(state), "--org", "acme", "--format")
    as_json = json.loads(run(*arguments, "json").stdout)
    (tmp_path / ".env").write_text(run(*arguments, "dotenv").stdout)
    assert dotenv_values(tmp_path / ".env", interpolate=False) == as_json
    assert as_json["SALESFORCE_SECURITY_TOKEN"] == "sandboxtoken"


def test_truth_is_one_json_document_a_line(state: Path) -> None:
    lines = run("truth", "account", "--state", str(state)).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 1000
    assert [row["Id"] for row in rows] == sorted(row["Id"] for row in rows)


def test_truth_ends_quietly_when_its_reader_has_enough(state: Path) -> None:
    told = shell('"$0" -m sandbox truth Contact --state "$1" | head -n 1', state)
    assert json.loads(told.stdout)["Id"].startswith("003")
    assert told.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("truth", "Nope"), "The org acme has no object 'Nope'. It has: Account,"),
        (("truth", "Account", "--org", "nope"), "There is no org 'nope'"),
        (("env", "--org", "nope"), "There is no org 'nope'"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(state: Path, arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*arguments, "--state", str(state))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_damaged_authority_or_an_unusable_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("damaged")
    result = run("env", "--state", str(tmp_path))
    assert (result.exit_code, "ca.pem is damaged; remove it" in result.stderr) == (2, True)
    result = run("env", "--state", str(tmp_path / "ca.pem" / "below"))
    assert (result.exit_code, "cannot be used: Not a directory" in result.stderr) == (2, True)


def test_orgs_lists_each_org_with_its_host_and_sizes(state: Path) -> None:
    listed = run("orgs", "--state", str(state)).stdout
    assert "acme  https://acme.my.salesforce.com" in listed
    assert "User" in listed


def test_a_folder_that_is_served_is_not_served_twice(sandbox: Any) -> None:
    said = refusal_to_serve("--state", str(sandbox.state))
    assert f"is served already, on port {sandbox.port}" in said


def test_a_port_that_is_taken_is_told(sandbox: Any, tmp_path: Path) -> None:
    said = refusal_to_serve("--state", str(tmp_path), "--port", str(sandbox.port))
    assert f"cannot listen on 127.0.0.1:{sandbox.port}: Address already in use" in said


def test_an_org_whose_name_is_no_host_name_is_refused(tmp_path: Path) -> None:
    said = refusal_to_serve("--state", str(tmp_path), "--org", "Not A Host")
    assert "The org 'Not A Host' was not made" in said


def test_serving_an_org_with_other_parameters_says_so_and_keeps_it(start_sandbox: Any) -> None:
    sandbox = start_sandbox(accounts=1000)
    before = len(sandbox.truth("User"))
    sandbox.kill()
    again = start_sandbox(accounts=2000)
    assert "The org acme exists and stays as it is" in again.said[0]
    assert len(again.truth("User")) == before


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Account.csv").write_text(
        '"Id","Name","Shoe_Size__c"\n"0015g00000AbCdEAAV","Ha""rr\'s & Sons","44"\n', encoding="utf-8"
    )
    return folder


def test_an_org_loaded_while_the_sandbox_runs_is_served_at_once(start_sandbox: Any, log_in: Any, export: Path) -> None:
    sandbox = start_sandbox()
    result = run("load", str(export), "--org", "maven", "--state", str(sandbox.state))
    assert result.exit_code == 0, result.stderr
    assert f"The sandbox on port {sandbox.port} serves it now" in result.stdout
    rows = log_in("maven").query("SELECT Name, Shoe_Size__c FROM Account")["records"]
    assert [row["Name"] for row in rows] == ["Ha\"rr's & Sons"]


def test_loading_without_serving_leaves_the_org_for_later(tmp_path: Path, export: Path) -> None:
    state = tmp_path / "state"
    result = run("load", str(export), "--org", "maven", "--state", str(state), "--no-serve")
    assert result.exit_code == 0, result.stderr
    assert "Loaded maven" in result.stdout
    assert Orgs(state).names() == ["maven"]


def test_loading_goes_on_to_serve_what_it_loaded(tmp_path: Path, export: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "load", str(export), "--org", "maven", "--port", "0"]
    with subprocess.Popen([*command, "--state", str(tmp_path / "s")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline()]
        process.terminate()
    assert said[0].startswith("Loaded maven")
    assert said[1].startswith("The sandbox serves maven on http://127.0.0.1:")
    assert process.returncode == 0


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    result = run("load", str(tmp_path / "nowhere"), "--org", "maven", "--state", str(tmp_path / "s"))
    assert result.exit_code == 2
    assert "was not loaded" in result.stderr
