"""`docs/add-a-signal.md`, followed to the letter on a copy of the project, with the sandbox's model and web sites."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.research.sites import site_of
from sandbox.sites.sentences import read
from tests.crm.salesforce.world import World, served
from tests.docs.conftest import Copy
from tests.docs.pages import ordered
from tests.research.things import connect, put_accounts
from tests.sql import execute, rows

PAGE, FILE = "add-a-signal.md", "assets/signals/certifications.py"
ACCOUNTS = 12
QUICK = {None, "refused", "unresolved", "empty"}

ENTER = """
import dagster as dg
dg.DagsterInstance.get().add_dynamic_partitions("workspaces", ["acme"])
"""
SPEAK = """
import json
assert run.success
graph = defs.resolve_asset_graph()
checks = sorted(check.name for check in graph.asset_check_keys if check.asset_key == key)
columns = certifications[["site", "certification", "quote", "url"]]
print(json.dumps([some["config"]["accounts"], columns.to_dict("records"), checks]))
"""
REMOVED = """
import json
import dagster as dg
from nooks_dagster.definitions import defs
run = defs.resolve_implicit_global_asset_job_def().execute_in_process(
    run_config={"ops": {"account_signals": {"config": {"accounts": ["nobody.example"]}}}},
    asset_selection=[dg.AssetKey(["signals", "news"])],
    partition_key="acme",
    instance=dg.DagsterInstance.get(),
    raise_on_error=False,
)
key = dg.AssetKey(["signals", "certifications"])
print(json.dumps([key not in defs.resolve_asset_graph().get_all_asset_keys(), run.success]))
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with a small org, whose model takes no time."""
    with served(Path(tmp_path_factory.mktemp("signal")), 40, "--openai", "time_scale=0") as world:
        yield world


@pytest.fixture
def websites(world: World, db: Database) -> dict[str, str]:
    """Web sites of accounts of the org, synced into the workspace acme; slow ones are left out, they take a minute."""
    known = {row["Id"]: row["Website"] for row in world.truth("Account") if site_of(row.get("Website"))}
    found = {key: site for key, site in known.items() if there(world, site_of(site) or "")["trouble"] in QUICK}
    some = dict(list(found.items())[:ACCOUNTS])
    put_accounts(db, connect(db, "acme"), dict(some))
    return some


@pytest.fixture
def in_the_sandbox(copy: Copy, world: World) -> Copy:
    """A copy of the project whose outside world is the sandbox."""
    more = {"NOOKS_SANDBOX": "true", "OPENAI_API_KEY": "sk-sandbox-docs"}
    return Copy(copy.folder, {**copy.variables, **world.variables, **more})


def there(world: World, site: str) -> dict[str, Any]:
    """Return what is at a site."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{world.port}/control/sites/{site}", timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def stated(world: World, site: str) -> set[str]:
    """Return the certifications that an honest reader of a site finds."""
    found = there(world, site)
    if found["trouble"] or "/" in found["closed"]:
        return set()
    return {name for page in found["pages"] if page["open"] for name in certified(page)}


def certified(page: dict[str, Any]) -> set[str]:
    ours = [one["sentence"] for one in page["states"] if one["kind"] == "certification" and one["about_us"]]
    return {str(found.fact.values["certification"]) for sentence in ours for found in read(sentence)}


def test_the_page_adds_a_signal_that_is_asked_loaded_checked_and_removed(
    in_the_sandbox: Copy, world: World, websites: dict[str, str], db: Database
) -> None:
    in_the_sandbox.add(FILE, ordered(PAGE, "file", FILE))
    notebook = ordered(PAGE, "run", f"after {FILE}")
    told = in_the_sandbox.python("-c", ENTER + notebook + SPEAK)
    asked, found, checks = json.loads(told.splitlines()[-1])

    sites = {site for account in asked if (site := site_of(websites[account]))}
    assert len(sites) > ACCOUNTS // 2
    told_of = {site: {row["certification"] for row in found if row["site"] == site} for site in sites}
    assert told_of == {site: stated(world, site) for site in sites}
    assert any(told_of.values())
    assert all(row["certification"] in row["quote"] for row in found)
    assert "accounts_rarely_fail" in checks

    execute(db, "update work.items set state = 'waiting', due_at = now() where lane like '%certifications'")
    in_the_sandbox.remove(FILE)
    assert json.loads(in_the_sandbox.python("-c", REMOVED).splitlines()[-1]) == [True, False]
    assert rows(db, "select count(*) from work.items where lane like '%certifications' and state = 'waiting'") == [(0,)]
    assert len(rows(db, "select * from signals.certifications")) == len(found)
    execute(db, "drop view signals.certifications")
