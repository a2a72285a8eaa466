"""Datasets: publishing loses nobody's parts, reading loses no row and trusts no byte."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pyarrow as pa
import pytest

from nooks_dagster.failures import Corrupt, Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.manifest import Manifest
from nooks_dagster.lake.store import Lake

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string())])


def add(dataset: Dataset, rows: dict[str, list[object]], schema: pa.Schema = SCHEMA) -> Handle:
    """Write and publish one part."""
    handle = dataset.write([pa.record_batch(rows, schema=schema)], schema, "writer")
    dataset.publish([handle], schema)
    return handle


@pytest.fixture
def dataset(lake: Lake) -> Dataset:
    return Dataset(lake, "crm_raw/accounts")


def test_parts_are_read_as_one_table_in_the_order_of_publication(dataset: Dataset) -> None:
    add(dataset, {"id": [3, 1], "name": ["c", None]})
    add(dataset, {"id": [2], "name": ["NA"]})
    assert dataset.to_arrow().to_pydict() == {"id": [3, 1, 2], "name": ["c", None, "NA"]}
    assert dataset.rows == 3
    assert dataset.bytes == sum(handle.bytes for handle in dataset.handles)
    assert dataset.reader().read_all() == dataset.to_arrow()


def test_nothing_is_left_in_scratch_when_a_reader_stops_half_way(lake: Lake, dataset: Dataset) -> None:
    add(dataset, {"id": [1], "name": ["a"]})
    batches = dataset.batches()
    next(batches)
    batches.close()  # type: ignore[attr-defined]  # a generator, typed as what it promises
    assert not list(lake.scratch.iterdir())


def test_publishing_twice_adds_once(dataset: Dataset) -> None:
    handle = add(dataset, {"id": [1], "name": ["a"]})
    dataset.publish([handle], SCHEMA)
    assert dataset.manifest().parts == dataset.manifest().parts[:1]


def test_publishers_at_once_lose_nothing(lake: Lake) -> None:
    def publish(number: int) -> None:
        add(Dataset(lake, "race"), {"id": [number], "name": ["x"]})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(publish, range(12)))
    assert sorted(Dataset(lake, "race").to_arrow()["id"].to_pylist()) == list(range(12))


def test_a_replaced_dataset_consists_of_the_new_parts_only(lake: Lake, dataset: Dataset) -> None:
    add(dataset, {"id": [1], "name": ["old"]})
    handle = dataset.write([pa.record_batch({"id": [2], "name": ["new"]}, schema=SCHEMA)], SCHEMA, "run")
    assert dataset.to_arrow()["name"].to_pylist() == ["old"]
    dataset.replace([handle], SCHEMA)
    for reader in (dataset, Dataset(lake, "crm_raw/accounts")):
        assert reader.to_arrow()["name"].to_pylist() == ["new"]


def test_a_reader_keeps_to_the_parts_that_it_saw_first(lake: Lake, dataset: Dataset) -> None:
    add(dataset, {"id": [1], "name": ["a"]})
    reader = Dataset(lake, "crm_raw/accounts")
    assert reader.rows == 1
    add(dataset, {"id": [2], "name": ["b"]})
    assert reader.to_arrow().num_rows == reader.rows == 1


def test_new_columns_are_null_in_old_parts(dataset: Dataset) -> None:
    add(dataset, {"id": [1], "name": ["a"]})
    wider = SCHEMA.append(pa.field("stage", pa.string()))
    add(dataset, {"id": [2], "name": ["b"], "stage": ["won"]}, wider)
    assert dataset.schema == wider
    assert dataset.to_arrow(columns=["stage", "id"]).to_pydict() == {"stage": [None, "won"], "id": [1, 2]}


def test_a_column_whose_type_changed_widens_or_becomes_text(dataset: Dataset) -> None:
    add(dataset, {"n": [1], "t": [7]}, pa.schema([("n", pa.int64()), ("t", pa.int64())]))
    add(dataset, {"n": [2.5], "t": ["eight"]}, pa.schema([("n", pa.float64()), ("t", pa.string())]))
    assert dataset.to_arrow().to_pydict() == {"n": [1.0, 2.5], "t": ["7", "eight"]}
    assert dataset.to_arrow(filters=[("t", "=", "7")]).to_pydict() == {"n": [1.0], "t": ["7"]}


def test_filters_see_columns_that_are_not_returned(dataset: Dataset) -> None:
    add(dataset, {"id": [1, 2, 3], "name": ["a", "b", None]})
    table = dataset.to_arrow(columns=["id"], filters=[("name", "in", ["b", "c"]), ("id", ">", 1)])
    assert table.to_pydict() == {"id": [2]}


@pytest.mark.parametrize("columns", [["id", "nope"], ["nope"]])
def test_an_unknown_column_is_named(dataset: Dataset, columns: list[str]) -> None:
    add(dataset, {"id": [1], "name": ["a"]})
    with pytest.raises(Permanent, match=r"no column nope.*id, name"):
        list(dataset.batches(columns))


def test_an_empty_dataset_is_not_a_missing_one(dataset: Dataset) -> None:
    assert not dataset.published
    with pytest.raises(Missing, match=r"crm_raw/accounts/manifest.json: Nothing was published"):
        dataset.to_arrow()
    dataset.publish([], SCHEMA)
    assert dataset.published
    assert dataset.to_arrow() == SCHEMA.empty_table()


def test_altered_bytes_stop_the_reader(lake: Lake, dataset: Dataset) -> None:
    handle = add(dataset, {"id": [1], "name": ["a"]})
    forged = Handle(handle.uri, handle.rows, handle.bytes, "0" * 64)
    twisted = Dataset(lake, "twisted")
    twisted.publish([forged], SCHEMA)
    with pytest.raises(Corrupt, match=handle.uri):
        twisted.to_arrow()
    assert not list(lake.scratch.iterdir())


def test_a_part_that_comes_back_with_other_bytes_is_refused(dataset: Dataset) -> None:
    handle = add(dataset, {"id": [1], "name": ["a"]})
    with pytest.raises(Corrupt, match="published before with other bytes"):
        dataset.publish([Handle(handle.uri, 1, handle.bytes, "0" * 64)], SCHEMA)


def test_everything_below_a_folder_is_one_table_with_the_folders_as_columns(lake: Lake) -> None:
    root = "crm_raw/accounts/workspace=acme%20inc"
    add(Dataset(lake, f"{root}/connection=one/source=Account"), {"id": [1], "name": ["a"]})
    add(Dataset(lake, f"{root}/connection=two/source=Account"), {"id": [2], "name": ["b"]})
    add(Dataset(lake, "crm_raw/accounts/workspace=acme%20incorporated"), {"id": [9], "name": ["z"]})
    table = Dataset.below(lake, root).to_arrow(["id", "workspace", "connection", "source"])
    assert table.to_pydict() == {
        "id": [1, 2],
        "workspace": ["acme inc"] * 2,
        "connection": ["one", "two"],
        "source": ["Account"] * 2,
    }


def test_a_column_in_the_parts_wins_over_a_folder_of_the_same_name(lake: Lake) -> None:
    add(Dataset(lake, "x/name=folder"), {"id": [1], "name": ["column"]})
    assert Dataset.below(lake, "x").to_arrow()["name"].to_pylist() == ["column"]


def test_nothing_is_written_through_several_prefixes(lake: Lake) -> None:
    with pytest.raises(ValueError, match="2 prefixes are read as one; write to one of them"):
        Dataset(lake, "a", "b").publish([], SCHEMA)


def test_the_manifest_of_a_newer_release_is_not_guessed_at(lake: Lake, dataset: Dataset) -> None:
    lake.write_json("crm_raw/accounts/manifest.json", {"format": 2}, generation=0)
    with pytest.raises(Permanent, match=r"format 2.*Deploy the release"):
        dataset.manifest()


def test_something_else_in_the_manifests_place_is_corrupt(lake: Lake, dataset: Dataset) -> None:
    lake.write_json("crm_raw/accounts/manifest.json", {"format": 1, "schemas": {"x": "?"}, "parts": []}, 0)
    with pytest.raises(Corrupt, match="no manifest"):
        dataset.manifest()


def test_a_manifest_survives_its_json() -> None:
    handles = [Handle(f"gs://b/{n}", n, n, "0" * 64) for n in range(3)]
    manifest = Manifest().including(handles[:2], SCHEMA).including(handles[1:], pa.schema([("x", pa.date32())]))
    assert Manifest.from_json(manifest.to_json(), "gs://b/m") == manifest
    assert all(a.handle.rows < b.handle.rows for a, b in pairwise(manifest.parts))


def one(dataset: Dataset, number: int) -> Handle:
    return dataset.write([pa.record_batch({"id": [number], "name": ["x"]}, schema=SCHEMA)], SCHEMA, "writer")


def test_a_replaced_dataset_is_the_next_generation_and_what_is_added_are_deltas(dataset: Dataset) -> None:
    for _ in range(2):
        dataset.replace([one(dataset, 1)], SCHEMA)
    add(dataset, {"id": [2], "name": ["delta"]})
    manifest = dataset.manifest()
    assert (manifest.generation, len(manifest.base), len(manifest.deltas)) == (2, 1, 1)


def test_folding_takes_the_deltas_that_were_seen_and_leaves_later_ones(dataset: Dataset) -> None:
    dataset.replace([one(dataset, 1)], SCHEMA)
    add(dataset, {"id": [2], "name": ["seen"]})
    seen, base = dataset.manifest(), [([one(dataset, 3)], SCHEMA)]
    add(dataset, {"id": [4], "name": ["later"]})
    assert dataset.fold(seen, 1, base)
    assert dataset.to_arrow()["id"].to_pylist() == [3, 4]
    assert (dataset.manifest().generation, len(dataset.manifest().deltas)) == (2, 1)


def test_folding_twice_is_folding_once_and_over_another_base_it_changes_nothing(dataset: Dataset) -> None:
    dataset.replace([one(dataset, 1)], SCHEMA)
    add(dataset, {"id": [2], "name": ["seen"]})
    seen, base = dataset.manifest(), [([one(dataset, 3)], SCHEMA)]
    assert dataset.fold(seen, 1, base)
    assert dataset.fold(seen, 1, base)
    assert not dataset.fold(seen, 1, [([one(dataset, 5)], SCHEMA)])
    assert dataset.to_arrow()["id"].to_pylist() == [3]


def test_a_manifest_of_a_release_without_generations_holds_deltas_only(lake: Lake, dataset: Dataset) -> None:
    add(dataset, {"id": [1], "name": ["a"]})
    name = "crm_raw/accounts/manifest.json"
    document = lake.read_json(name)
    old = {key: value for key, value in dict(document.value).items() if key not in ("generation", "base_parts")}  # type: ignore[arg-type,call-overload]  # it is an object
    lake.write_json(name, old, document.generation)
    manifest = Dataset(lake, "crm_raw/accounts").manifest()
    assert (manifest.generation, len(manifest.base), len(manifest.deltas)) == (0, 0, 1)
