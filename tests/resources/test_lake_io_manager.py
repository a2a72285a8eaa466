"""Asset values in the lake, stored and loaded by Dagster itself."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from resources.lake import LakeResource
from resources.lake_io_manager import LakeIOManager
from resources.loading import settings

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


@pytest.fixture
def stage(lake: Lake) -> Stage:
    return Stage(lake)


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


def test_a_frame_comes_back_as_it_was(stage: Stage) -> None:
    seen: list[pd.DataFrame] = []
    stage.run(producer(FRAME), consumer(pd.DataFrame, seen))
    assert_frame_equal(seen[0], FRAME)


@pytest.mark.parametrize("annotation", [pa.Table, pa.RecordBatchReader, Dataset])
def test_rows_load_in_the_form_that_the_annotation_asks_for(stage: Stage, annotation: Any) -> None:
    seen: list[pa.Table] = []
    table = pa.table({"id": [1, None], "name": ["a", "b"]})
    stage.run(producer(table.to_reader()), consumer(annotation, seen))
    assert seen == [table]


@pytest.mark.parametrize(("value", "annotation"), [({"a": [1, None]}, dict), ([{"b": "NA"}], list[dict[str, str]])])
def test_documents_are_json(stage: Stage, value: Any, annotation: Any) -> None:
    seen: list[Any] = []
    result = stage.run(producer(value), consumer(annotation, seen))
    assert seen == [value]
    assert stage.lake.read_json("crm_raw/accounts/value.json").value == value
    assert metadata_of(result)["dagster/uri"] == stage.lake.uri("crm_raw/accounts/value.json")


def test_the_ui_learns_rows_bytes_place_hash_and_columns(stage: Stage) -> None:
    result = stage.run(producer(FRAME, partitions_def=WORKSPACES), partition_key="acme")
    metadata = metadata_of(result)
    (handle,) = Dataset(stage.lake, "crm_raw/accounts/workspace=acme").handles
    assert result.run_id in handle.uri
    assert metadata["dagster/uri"] == stage.lake.uri("crm_raw/accounts/workspace=acme")
    assert (metadata["dagster/row_count"], metadata["bytes"]) == (2, handle.bytes)
    assert metadata["sha256"] == handle.sha256
    assert [column.name for column in metadata["dagster/column_schema"].columns] == ["id", "score", "note"]


def test_a_wide_table_stays_below_the_bound_of_a_metadata_value(stage: Stage) -> None:
    wide = pa.table({f"a_custom_field_{number}__c": [1] for number in range(700)})
    result = stage.run(producer(wide))
    (event,) = result.asset_materializations_for_node("crm_raw__accounts")
    shown = event.metadata["dagster/column_schema"]
    assert len(dg.serialize_value(shown)) < 8_192
    assert metadata_of(result)["columns"] == 700


def test_none_stores_nothing(stage: Stage) -> None:
    assert stage.run(producer(None)).success
    assert not Dataset(stage.lake, "crm_raw/accounts").published


def test_materialising_again_replaces_the_rows(stage: Stage) -> None:
    seen: list[pd.DataFrame] = []
    stage.run(producer(FRAME))
    stage.run(producer(FRAME.head(1)), consumer(pd.DataFrame, seen))
    assert_frame_equal(seen[0], FRAME.head(1))


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


def test_a_dataset_that_the_asset_wrote_is_left_as_it_is(stage: Stage) -> None:
    def write(context: dg.AssetExecutionContext) -> Dataset:
        dataset = LakeResource(bucket="patched").dataset(context)
        table = pa.table({"id": [1, 2, 3]})
        dataset.replace([dataset.write(table.to_batches(), table.schema, "mine")], table.schema)
        return dataset

    result = stage.run(producer(write, partitions_def=WORKSPACES), partition_key="acme")
    (handle,) = Dataset(stage.lake, "crm_raw/accounts/workspace=acme").handles
    assert "/mine-" in handle.uri
    assert metadata_of(result)["dagster/row_count"] == 3


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


def test_columns_are_chosen_in_the_metadata_of_the_input(stage: Stage) -> None:
    seen: list[pd.DataFrame] = []
    stage.run(producer(FRAME), consumer(pd.DataFrame, seen, input_metadata={"columns": ["note"]}))
    assert list(seen[0].columns) == ["note"]


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


@pytest.mark.parametrize("annotation", [dict, Dataset])
def test_an_asset_without_partitions_that_was_never_stored_is_named_too(stage: Stage, annotation: Any) -> None:
    down = consumer(annotation, [])
    error = failure_of(lambda: stage.run(producer(FRAME), down, select="downstream"))
    assert "crm_raw/accounts has nothing stored. Materialise crm_raw/accounts first." in str(error)


def test_more_rows_than_a_frame_may_have_name_the_lazy_form(stage: Stage) -> None:
    upstream = producer(FRAME)
    stage.run(upstream)
    few = settings().model_copy(update={"max_frame_rows": 1})
    with patch("resources.loading.settings", lambda: few):
        error = failure_of(lambda: stage.run(upstream, consumer(pd.DataFrame, []), select="downstream"))
        assert "accounts has 2 rows, more than the 1 that are loaded at once. Annotate it as Dataset" in str(error)
        seen: list[pa.Table] = []
        stage.run(upstream, consumer(Dataset, seen), select="downstream")
    assert seen[0].num_rows == 2


def test_a_value_that_would_need_a_pickle_is_refused(stage: Stage) -> None:
    error = failure_of(lambda: stage.run(producer(object())))
    assert "crm_raw/accounts returned a object, which the lake does not store. Return a pandas.DataFrame" in str(error)


def test_a_document_that_is_no_json_is_refused(stage: Stage) -> None:
    error = failure_of(lambda: stage.run(producer({"tags": {1, 2}})))
    assert "crm_raw/accounts returned a dict that is no JSON" in str(error)


@pytest.mark.parametrize(("annotation", "named"), [(int, "int"), (Any, "it has no annotation")])
def test_an_annotation_that_cannot_be_loaded_is_named(stage: Stage, annotation: Any, named: str) -> None:
    upstream = producer(FRAME)
    stage.run(upstream)
    error = failure_of(lambda: stage.run(upstream, consumer(annotation, []), select="downstream"))
    assert named in str(error)
    assert "Annotate it as pandas.DataFrame" in str(error)


def test_the_resource_reaches_its_bucket_by_name(lake: Lake) -> None:
    bucket = lake.uri("").split("/")[2]
    assert LakeResource(bucket=bucket).lake.uri("a") == lake.uri("a")
