"""The edges of many records towards one type, as two columns.

Belongs here: what is kept of an edge, column by column. Does not: asking (`associations`).

Why not record by record: 30 µs for each record and type, where the rest of a row takes 20.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.access.json_text import as_text
from nooks_dagster.crm.hubspot.bodies import next_of

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

PRIMARY = "Primary"
_LABELS = pa.list_(pa.struct([("category", pa.string()), ("typeId", pa.int64()), ("label", pa.string())]))
_EDGES = pa.list_(pa.struct([("toObjectId", pa.int64()), ("associationTypes", _LABELS)]))
RESULT = pa.struct([("from", pa.struct([("id", pa.string())])), ("to", _EDGES), ("paging", pa.struct([
    ("next", pa.struct([("after", pa.string())])),
]))])  # fmt: skip
"""The edges of one record in an answer."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Edges:
    """For each record: its edges as JSON, by id, and the id of the one that counts; null where there are none.

    That is the one labelled `Primary`, else the one with the lowest id.
    """

    texts: pa.Array
    primary: pa.Array


def edges_of(results: Sequence[pa.StructArray], ids: Sequence[str]) -> Edges:
    """Return the edges of these records out of what was answered, an edge that came twice once."""
    found = pa.concat_arrays([*(part.cast(RESULT) for part in results), pa.array([], RESULT)])
    records = pc.struct_field(found, ["from", "id"]).cast(pa.int64())
    listed = pc.struct_field(found, "to")
    owners = np.repeat(records.to_numpy(), _lengths(listed))
    edges = listed.flatten()
    others = pc.struct_field(edges, "toObjectId").to_numpy()
    order = np.lexsort((others, owners))
    twice = (np.diff(owners[order]) == 0) & (np.diff(others[order]) == 0)
    order = order[np.append(~twice, True)[: len(order)]]
    return _Sorted(owners[order], others[order], edges.take(pa.array(order))).towards(ids)


def tidy(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result whose numbers are texts in the shape of `RESULT`."""
    edges = [
        {"toObjectId": int(edge["toObjectId"]), "associationTypes": [_label(kind) for kind in edge["associationTypes"]]}
        for edge in result["to"]
    ]
    return {"from": result["from"], "to": edges, "paging": {"next": {"after": as_text(next_of(result))}}}


def _label(kind: dict[str, Any]) -> dict[str, Any]:
    return {"category": as_text(kind["category"]), "typeId": int(kind["typeId"]), "label": as_text(kind.get("label"))}


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Edges by record and id."""

    owners: Numbers
    others: Numbers
    edges: pa.StructArray

    def towards(self, ids: Sequence[str]) -> Edges:
        records, starts = np.unique(self.owners, return_index=True)
        labels = pc.struct_field(self.edges, "associationTypes")
        texts = _joined(self._texts(labels), np.append(starts, len(self.owners)))
        primary = pa.array(self.others[self._primary(labels, starts)]).cast(pa.string())
        wanted = np.array(ids, dtype=np.int64)
        places = np.searchsorted(records, wanted)
        absent = np.append(records, -1)[places] != wanted
        at = pa.array(places, mask=absent)
        return Edges(pc.binary_join_element_wise("[", texts, "]", "").take(at), primary.take(at))

    def _texts(self, labels: pa.ListArray) -> pa.Array:
        kinds = labels.flatten()
        category, label = (_json(pc.struct_field(kinds, name)) for name in ("category", "label"))
        number = pc.struct_field(kinds, "typeId").cast(pa.string())
        each = pc.binary_join_element_wise('{"category":', category, ',"typeId":', number, ',"label":', label, "}", "")
        lists = _joined(each, np.append(0, np.cumsum(_lengths(labels))))
        other = pa.array(self.others).cast(pa.string())
        return pc.binary_join_element_wise('{"toObjectId":', other, ',"associationTypes":[', lists, "]}", "")

    def _primary(self, labels: pa.ListArray, starts: Numbers) -> Numbers:
        """Return the place of the edge that counts for each record."""
        named = pc.fill_null(pc.equal(pc.struct_field(labels.flatten(), "label"), PRIMARY), False)
        before = np.append(0, np.cumsum(named.to_numpy(zero_copy_only=False)))
        ends = np.append(0, np.cumsum(_lengths(labels)))
        is_primary = np.diff(before[ends]) > 0
        if not len(starts):
            return starts
        first = np.minimum.reduceat(np.where(is_primary, np.arange(len(is_primary)), len(is_primary)), starts)
        chosen: Numbers = np.where(first < len(is_primary), first, starts)
        return chosen


def _lengths(lists: pa.ListArray) -> Numbers:
    lengths: Numbers = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    return lengths


def _joined(texts: pa.Array, borders: Numbers) -> pa.Array:
    lists = pa.ListArray.from_arrays(pa.array(borders, pa.int32()), texts)
    return pc.binary_join(lists, ",")


def _json(texts: pa.Array) -> pa.Array:
    """Return each text as JSON; there are few that differ."""
    coded = texts.dictionary_encode()
    known = pa.array([json.dumps(text, ensure_ascii=False) for text in coded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(known.take(coded.indices), "null")
