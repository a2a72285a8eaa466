"""The manifest: which parts a dataset consists of, and the Arrow schema of each.

Belongs here: the value, its changes and its JSON form. Does not: reading or swapping it (`dataset`).

A dataset is a base and its deltas. The base is replaced as a whole, by a reading of everything or by a compaction, and
that is a new generation; deltas are added to it. Parts of a release without generations are deltas, to be folded.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
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


Group = tuple[Sequence[Handle], pa.Schema]
"""Parts with their common schema."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The parts of a dataset in the order of their publication; schemas are kept once each.

    A schema without a part is legitimate: that is what an empty dataset looks like.

    Attributes:
        schemas: By their fingerprints.
        parts: The base, then the deltas.
        base_parts: How many of the parts are the base.
        generation: Which base it is; 0 before there was one.
    """

    schemas: Mapping[str, pa.Schema] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    base_parts: int = 0
    generation: int = 0

    @property
    def base(self) -> tuple[Part, ...]:
        """The parts of the base."""
        return self.parts[: self.base_parts]

    @property
    def deltas(self) -> tuple[Part, ...]:
        """The parts that were added to the base."""
        return self.parts[self.base_parts :]

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
        """Return a manifest that holds these parts too, as deltas."""
        new = tuple(Part(handle, fingerprint(schema)) for handle in self.unknown(handles))
        return replace(self, schemas={**self.schemas, fingerprint(schema): schema}, parts=self.parts + new)

    def begun_anew(self, groups: Iterable[Group], deltas: Iterable[Group] = ()) -> "Manifest":
        """Return the next generation, whose base is these parts, and what was added to it already."""
        manifest = Manifest(generation=self.generation + 1)
        for handles, schema in groups:
            manifest = manifest.including(handles, schema)
        manifest = replace(manifest, base_parts=len(manifest.parts))
        for handles, schema in deltas:
            manifest = manifest.including(handles, schema)
        return manifest

    def folded(self, seen: "Manifest", deltas: int, base: Sequence[Group]) -> "Manifest | None":
        """Return the next generation, in which the first deltas have gone into the base; later ones stay.

        Args:
            seen: The manifest that the new base was made from.
            deltas: How many of its deltas went into it.
            base: The new base.

        Returns:
            Itself if that is done already; None if the base is not the one that was seen, so that the new one is of
            no use.
        """
        if self.generation == seen.generation + 1 and self.base == self.begun_anew(base).base:
            return self
        if (self.generation, self.parts[: len(seen.parts)]) != (seen.generation, seen.parts):
            return None
        manifest = self.begun_anew(base)
        for key, parts in groupby(self.deltas[deltas:], attrgetter("schema")):
            manifest = manifest.including([part.handle for part in parts], self.schemas[key])
        return manifest

    def to_json(self) -> JsonValue:
        """Return what is stored in `manifest.json`: 250 bytes a part."""
        schemas: dict[str, JsonValue] = {
            key: base64.b64encode(schema.serialize()).decode() for key, schema in self.schemas.items()
        }
        parts: list[JsonValue] = [{**part.handle.to_json(), "schema": part.schema} for part in self.parts]
        about: dict[str, JsonValue] = {"format": FORMAT, "generation": self.generation, "base_parts": self.base_parts}
        return {**about, "schemas": schemas, "parts": parts}

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
            base_parts, generation = int(value.get("base_parts", 0)), int(value.get("generation", 0))
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise Corrupt("The object is no manifest.", subject=uri) from error
        return cls(schemas, parts, base_parts, generation)


def fingerprint(schema: pa.Schema) -> str:
    """Return what a schema is known by in a manifest."""
    return hashlib.sha256(schema.serialize()).hexdigest()[:16]


def _schema(text: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))
