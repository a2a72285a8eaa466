"""Records as JSON texts: made of whole columns by the thousands, or one by one.

Belongs here: the JSON of a record in a reply, the same bytes either way. Does not: which records and properties.

A row of 25 properties costs 4 µs, most of it in Arrow without the GIL; one by one it costs ten times that.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from sandbox.hubspot.model import Record
from sandbox.hubspot.moments import written
from sandbox.world.columns import pc

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
"""What JSON wants escaped of all that a world holds, the escape itself first."""

_NOTHING = "\0\0"
"""Stands for null while rows are put together. With its quotes it is as long as `null`, which takes its place in all
rows at once and moves none."""


def of_columns(columns: Mapping[str, pa.Array], ids: pa.Array, *stamps: pa.Array) -> list[bytes]:
    """Return the text of each row.

    Args:
        columns: The properties, in the order of their names.
        ids: As texts.
        stamps: When each was created, updated and, if they are archived, archived.
    """
    keys = [json.dumps(name, ensure_ascii=False) for name in columns]
    parts: list[Any] = ['{"id":"', ids, '","properties":{']
    for place, (key, column) in enumerate(zip(keys, columns.values(), strict=True)):
        parts += [f'{"," if place else ""}{key}:"', _escaped(column), '"']
    parts.append("}")
    for name, column in zip(("createdAt", "updatedAt"), stamps, strict=False):
        parts += [f',"{name}":"', column, '"']
    parts.append(f',"archived":{"true" if len(stamps) > 2 else "false"}')
    parts += [',"archivedAt":"', stamps[2], '"'] if len(stamps) > 2 else []
    rows = pc.binary_join_element_wise(*_merged([*parts, "}"]), "", null_handling="replace", null_replacement=_NOTHING)
    _, offsets, data = rows.buffers()
    data = pa.py_buffer(data.to_pybytes().replace(f'"{_NOTHING}"'.encode(), b"null"))
    texts: list[bytes] = pa.Array.from_buffers(pa.binary(), len(rows), [None, offsets, data]).to_pylist()
    return texts


def of_record(record: Record, names: Sequence[str]) -> bytes:
    """Return the text of a record with these properties, null where it has no value."""
    shown: dict[str, Any] = {
        "id": str(record.id),
        "properties": {name: record.properties.get(name) for name in names},
        "createdAt": written(record.created),
        "updatedAt": written(record.updated),
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        shown["archivedAt"] = written(record.archived_at)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _escaped(column: pa.Array) -> pa.Array:
    """Return the texts with JSON's escapes; a look at all bytes shows which are needed."""
    data = column.buffers()[2]
    held = data.to_pybytes() if data else b""
    for character, escape in _ESCAPES.items():
        if character.encode() in held:
            column = pc.replace_substring(column, character, escape)
    return column


def _merged(parts: Iterable[Any]) -> list[Any]:
    """Return the parts, single texts that follow each other made one."""
    merged: list[Any] = []
    for part in parts:
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return merged
