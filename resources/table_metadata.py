"""What the UI shows of a stored table.

Belongs here: the metadata keys that Dagster draws specially. Does not: metadata of a single asset.
"""

from collections.abc import Mapping

import dagster as dg
import pyarrow as pa

from nooks_dagster.lake.dataset import Dataset

# A column takes up to 250 bytes, and no metadata value may exceed 8 KB in Dagster's storage.
_SHOWN_COLUMNS = 30


def describe(dataset: Dataset) -> Mapping[str, dg.MetadataValue]:
    """Return rows, bytes, place, hash (of a single part) and columns (the first 30) of a dataset."""
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(dataset.rows),
        "dagster/uri": dg.MetadataValue.text(dataset.uri),
        "dagster/column_schema": dg.MetadataValue.table_schema(column_schema(dataset.schema)),
        "bytes": dg.MetadataValue.int(dataset.bytes),
        "columns": dg.MetadataValue.int(len(dataset.schema)),
        "parts": dg.MetadataValue.int(len(dataset.handles)),
    }
    if len(dataset.handles) == 1:
        metadata["sha256"] = dg.MetadataValue.text(dataset.handles[0].sha256)
    return metadata


def column_schema(schema: pa.Schema) -> dg.TableSchema:
    """Return the first columns of an Arrow schema as Dagster draws them."""
    return dg.TableSchema([dg.TableColumn(field.name, str(field.type)) for field in list(schema)[:_SHOWN_COLUMNS]])
