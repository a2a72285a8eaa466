"""`docs/add-a-crm-object.md`, followed to the letter on a copy of the project."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.crm.work import RAW
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.workspaces.registry import Registry
from tests.crm.salesforce.world import SECRET, World, served
from tests.docs.conftest import Copy
from tests.docs.pages import ordered

PAGE, FILE = "add-a-crm-object.md", "nooks_dagster/crm/objects/territory_plans.py"

SYNC = """
import json
from uuid import uuid4
from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.work import Request
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import settings
db = Database(settings().postgres_url, size=6)
ensure_partitions(db, "acme-salesforce")
platform = Platform(db, Lake(settings().lake_bucket), settings(), shared_connectors(db))
for report in WorkspaceSync(platform, SyncRun("acme", uuid4().hex, request=Request(objects=REQUEST))).run():
    if report.task.source == "Territory_Plan__c":
        print(json.dumps([report.task.canonical, report.task.kind, report.ending]))
"""
ENTER = """
import json
import dagster as dg
dg.DagsterInstance.get().add_dynamic_partitions("workspaces", ["acme"])
"""
SPEAK = """
graph = defs.resolve_asset_graph()
checks = sorted(check.name for check in graph.asset_check_keys if check.asset_key == key)
print(json.dumps([json.loads(plans.to_json(orient="records", date_format="iso")), checks]))
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with a small org."""
    with served(Path(tmp_path_factory.mktemp("object")), 40) as world:
        yield world


@pytest.fixture
def connected(copy: Copy, db: Database, world: World) -> Copy:
    """A copy of the project whose workspace acme is connected to the org."""
    Registry(db).add_connection("acme", "salesforce", {"domain": "acme.my"}, "env:ACME", sandbox=True)
    variables = {**copy.variables, **world.variables, "ACME": json.dumps(SECRET)}
    return Copy(copy.folder, variables)


def sync(copy: Copy, *objects: str) -> list[list[str]]:
    """Sync some objects in a process of its own; return what became of the plans' windows."""
    told = copy.python("-c", SYNC.replace("REQUEST", repr(objects)))
    return [json.loads(line) for line in told.splitlines()]


def rows(db: Database, table: str) -> int:
    query = f"SELECT count(*) FROM crm.{table} WHERE source_object = 'Territory_Plan__c'"
    with db.transaction() as conn:
        return int(conn.execute(query.encode()).fetchall()[0][0])


def places(lake: Lake) -> set[str]:
    return {one.name.split("/")[1] for one in lake.objects(RAW) if "source=Territory_Plan__c" in one.name}


def test_the_page_adds_an_object_that_is_synced_loaded_checked_and_goes_again(
    connected: Copy, db: Database, lake: Lake, world: World
) -> None:
    truth: dict[str, Any] = {row["Id"]: row for row in world.truth("Territory_Plan__c")}
    assert sync(connected, "custom_objects")[0] == ["custom_objects", "history", "done"]
    assert (rows(db, "custom_objects"), places(lake)) == (len(truth), {"custom_objects"})

    added = connected.add(FILE, ordered(PAGE, "file", FILE))
    assert sync(connected, "territory_plans") == [["territory_plans", "history", "done"]]
    assert (rows(db, "territory_plans"), rows(db, "custom_objects")) == (len(truth), 0)
    assert places(lake) == {"territory_plans"}
    notebook = ordered(PAGE, "run", f"after {FILE}")
    plans, checks = json.loads(connected.python("-c", ENTER + notebook + SPEAK))
    living = {key for key, row in truth.items() if not row["IsDeleted"]}
    assert {plan["id"]: plan["region"] for plan in plans} == {key: truth[key]["Region__c"] for key in living}
    assert {plan["id"]: plan["quota"] for plan in plans} == {key: truth[key]["Quota__c"] for key in living}
    beside = {name for plan in plans for name in json.loads(plan["properties"])}
    assert "Comments__c" in beside
    assert "Region__c" not in beside
    assert "no_lane_is_blocked" in checks

    added.unlink()
    assert sync(connected, "custom_objects")[0] == ["custom_objects", "history", "done"]
    assert (rows(db, "custom_objects"), rows(db, "territory_plans"), places(lake)) == (
        len(truth),
        0,
        {"custom_objects"},
    )
