"""Ticks of the sensors as the daemon evaluates them, with the real ledger and an instance in memory."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from assets.partitions import workspaces
from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from resources.crm import CrmResource
from resources.lake import LakeResource
from resources.postgres import PostgresResource

Tick = Callable[..., Any]
Connect = Callable[..., None]
WORKSPACES = workspaces.name or ""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def connect(db: Database, instance: dg.DagsterInstance) -> Connect:
    """Connect a workspace and plan its history, as `nooks connect` does."""

    def add(workspace: str = "acme", *, partition: bool = True, work_class: WorkClass = WorkClass.HISTORY) -> None:
        registry = Registry(db)
        connection = registry.add_connection(workspace, "salesforce", config={}, secret_ref="env:NONE", sandbox=True)
        with db.transaction() as conn:
            first = discovery(workspace, connection.id, "first", work_class, Request())
            Ledger(db, "connect", timedelta(seconds=30)).plan(conn, [first])
        if partition:
            instance.add_dynamic_partitions(WORKSPACES, [workspace])

    return add


@pytest.fixture
def definitions(database_url: str) -> Iterator[dg.Definitions]:
    """The code location over this test's database; the lake does not exist."""
    postgres = PostgresResource(url=database_url, connections=2)
    yield build_defs({"crm": CrmResource(postgres=postgres, lake=LakeResource(bucket="none")), "postgres": postgres})
    postgres.database.close()


@pytest.fixture
def tick(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Tick:
    """Evaluate a sensor once and do to the partitions what the daemon would."""

    def evaluate(name: str = "due_work_sensor", where: dg.Definitions = definitions) -> Any:
        sensor = where.resolve_sensor_def(name)
        known: dict[str, Any] = {
            "definitions": where,
            "resources": {"crm": (where.resources or {})["crm"]},
            "sensor_name": name,
        }
        reference = instance.get_ref() if instance.is_persistent else None
        with (
            dg.build_sensor_context(instance, instance_ref=reference, **known) as context,
            dg.partition_loading_context(dynamic_partitions_store=instance),
        ):
            result = sensor.evaluate_tick(context)
        for request in result.dynamic_partitions_requests or []:
            if isinstance(request, dg.DeleteDynamicPartitionsRequest):
                for key in request.partition_keys:
                    instance.delete_dynamic_partition(WORKSPACES, key)
            else:
                instance.add_dynamic_partitions(WORKSPACES, list(request.partition_keys))
        return result

    return evaluate
