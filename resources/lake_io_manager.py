"""Asset values in the lake: Parquet for tables, JSON for documents, never a pickle.

Belongs here: which object a value is stored in, and which form an argument gets.
Does not: how objects are written and verified (`nooks_dagster.lake`).
"""

from collections.abc import Mapping
from typing import Any, get_origin

import dagster as dg
import pandas as pd
import pyarrow as pa

from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.frames import to_table
from resources.lake import LakeResource
from resources.lake_paths import prefix
from resources.loading import load, name_of
from resources.table_metadata import describe

DOCUMENT = "value.json"


class LakeIOManager(dg.ConfigurableIOManager):
    """Stores what an asset returns below `<asset key>/<dimension>=<partition>/`.

    A table (`pandas.DataFrame`, `pyarrow.Table`, `pyarrow.RecordBatchReader`) becomes one Parquet part whose
    name carries the run; the partition consists of it from the moment that the manifest names it. A `dict`
    or `list` becomes a JSON document. A `Dataset` that the asset wrote itself stays as it is. `None` stores
    nothing. A run over several partitions returns a dict of partition key to value.

    An argument over several partitions loads as one table, with the partition as a column.
    """

    lake: dg.ResourceDependency[LakeResource]

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Store what the asset returned and tell the UI about it.

        Raises:
            TypeError: The value is none that the lake stores.
            Permanent: It belongs to other partitions than those of the run.
        """
        if obj is None:
            return
        places = _places(context)
        if isinstance(obj, Dataset):
            _check_place(context, obj, places)
            context.add_output_metadata(describe(obj))
            return
        stored = [
            self._store_document(context, places[key], value)
            if isinstance(value, dict | list)
            else self._store_table(context, places[key], value)
            for key, value in _by_partition(context, obj, places).items()
            if value is not None
        ]
        if not stored:
            return
        tables = [place for place in stored if not place.endswith(f"/{DOCUMENT}")]
        context.add_output_metadata(
            describe(Dataset(self.lake.lake, *tables))
            if tables
            else {"dagster/uri": dg.MetadataValue.text(self.lake.lake.uri(stored[0]))}
        )

    def load_input(self, context: dg.InputContext) -> Any:
        """Load the upstream partitions in the form of the argument's annotation.

        Raises:
            TypeError: The annotation is none that the lake loads.
            Permanent: A partition was never stored, or there are too many rows for a frame.
            Corrupt: The bytes are not those that were written.
        """
        wanted = context.dagster_type.typing_type
        if (get_origin(wanted) or wanted) in (dict, list):
            return self._documents(context)
        if wanted not in (Dataset, pa.RecordBatchReader, pa.Table, pd.DataFrame):
            raise TypeError(
                f"The argument {context.name} cannot be loaded as {name_of(wanted)}. Annotate it as "
                "pandas.DataFrame, pyarrow.Table, pyarrow.RecordBatchReader, Dataset, dict or list."
            )
        return load(context, self._dataset(context), wanted)

    def _store_table(self, context: dg.OutputContext, place: str, value: Any) -> str:
        rows = _rows(context, value)
        dataset = Dataset(self.lake.lake, place)
        dataset.replace([dataset.write(rows, rows.schema, context.run_id)], rows.schema)
        return place

    def _store_document(self, context: dg.OutputContext, place: str, value: Any) -> str:
        name = f"{place}/{DOCUMENT}"
        try:
            self.lake.lake.swap_json(name, lambda _: value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{_asset(context)} returned a {type(value).__name__} that is no JSON: {error}.") from None
        return name

    def _dataset(self, context: dg.InputContext) -> Dataset:
        places = _places(context)
        found = {key: Dataset.below(self.lake.lake, place) for key, place in places.items()}
        self._refuse_missing(context, {places[key]: key for key, dataset in found.items() if not dataset.prefixes})
        prefixes = [prefix for dataset in found.values() for prefix in dataset.prefixes]
        # What was stored as one table comes back as it was; what is put together says where each row came from.
        return Dataset(self.lake.lake, *prefixes, hive=prefixes != list(places.values()) or len(prefixes) > 1)

    def _documents(self, context: dg.InputContext) -> Any:
        places = _places(context)
        documents = {key: self.lake.lake.read_json(f"{place}/{DOCUMENT}") for key, place in places.items()}
        self._refuse_missing(context, {places[key]: key for key, doc in documents.items() if not doc.generation})
        values = {key: document.value for key, document in documents.items()}
        return next(iter(values.values())) if len(values) == 1 else values

    def _refuse_missing(self, context: dg.InputContext, missing: Mapping[str, str]) -> None:
        if not missing:
            return
        place, key = next(iter(missing.items()))
        partition = f" for {key}" if key else ""
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise Permanent(
            f"{_asset(context)} has nothing stored{partition}{others}.",
            subject=self.lake.lake.uri(place),
            next_step=f"Materialise {_asset(context)}{partition}{others} first.",
        )


def _asset(context: dg.InputContext | dg.OutputContext) -> str:
    return context.asset_key.to_user_string()


def _places(context: dg.InputContext | dg.OutputContext) -> dict[str, str]:
    """Return partition key to folder; the key is "" for an asset without partitions."""
    if not context.has_asset_partitions:
        return {"": prefix(context.asset_key)}
    partitions = context.asset_partitions_def
    return {key: prefix(context.asset_key, partitions, key) for key in context.asset_partition_keys}


def _by_partition(context: dg.OutputContext, obj: Any, places: Mapping[str, str]) -> dict[str, Any]:
    """Return partition key to value."""
    per_partition = isinstance(obj, dict) and set(obj) == set(places)
    if len(places) > 1:
        if per_partition:
            return dict(obj)
        raise Permanent(
            f"The run covers {len(places)} partitions, but one value was returned for all of them.",
            subject=_asset(context),
            next_step="Return a dict of partition key to value, or use BackfillPolicy.multi_run(1).",
        )
    (key,) = places
    # A document may look like that by chance; a dict that holds a table is none.
    if per_partition and not isinstance(obj[key], dict | list | str | int | float | bool | None):
        return dict(obj)
    return {key: obj}


def _rows(context: dg.OutputContext, value: Any) -> pa.RecordBatchReader:
    if isinstance(value, pd.DataFrame):
        value = to_table(value)
    if isinstance(value, pa.Table):
        value = value.to_reader()
    if not isinstance(value, pa.RecordBatchReader):
        raise TypeError(
            f"{_asset(context)} returned a {type(value).__name__}, which the lake does not store. Return a "
            "pandas.DataFrame, a pyarrow.Table, a pyarrow.RecordBatchReader, a dict, a list, or a Dataset of your own."
        )
    return value


def _check_place(context: dg.OutputContext, dataset: Dataset, places: Mapping[str, str]) -> None:
    for written in dataset.prefixes:
        if not any(f"{written}/".startswith(f"{place}/") for place in places.values()):
            raise Permanent(
                f"The Dataset that was returned lies at {written}, where nobody would look for it.",
                subject=_asset(context),
                next_step=f"Write it at or below {', '.join(sorted(places.values())[:3])}: see LakeResource.dataset.",
            )
