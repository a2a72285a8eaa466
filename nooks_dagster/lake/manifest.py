"""The manifest: which parts a dataset consists of, and the Arrow schema of each.

Belongs here: the value and its JSON form. Does not: reading or swapping it (`dataset`).
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pydantic import JsonValue

from nooks_dagster.failures import Corrupt, Permanent
from nooks_dagster.lake.handle import Handle

FORMAT = 1
"""Grows when an older release could no longer read what a newer one writes."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its handle, and the fingerprint of its schema in the manifest."""

    handle: Handle
    schema: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of a dataset in the order of their publication; schemas are kept once each.

    A schema without a part is legitimate: that is what an empty dataset looks like.
    """

    schemas: Mapping[str, pa.Schema] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    def unknown(self, handles: Iterable[Handle]) -> list[Handle]:
        """Return those handles that are not in the manifest yet.

        Raises:
            Corrupt: A name is known with other bytes.
        """
        known = {part.handle.uri: part.handle for part in self.parts}
        for handle in (handles := list(handles)):
            if known.get(handle.uri, handle).sha256 != handle.sha256:
                raise Corrupt("A part was published before with other bytes.", subject=handle.uri)
        return [handle for handle in handles if handle.uri not in known]

    def including(self, handles: Sequence[Handle], schema: pa.Schema) -> "Manifest":
        """Return a manifest that holds these parts too."""
        fingerprint = hashlib.sha256(schema.serialize()).hexdigest()[:16]
        new = tuple(Part(handle, fingerprint) for handle in self.unknown(handles))
        return Manifest({**self.schemas, fingerprint: schema}, self.parts + new)

    def to_json(self) -> JsonValue:
        """Return what is stored in `manifest.json`: 250 bytes a part."""
        schemas: dict[str, JsonValue] = {
            key: base64.b64encode(schema.serialize()).decode() for key, schema in self.schemas.items()
        }
        parts: list[JsonValue] = [{**part.handle.to_json(), "schema": part.schema} for part in self.parts]
        return {"format": FORMAT, "schemas": schemas, "parts": parts}

    @classmethod
    def from_json(cls, value: Any, uri: str) -> "Manifest":
        """Return the manifest that `to_json` described.

        Raises:
            Permanent: A newer release wrote it.
            Corrupt: It is no manifest.
        """
        try:
            if value["format"] > FORMAT:
                raise Permanent(
                    f"The manifest has format {value['format']}, this release reads up to {FORMAT}.",
                    subject=uri,
                    next_step="Deploy the release that wrote it.",
                )
            schemas = {key: _schema(text) for key, text in value["schemas"].items()}
            parts = tuple(Part(Handle.from_json(part), part["schema"]) for part in value["parts"])
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise Corrupt("The object is no manifest.", subject=uri) from error
        return cls(schemas, parts)


def _schema(text: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))
