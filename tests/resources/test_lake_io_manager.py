"""Asset values in the lake, stored and loaded by Dagster itself."""

from typing import Any
from unittest.mock import patch

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from resources.lake import LakeResource
from resources.loading import settings
from tests.resources.stage import FRAME, WORKSPACES, Stage, consumer, failure_of, metadata_of, producer


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


def test_columns_are_chosen_in_the_metadata_of_the_input(stage: Stage) -> None:
    seen: list[pd.DataFrame] = []
    stage.run(producer(FRAME), consumer(pd.DataFrame, seen, input_metadata={"columns": ["note"]}))
    assert list(seen[0].columns) == ["note"]


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
