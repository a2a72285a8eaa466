"""Records as rows of the object's schema: typed columns, edges beside them, and what cannot be typed kept as text.

Belongs here: which value goes into which column. Does not: types of values (`values`), asking.

Nothing that a person typed into a property stops a sync: what is not of its property's type is null in its column and
stands with its name in `unreadable`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.hubspot.derived import DERIVATIONS
from nooks_dagster.crm.hubspot.edges import Edges
from nooks_dagster.crm.hubspot.fields import (
    RECORD,
    UNREADABLE,
    association_of,
    derived_of,
    properties_of,
    property_of,
)
from nooks_dagster.crm.hubspot.values import Typed, typed
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.failures import Corrupt

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

MERGED = "hs_merged_object_ids"  # of a record: the ids that lead to it now, by semicolons


def merged_ids(records: pa.RecordBatch) -> pa.Array:
    """Return the ids that lead to each record, by semicolons."""
    return pc.struct_field(records.column("properties"), [MERGED])


@dataclass(frozen=True, slots=True)
class _Read:
    """Records, their properties by name, their edges by type."""

    records: pa.RecordBatch
    values: Mapping[str, Typed]
    edges: Mapping[str, Edges]


class Rows:
    """Makes rows of one object.

    Args:
        source: The object.
    """

    def __init__(self, source: SourceObject) -> None:
        self._source = source
        self._types = properties_of(source)
        self.properties = list(dict.fromkeys([*self._types, MERGED]))
        """The properties that records must be read with."""

    def batch(self, records: pa.RecordBatch, edges: Mapping[str, Edges]) -> pa.RecordBatch:
        """Return records as rows.

        Args:
            records: As they came (`pages.Page`).
            edges: Theirs, in their order, by associated type.

        Raises:
            Corrupt: A record has no id, or a time of its own is none.
        """
        read = _Read(records, self._values(records), edges)
        arrays = [self._column(field.name, read) for field in self._source.fields]
        return pa.RecordBatch.from_arrays(arrays, schema=self._source.schema)

    def archived(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """Return archived records as rows without values."""
        known = {name: self._own(name, records) for name in RECORD}
        return self._sparse(records.num_rows, {**known, "archived": pa.repeat(True, records.num_rows)})

    def merged_away(self, records: pa.RecordBatch) -> pa.RecordBatch | None:
        """Return a row for each id that was merged into one of the records, or None; it is gone since that changed."""
        listed = merged_ids(records)
        if listed.null_count == len(listed):
            return None
        ids, stamps = records.column("id").to_pylist(), self._own("updatedAt", records)
        found = [
            (old, new, stamp)
            for new, text, stamp in zip(ids, listed.to_pylist(), stamps, strict=True)
            for old in (text or "").split(";")
            if old.strip() and old.strip() != new
        ]
        if not found:
            return None
        old, new, stamp = zip(*found, strict=True)
        known = {
            "id": pa.array([text.strip() for text in old]),
            "mergedInto": pa.array(new),
            "updatedAt": pa.array(stamp),
            "archived": pa.repeat(True, len(found)),
        }
        return self._sparse(len(found), known)

    def _values(self, records: pa.RecordBatch) -> dict[str, Typed]:
        arrays = records.column("properties")
        flat = dict(zip((field.name for field in arrays.type), arrays.flatten(), strict=True))
        return {name: typed(kind, flat[name]) for name, kind in self._types.items()}

    def _column(self, name: str, read: _Read) -> pa.Array:
        if name in RECORD:
            return self._own(name, read.records)
        if name == UNREADABLE:
            return _unreadable(read)
        if association := association_of(name):
            to, primary = association
            return read.edges[to].primary if primary else read.edges[to].texts
        if derived := derived_of(name):
            return DERIVATIONS[derived.how].make(read.values[derived.property].array)
        return read.values[property_of(name) or name].array

    def _own(self, name: str, records: pa.RecordBatch) -> pa.Array:
        if name not in records.schema.names:
            return pa.nulls(records.num_rows, RECORD[name].arrow)
        array = records.column(name)
        if name == "archived":
            return pc.fill_null(array, False)
        try:
            return array.cast(RECORD[name].arrow)
        except pa.ArrowInvalid:
            raise Corrupt(f"{name} of a record is no time.", subject=self._source.name) from None

    def _sparse(self, rows: int, known: Mapping[str, pa.Array]) -> pa.RecordBatch:
        schema = self._source.schema
        arrays = [known[f.name] if f.name in known else pa.nulls(rows, f.type) for f in schema]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _unreadable(read: _Read) -> pa.Array:
    kept: dict[int, dict[str, str]] = defaultdict(dict)
    for name, column in read.values.items():
        if column.unreadable:
            texts = pc.struct_field(read.records.column("properties"), [name])
            for place in column.unreadable:
                kept[place][name] = texts[place].as_py()
    if not kept:
        return pa.nulls(len(read.records), pa.string())
    every = [kept.get(place) for place in range(len(read.records))]
    return pa.array([odd and json.dumps(odd, ensure_ascii=False) for odd in every], pa.string())
