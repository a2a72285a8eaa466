"""Values of partitions in the lake: where each is, ranges of them, and none at all."""

from typing import Any

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest

from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from tests.resources.stage import FRAME, WORKSPACES, Stage, consumer, failure_of, producer


def test_a_range_of_partitions_loads_as_one_table_with_the_partition_as_a_column(stage: Stage) -> None:
    upstream = producer(
        lambda context: pd.DataFrame({"owner": [f"of {context.partition_key}"]}), partitions_def=WORKSPACES
    )
    for workspace in ("acme", "globex", "initech"):
        stage.run(upstream, partition_key=workspace)
    seen: list[pd.DataFrame] = []
    stage.run(upstream, consumer(pd.DataFrame, seen), select="downstream")
    assert seen[0].to_dict("list") == {
        "owner": ["of acme", "of globex", "of initech"],
        "workspace": ["acme", "globex", "initech"],
    }


def test_a_run_over_a_range_stores_one_value_for_each_partition(stage: Stage) -> None:
    seen: list[Any] = []
    options = {"partitions_def": WORKSPACES, "backfill_policy": dg.BackfillPolicy.single_run()}
    upstream = producer(lambda context: {key: {"name": key} for key in context.partition_keys}, **options)
    stage.run(upstream, consumer(dict, seen, **options), **stage.over("acme", "globex"))
    assert seen == [{"acme": {"name": "acme"}, "globex": {"name": "globex"}}]
    assert stage.lake.read_json("crm_raw/accounts/workspace=globex/value.json").value == {"name": "globex"}


def test_a_partition_without_a_value_is_left_as_it_is(stage: Stage) -> None:
    upstream = producer(
        lambda context: dict.fromkeys(context.partition_keys) | {"acme": FRAME},
        partitions_def=WORKSPACES,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    result = stage.run(upstream, **stage.over("acme", "globex"))
    assert result.success
    assert Dataset(stage.lake, "crm_raw/accounts/workspace=acme").rows == 2
    assert not Dataset(stage.lake, "crm_raw/accounts/workspace=globex").published


@pytest.mark.parametrize(("annotation", "nothing"), [(dict, {}), (pd.DataFrame, pd.DataFrame())])
def test_no_partition_at_all_loads_as_nothing(stage: Stage, annotation: Any, nothing: Any) -> None:
    for workspace in ("acme", "globex", "initech"):
        stage.instance.delete_dynamic_partition("workspaces", workspace)
    seen: list[Any] = []
    stage.run(producer(FRAME, partitions_def=WORKSPACES), consumer(annotation, seen), select="downstream")
    assert len(seen[0]) == len(nothing) == 0


def test_a_run_over_a_single_key_may_return_the_same_dict_of_frames(stage: Stage) -> None:
    upstream = producer(lambda context: {context.partition_key: FRAME}, partitions_def=WORKSPACES)
    stage.run(upstream, partition_key="acme")
    assert Dataset(stage.lake, "crm_raw/accounts/workspace=acme").rows == 2


def test_one_value_for_several_partitions_is_refused_with_the_way_out(stage: Stage) -> None:
    upstream = producer(FRAME, partitions_def=WORKSPACES, backfill_policy=dg.BackfillPolicy.single_run())
    error = failure_of(lambda: stage.run(upstream, **stage.over("acme", "initech")))
    assert str(error) == (
        "crm_raw/accounts: The run covers 3 partitions, but one value was returned for all of them. "
        "Return a dict of partition key to value, or use BackfillPolicy.multi_run(1)."
    )


def test_hours_and_days_have_folders_of_their_own(stage: Stage) -> None:
    hours = dg.HourlyPartitionsDefinition(start_date="2026-01-01-00:00")
    stage.run(producer(FRAME, partitions_def=hours), partition_key="2026-01-01-05:00")
    assert Dataset(stage.lake, "crm_raw/accounts/hour=2026-01-01-05%3A00").rows == 2
    days = dg.DailyPartitionsDefinition(start_date="2026-01-01")
    stage.run(producer(FRAME, partitions_def=days), partition_key="2026-01-02")
    assert Dataset(stage.lake, "crm_raw/accounts/date=2026-01-02").rows == 2


def test_a_dataset_in_the_wrong_place_is_refused(stage: Stage) -> None:
    stray = producer(lambda _: Dataset(stage.lake, "crm_raw/accounts/workspace=acme2"), partitions_def=WORKSPACES)
    error = failure_of(lambda: stage.run(stray, partition_key="acme"))
    assert "workspace=acme2, where nobody would look for it" in str(error)
    assert "at or below crm_raw/accounts/workspace=acme:" in str(error)


def test_raw_rows_of_several_connections_load_as_one_lazy_table(stage: Stage) -> None:
    table = pa.table({"Id": ["1"]})
    for connection in ("one", "two"):
        place = f"crm_raw/accounts/workspace=acme/connection={connection}/source=Account"
        dataset = Dataset(stage.lake, place)
        dataset.publish([dataset.write(table.to_batches(), table.schema, "w1-c1-f1")], table.schema)
    seen: list[pa.Table] = []
    upstream = producer(None, partitions_def=WORKSPACES)
    stage.run(upstream, consumer(Dataset, seen, partitions_def=WORKSPACES), select="downstream", partition_key="acme")
    assert seen[0].to_pylist() == [
        {"Id": "1", "workspace": "acme", "connection": connection, "source": "Account"} for connection in ("one", "two")
    ]


def test_what_was_never_stored_is_named_with_what_to_materialise(stage: Stage) -> None:
    upstream = producer(FRAME, partitions_def=WORKSPACES)
    stage.run(upstream, partition_key="acme")
    down = consumer(pd.DataFrame, [], partitions_def=WORKSPACES)
    error = failure_of(lambda: stage.run(upstream, down, select="downstream", partition_key="globex"))
    assert isinstance(error, Permanent)
    assert str(error) == (
        f"{stage.lake.uri('crm_raw/accounts/workspace=globex')}: crm_raw/accounts has nothing stored for globex. "
        "Materialise crm_raw/accounts for globex first."
    )
    everything = consumer(pd.DataFrame, [])
    error = failure_of(lambda: stage.run(upstream, everything, select="downstream"))
    assert "nothing stored for globex and 1 more" in str(error)
