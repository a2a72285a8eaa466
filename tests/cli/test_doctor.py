"""`nooks doctor`."""

import json
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.cli import checks
from nooks_dagster.cli.connect import connect
from nooks_dagster.cli.doctor import doctor
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local import environment
from nooks_dagster.local.environment import Environment
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import ConnectionState, Registry
from tests.cli.conftest import Call
from tests.crm.salesforce.world import SECRET, World


@pytest.fixture
def project(
    configured: pytest.MonkeyPatch, served_world: World, lake: Lake, tmp_path: Path, database_url: str
) -> Environment:
    """A project folder whose Postgres, lake and sandbox are well; Dagster is not started."""
    configured.setenv("NOOKS_LAKE_BUCKET", lake.uri("").removeprefix("gs://").rstrip("/"))
    settings.cache_clear()
    (tmp_path / ".nooks" / "sandbox").parent.mkdir(exist_ok=True)
    (tmp_path / ".nooks" / "sandbox").symlink_to(served_world.state)
    values = {"NOOKS_SANDBOX": "true", "NOOKS_DAGSTER_POSTGRES_URL": database_url, "NOOKS_UI_PORT": "9"}
    found = Environment(tmp_path, values)
    configured.setattr(environment, "find_root", lambda: tmp_path)
    configured.setattr(environment, "read", lambda _root: found)
    return found


def findings(call: Call) -> dict[str, dict[str, Any]]:
    result = call(doctor, "--json")
    return {finding["name"]: finding for finding in json.loads(result.stdout)}


@pytest.mark.usefixtures("project")
def test_what_is_well_is_said_to_be_and_what_is_not_has_a_next_step(call: Call) -> None:
    found = findings(call)
    well = {name for name, finding in found.items() if finding["ok"]}
    assert well >= {"Python", ".env", "Disk", "Postgres", "Lake", "Outside world"}, found
    assert not found["Dagster's UI"]["ok"]
    assert all(finding["next_step"] for finding in found.values() if not finding["ok"])
    shown = call(doctor)
    assert shown.exit_code == 1
    assert "checks found something wrong" in shown.stdout
    assert "make up" in shown.stdout


@pytest.mark.usefixtures("project")
def test_a_connection_tells_its_objects_and_its_quota(call: Call, configured: pytest.MonkeyPatch) -> None:
    for name, value in SECRET.items():
        configured.setenv(f"SALESFORCE_{name.upper()}", value)
    assert call(connect, "salesforce", "acme").exit_code == 0
    found = findings(call)["Connection acme-salesforce"]
    assert found["ok"], found
    assert "objects" in found["what"]
    assert "API calls used" in found["what"]


@pytest.mark.usefixtures("project")
def test_a_connection_that_is_marked_or_has_lost_its_secret_says_so(call: Call, db: Database) -> None:
    registry = Registry(db)
    registry.add_connection("acme", "salesforce", {"domain": "acme.my"}, "file:gone", sandbox=True)
    assert "nooks connect" in findings(call)["Connection acme-salesforce"]["next_step"]
    registry.mark("acme-salesforce", ConnectionState.UNAUTHORIZED, "The secret was refused.")
    assert "The secret was refused" in findings(call)["Connection acme-salesforce"]["what"]


def test_a_database_that_is_down_or_not_migrated_says_what_to_do(
    project: Environment, call: Call, configured: pytest.MonkeyPatch, postgres_server: Any
) -> None:
    del project
    configured.setenv("NOOKS_POSTGRES_URL", postgres_server.url)
    settings.cache_clear()
    assert "migrations" in findings(call)["Postgres"]["next_step"]
    configured.setenv("NOOKS_POSTGRES_URL", "postgresql://nooks@127.0.0.1:9/nooks")
    settings.cache_clear()
    assert "make up" in findings(call)["Postgres"]["next_step"]


def test_a_bucket_that_is_missing_is_named(project: Environment, call: Call, configured: pytest.MonkeyPatch) -> None:
    del project
    configured.setenv("NOOKS_LAKE_BUCKET", "no-such-bucket")
    settings.cache_clear()
    assert not findings(call)["Lake"]["ok"]


def test_a_sandbox_without_its_proxy_is_a_problem(
    project: Environment, call: Call, configured: pytest.MonkeyPatch
) -> None:
    del project
    configured.delenv("HTTPS_PROXY")
    assert "HTTPS_PROXY is not set" in findings(call)["Outside world"]["what"]


def test_a_real_world_that_trusts_the_sandbox_is_a_problem(
    project: Environment, call: Call, configured: pytest.MonkeyPatch
) -> None:
    real = Environment(project.root, {**project.values, "NOOKS_SANDBOX": "false"})
    configured.setattr(environment, "read", lambda _root: real)
    bundle = project.state / "sandbox" / "ca-bundle.pem"
    configured.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert "still trust the sandbox" in findings(call)["Outside world"]["what"]


def test_a_full_disk_is_a_problem(project: Environment, call: Call, configured: pytest.MonkeyPatch) -> None:
    del project
    configured.setattr(checks, "LEAST_FREE_BYTES", 2**60)
    assert "Free some space" in findings(call)["Disk"]["next_step"]
