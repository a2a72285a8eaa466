"""The part of a resource that clients may write: content type, custom metadata, labels and the like.

Belongs here: picking and checking those fields, and how a PATCH changes them.
Does not: what the lake computes itself (size, generation, checksums).
"""

from collections.abc import Mapping

from pydantic import JsonValue

from sandbox.gcs.refusals import invalid

Fields = dict[str, JsonValue]

_TEXTS = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "storageClass",
)


def writable(resource: Mapping[str, JsonValue]) -> Fields:
    """Pick what a client may set on an object. Raises `Refusal` 400 for values that no header could carry."""
    picked = {name: resource[name] for name in _TEXTS if name in resource}
    for name, value in picked.items():
        if value is not None and not _is_header_text(value):
            raise invalid(f"{name} must be printable text.")
    if "metadata" in resource:
        picked["metadata"] = _checked_metadata(resource["metadata"])
    return picked


def patched(fields: Mapping[str, JsonValue], change: Mapping[str, JsonValue]) -> Fields:
    """Return `fields` changed by a PATCH: null removes, inside `metadata` too, and the rest stays."""
    after = dict(fields)
    for name, value in change.items():
        before = after.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            after[name] = patched(before, value)
        else:
            after[name] = value
    return cleaned(after)


def cleaned(fields: Mapping[str, JsonValue]) -> Fields:
    """Return `fields` without the ones set to null."""
    return {name: _without_nulls(value) for name, value in fields.items() if value is not None}


def _without_nulls(value: JsonValue) -> JsonValue:
    return cleaned(value) if isinstance(value, dict) else value


def _checked_metadata(value: JsonValue) -> JsonValue:
    if value is not None and not (
        isinstance(value, dict) and all(item is None or isinstance(item, str) for item in value.values())
    ):
        raise invalid("metadata must map names to strings.")
    return value


def _is_header_text(value: JsonValue) -> bool:
    return isinstance(value, str) and value.isprintable() and all(ord(letter) < 256 for letter in value)
