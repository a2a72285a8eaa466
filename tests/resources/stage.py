"""Assets `crm_raw/accounts` and one downstream of it, run by Dagster itself on the lake of a test."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from nooks_dagster.failures import Failure
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from resources.lake import LakeResource
from resources.lake_io_manager import LakeIOManager

WORKSPACES = dg.DynamicPartitionsDefinition(name="workspaces")
FRAME = pd.DataFrame({"id": ["a", "b"], "score": [1.5, None], "note": ["NA", "Zoë 🚀"]})


class Stage:
    """A Dagster instance with workspaces, whose assets live in the lake of the test."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.instance = dg.DagsterInstance.ephemeral()
        self.instance.add_dynamic_partitions("workspaces", ["acme", "globex", "initech"])

    def run(self, *assets: dg.AssetsDefinition, select: str | None = None, **options: Any) -> dg.ExecuteInProcessResult:
        resource = LakeResource(bucket=self.lake.uri("").split("/")[2])
        with patch.object(LakeResource, "lake", self.lake):
            return dg.materialize(
                assets,
                selection=select,
                instance=self.instance,
                resources={"io_manager": LakeIOManager(lake=resource), "lake": resource},
                **options,
            )

    def over(self, first: str, last: str) -> dict[str, Any]:
        """Run tags of a single run over a range of partitions."""
        return {"tags": {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}}


def producer(value: Any, **options: Any) -> dg.AssetsDefinition:
    """An asset `crm_raw/accounts` that returns a value, or what a function makes of the context."""

    @dg.asset(key=["crm_raw", "accounts"], **options)
    def accounts(context: dg.AssetExecutionContext) -> Any:
        return value(context) if callable(value) else value

    return accounts


def consumer(annotation: Any, seen: list[Any], **options: Any) -> dg.AssetsDefinition:
    """An asset that loads `crm_raw/accounts` as its argument and remembers what it got."""
    metadata = options.pop("input_metadata", None)
    mapping = options.pop("mapping", None)

    @dg.asset(
        ins={"accounts": dg.AssetIn(["crm_raw", "accounts"], metadata=metadata, partition_mapping=mapping)},
        **options,
    )
    def downstream(accounts: annotation) -> None:
        seen.append(accounts.to_arrow() if isinstance(accounts, Dataset) else accounts)
        if isinstance(accounts, pa.RecordBatchReader):
            seen[-1] = accounts.read_all()

    return downstream


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("crm_raw__accounts")
    return {key: value.value for key, value in event.metadata.items()}


def failure_of(run: Callable[[], Any]) -> Exception:
    """The error that a person sees first."""
    with pytest.raises((Failure, TypeError)) as caught:
        run()
    return caught.value
