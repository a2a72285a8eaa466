"""The process: both vendors behind one port, what outlives it, its control routes, its commands."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import typer
from typer.testing import CliRunner, Result

from sandbox.cli import app
from sandbox.cli.making import make
from sandbox.hubspot.http.terms import Terms
from sandbox.hubspot.portals import Portals
from sandbox.terms import changed
from tests.sandbox.hubspot_http.conftest import PRIVATE
from tests.sandbox.process import Sandbox, point

API = "https://api.hubapi.com"
CONTACTS = f"{API}/crm/v3/objects/contacts"


def get(path: str, token: str = PRIVATE) -> requests.Response:
    return requests.get(path, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_tokens_usage_and_writes_outlive_a_sigkill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(tmp_path / "state", "--portal", "globex=20", "--org", "acme=20")
    point(sandbox, monkeypatch)
    try:
        form = {"grant_type": "refresh_token", "client_id": "SANDBOX.globex", "client_secret": "sandbox-secret-globex"}
        told = requests.post(f"{API}/oauth/v1/token", {**form, "refresh_token": "sandbox-refresh-globex"}, timeout=60)
        token = told.json()["access_token"]
        wish = {"properties": {"lastname": "Durable"}}
        made = requests.post(CONTACTS, json=wish, headers={"Authorization": f"Bearer {PRIVATE}"}, timeout=60).json()
        sandbox.kill()
        sandbox.start()
        assert get(f"{CONTACTS}/{made['id']}", token).json()["properties"]["lastname"] == "Durable"
        assert get(CONTACTS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624998"
        assert requests.get("https://acme.my.salesforce.com/services/data", timeout=60).json()[0]["version"] == "31.0"
        assert (sandbox.state / "hubspot.sqlite").stat().st_mode & 0o777 == 0o600
        sandbox.terminate()
    finally:
        sandbox.kill()


def test_portals_are_served_under_each_of_hubspots_hosts(sandbox: Sandbox) -> None:
    for host in ("api.hubapi.com", "api.hubspot.com"):
        page = get(f"https://{host}/crm/v3/objects/contacts?limit=1")
        assert page.json()["paging"]["next"]["link"].startswith(f"https://{host}/")
    assert sandbox.control("/health").json()["portals"] == ["globex"]
    assert "globex (HubSpot)" in sandbox.said[-1]
    assert sandbox.control("/control/counters").json()["requests"]["globex"]["list"] >= 2


def test_clock_index_and_recycle_bin_are_commanded(sandbox: Sandbox) -> None:
    def command(word: str, wish: Any, portal: str = "globex") -> int:
        return sandbox.control(f"/control/portals/{portal}/{word}", "POST", wish).status_code

    portal = Portals(sandbox.state).get("globex")
    before, (gone, *_) = portal.now(), (each["id"] for each in get(f"{CONTACTS}?archived=true").json()["results"])
    assert command("clock", {"advance_seconds": 3600}) == 204
    assert portal.now() - before > 3_500_000
    assert command("index", {"lag_seconds": 60}) == 204
    assert command("restore", {"type": "contacts", "ids": [gone]}) == 204
    assert get(f"{CONTACTS}/{gone}").status_code == 200
    assert command("clock", {"advance_seconds": "soon"}) == 400
    assert [command("clock", {}), command("clock", {"advance_seconds": 1}, "nobody")] == [400, 404]


def test_env_orgs_and_truth_know_portals(tmp_path: Path) -> None:
    portal = Portals(tmp_path).create_generated("globex", 20, seed=1)
    merged = portal.merge(portal.type("contacts"), *portal.page(portal.type("contacts"), 0, 2, (), archived=False).ids)
    told = json.loads(run("env", "--state", str(tmp_path), "--portal", "globex", "--format", "json").stdout)
    assert (told["HUBSPOT_ACCESS_TOKEN"], told["HUBSPOT_CLIENT_ID"]) == (PRIVATE, "SANDBOX.globex")
    assert "SALESFORCE_DOMAIN" not in told
    assert "globex  https://api.hubapi.com  contacts" in run("orgs", "--state", str(tmp_path)).stdout
    written = run("truth", "contacts", "--state", str(tmp_path)).stdout
    lines = [json.loads(line) for line in written.splitlines()]
    records, gone = [line for line in lines if "properties" in line], [line for line in lines if "mergedInto" in line]
    assert [int(record["id"]) for record in records] == [each.id for each in portal.truth(portal.type("contacts"))]
    assert {line["mergedInto"] for line in gone} == {str(merged.id)}
    assert any(record["archived"] and record["archivedAt"] for record in records)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("truth", "unicorns", "--portal", "globex"), "The portal globex has no type 'unicorns'. It has: contacts,"),
        (("truth", "contacts", "--portal", "nobody"), "There is no portal 'nobody'"),
        (("env", "--portal", "nobody"), "There is no portal 'nobody'"),
    ],
)
def test_what_is_not_there_is_named(
    portals: Portals, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    Portals(tmp_path).create_generated("globex", 20, seed=1)
    told = run(*arguments, "--state", str(tmp_path))
    assert told.exit_code == 2
    assert sentence in told.stderr


@pytest.mark.parametrize("wish", ["globex=many", "globex=", "globex=0", "Glo_bex"])
def test_a_portal_that_cannot_be_made_is_named(tmp_path: Path, wish: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        make(Portals(tmp_path), "portal", [wish], 20, 1)
    assert wish.partition("=")[0] in capsys.readouterr().err


def test_worlds_can_have_sizes_of_their_own(tmp_path: Path) -> None:
    portals = Portals(tmp_path)
    make(portals, "portal", ["small=10", "usual"], 30, 1)
    sizes = [len(list(portals.get(name).truth(portals.get(name).type("companies")))) for name in ("small", "usual")]
    assert sizes == [10, 30]


@pytest.mark.parametrize("pair", ["speed=3", "daily_requests", "daily_requests=many"])
def test_a_term_that_cannot_be_is_named(pair: str) -> None:
    with pytest.raises(ValueError, match=pair.partition("=")[0]):
        changed(Terms(), [pair], "hubspot")
