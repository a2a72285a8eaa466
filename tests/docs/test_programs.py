"""The blocks that the pages mark as runnable are run, on real services."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import NewItem, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.crm.salesforce.world import World, served
from tests.docs.pages import PROJECT, Block, blocks, ordered
from tests.sandbox.process import UNHURRIED

IN_THE_SANDBOX = [block for block in blocks("python") if (block.order, block.detail) == ("run", "in the sandbox")]
MARKS = {
    "after assets/sales/call_coverage.py",
    "after assets/signals/certifications.py",
    "after nooks_dagster/crm/objects/territory_plans.py",
    "in the sandbox",
    "on the database",
    "with a key",
    "with a key and a recording",
    "with an export",
}
ACCOUNTS = 'Id,Name,Industry,Tier__c\n001000000000001AAA,"Acme, Inc.",Software,007\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with a small org `acme` and a small portal `globex`."""
    with served(Path(tmp_path_factory.mktemp("docs")), 50, "--portal", "globex", *UNHURRIED) as world:
        yield world


@pytest.fixture(scope="module")
def variables(world: World) -> dict[str, str]:
    """The environment of a program: what `env` tells of the org, and nothing else."""
    told = subprocess.run(
        [sys.executable, "-m", "sandbox", "env", "--state", str(world.state), "--org", "acme", "--format", "json"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    return {"PATH": os.environ["PATH"], **json.loads(told.stdout)}


def test_every_mark_has_somebody_who_runs_it() -> None:
    assert {block.detail for block in blocks("python", "sh") if block.order == "run"} == MARKS


@pytest.mark.parametrize("block", IN_THE_SANDBOX, ids=str)
def test_programs_for_the_sandbox_run_with_the_variables_of_env_alone(block: Block, variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.text], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout


def test_an_export_is_loaded_and_told_again_by_the_commands_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "Account.csv").write_text(ACCOUNTS)
    command = f'nooks-sandbox() {{ PYTHONPATH="{PROJECT}" "{sys.executable}" -m sandbox "$@"; }}\n'
    script = command + ordered("sandbox.md", "run", "with an export")
    told = subprocess.run(["bash", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    row = json.loads(told.splitlines()[-1])
    assert (row["Name"], row["Tier__c"]) == ("Acme, Inc.", "007")


def test_blocked_and_dead_work_is_listed_and_sent_again_as_the_page_says(db: Database, database_url: str) -> None:
    queue = Queue("test", blocks=True)
    ledger = Ledger(db, "test", lease=timedelta(minutes=1))
    with db.transaction() as conn:
        ledger.plan(conn, [NewItem(queue, "crm/acme", "acme-salesforce/Account", "1", {}, WorkClass.HISTORY)])
    (claim,) = ledger.claim(queue, limit=1)
    ledger.fail(queue, claim, Permanent("The user may not read this.", next_step="Give Read."))
    text = ordered("operate.md", "run", "on the database")
    variables = {**os.environ, "NOOKS_POSTGRES_URL": database_url, "PYTHONPATH": str(PROJECT)}
    told = subprocess.run(
        [sys.executable, "-c", text], env=variables, capture_output=True, text=True, check=True
    ).stdout
    assert "acme-salesforce/Account Permanent The user may not read this. Give Read." in told
    assert len(ledger.claim(queue, limit=1)) == 1


def _python(arguments: list[str], variables: dict[str, str]) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
