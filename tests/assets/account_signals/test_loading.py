"""A signal's table as an argument of an asset, and a backfill over several workspaces."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from assets.account_signals.records import account_signals
from assets.partitions import workspaces
from nooks_dagster.database.pool import Database
from resources.postgres import PostgresResource
from resources.warehouse_io_manager import WarehouseIOManager
from tests.assets.account_signals.conftest import Click
from tests.assets.account_signals.things import Model, add_book, site
from tests.assets.conftest import materialized
from tests.sql import rows


@dg.asset(ins={"stack": dg.AssetIn(["signals", "tech_stack"])}, partitions_def=workspaces)
def warehouse_users(stack: pd.DataFrame) -> dg.MaterializeResult[Any]:
    """An asset of somebody's that reads a signal."""
    users = sorted(stack.loc[stack["product"] == "Snowflake", "site"])
    return dg.MaterializeResult(metadata={"users": users, "workspaces": sorted(set(stack["workspace"]))})


@pytest.fixture
def warehouse(database_url: str) -> Iterator[WarehouseIOManager]:
    postgres = PostgresResource(url=database_url, connections=2)
    yield WarehouseIOManager(postgres=postgres)
    postgres.database.close()


def test_an_asset_reads_the_findings_of_its_own_workspace(
    click: Click, db: Database, instance: dg.DagsterInstance, warehouse: WarehouseIOManager
) -> None:
    add_book(db, "acme", 2)
    add_book(db, "globex", 2, start=1)
    click("tech_stack")
    click("tech_stack", workspace="globex")
    nothing = dg.ResourceDefinition.none_resource()
    result = dg.materialize(
        [account_signals, warehouse_users],
        selection=[warehouse_users],
        partition_key="acme",
        resources={"warehouse_io_manager": warehouse, "research": nothing, "signals": nothing},
        instance=instance,
    )
    shown = materialized(result)["warehouse_users"]
    assert shown["users"].value == [site(0), site(1)]
    assert shown["workspaces"].value == ["acme"]


def test_a_backfill_over_several_workspaces_asks_each_site_once(click: Click, db: Database, model: Model) -> None:
    add_book(db, "acme", 3)
    add_book(db, "globex", 3, start=2)
    for workspace in ("acme", "globex"):
        tags = {"dagster/backfill": "b", "dagster/partition": workspace}
        assert click("tech_stack", "news", workspace=workspace, tags=tags).success
    asked = sorted(ask.subject for ask in model.asks if ask.purpose == "signals/tech_stack")
    assert asked == [site(n) for n in range(5)]
    assert rows(db, "select workspace, signal, count(*) from signals.current group by 1, 2 order by 1, 2") == [
        ("acme", "news", 3),
        ("acme", "tech_stack", 3),
        ("globex", "news", 3),
        ("globex", "tech_stack", 3),
    ]
