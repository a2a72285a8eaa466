"""Which schemas of an answer OpenAI accepts in strict mode, and what it says of the others.

Belongs here: the rules of its guide on structured outputs. Where reports of its real behaviour differ (`minLength`,
`maxLength`, `default`), the stricter one holds: who is accepted here is accepted there.
Does not: filling a schema (`sandbox.openai.reader.filling`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sandbox.openai.http.errors import invalid

_PARAM = "text.format.schema"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ALLOWED = frozenset(
    [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "anyOf",
        "$ref",
        "$defs",
        "definitions",
        "title",
        "description",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "$schema",
    ]
)
_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_MOST_PROPERTIES = 5000
_MOST_ENUM_VALUES = 1000
_DEEPEST = 10

Path = tuple[str, ...]


class _Wrong(Exception):
    """What is wrong with a schema, in OpenAI's words."""


def check_schema(format_: Mapping[str, Any]) -> None:
    """Check a format of type `json_schema`.

    Raises:
        Refused: It is not accepted.
    """
    name, schema = format_.get("name"), format_.get("schema")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(
            f"Invalid 'text.format.name': string does not match pattern. Expected a string that matches the pattern "
            f"'^[a-zA-Z0-9_-]+$' and has at most 64 characters, but got {name!r}.",
            "text.format.name",
            "invalid_value",
        )
    if not isinstance(schema, dict):
        raise invalid(f"Missing required parameter: '{_PARAM}'.", _PARAM, "missing_required_parameter")
    if not format_.get("strict"):
        return
    wrong = _what_is_wrong(json.dumps(schema))
    if wrong:
        raise invalid(f"Invalid schema for response_format '{name}': {wrong}", _PARAM, "invalid_json_schema")


@lru_cache(maxsize=256)
def _what_is_wrong(text: str) -> str | None:
    schema = json.loads(text)
    try:
        _check_root(schema)
        _check(schema, (), schema, 1)
        _check_size(schema)
    except _Wrong as wrong:
        return str(wrong)
    return None


def _check_root(schema: Mapping[str, Any]) -> None:
    if schema.get("type") != "object":
        got = json.dumps(schema.get("type")) if "type" in schema else "None"
        raise _Wrong(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {got}'.")


def _check(schema: Any, path: Path, root: Mapping[str, Any], depth: int) -> None:
    if not isinstance(schema, dict):
        raise _Wrong(f"In context={path!r}, schema must be an object or a boolean.")
    for keyword in schema:
        if keyword not in _ALLOWED:
            raise _Wrong(f"In context={path!r}, '{keyword}' is not permitted.")
    if "$ref" in schema:
        _check_reference(schema, path, root)
    elif "anyOf" not in schema and "enum" not in schema and "const" not in schema:
        _check_type(schema, path)
    if "object" in types_of(schema):
        _check_object(schema, path)
    if schema.get("format") is not None and schema["format"] not in _FORMATS:
        raise _Wrong(f"In context={path!r}, '{schema['format']}' is not a valid format.")
    if depth > _DEEPEST:
        raise _Wrong(f"Schema exceeds the maximum nesting depth of {_DEEPEST} levels.")
    for part, inner in _inner(schema):
        _check(inner, (*path, *part), root, depth + (part[0] in {"properties", "items"}))


def _check_reference(schema: Mapping[str, Any], path: Path, root: Mapping[str, Any]) -> None:
    others = sorted(set(schema) - {"$ref", "$defs", "definitions"})
    if others:
        raise _Wrong(f"In context={path!r}, $ref cannot have keywords {set(others)!r}.")
    if resolve(schema, root) is None:
        raise _Wrong(f"In context={path!r}, reference can only point to definitions defined at the top level.")


def _check_type(schema: Mapping[str, Any], path: Path) -> None:
    types = types_of(schema)
    if not types:
        raise _Wrong(f"In context={path!r}, schema must have a 'type' key.")
    unknown = types - _TYPES
    if unknown:
        raise _Wrong(f"In context={path!r}, '{min(unknown)}' is not a valid type.")
    if "array" in types and "items" not in schema:
        raise _Wrong(f"In context={path!r}, array schema missing items.")


def _check_object(schema: Mapping[str, Any], path: Path) -> None:
    if schema.get("additionalProperties") is not False:
        raise _Wrong(f"In context={path!r}, 'additionalProperties' is required to be supplied and to be false.")
    properties, required = schema.get("properties") or {}, schema.get("required")
    needed = "'required' is required to be supplied and to be an array including every key in properties."
    missing = [name for name in properties if not isinstance(required, list) or name not in required]
    if missing:
        raise _Wrong(f"In context={path!r}, {needed} Missing '{missing[0]}'.")
    extra = [name for name in required or [] if name not in properties]
    if extra:
        raise _Wrong(f"In context={path!r}, {needed} Extra required key '{extra[0]}' supplied.")


def _check_size(schema: Mapping[str, Any]) -> None:
    properties = values = 0
    stack: list[Any] = [schema]
    while stack:
        part = stack.pop()
        properties += len(part.get("properties") or {})
        values += len(part.get("enum") or [])
        stack.extend(inner for _, inner in _inner(part))
    if properties > _MOST_PROPERTIES:
        raise _Wrong(f"Schema has {properties} properties, more than {_MOST_PROPERTIES}.")
    if values > _MOST_ENUM_VALUES:
        raise _Wrong(f"Schema has {values} enum values, more than {_MOST_ENUM_VALUES}.")


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield every schema within one, with the way to it."""
    for keyword in ("properties", "$defs", "definitions"):
        for name, inner in (schema.get(keyword) or {}).items():
            yield (keyword, name), inner
    if "items" in schema:
        yield ("items",), schema["items"]
    for number, inner in enumerate(schema.get("anyOf") or []):
        yield ("anyOf", str(number)), inner


def types_of(schema: Mapping[str, Any]) -> set[str]:
    """Return the types that a schema names."""
    given = schema.get("type")
    return set(given) if isinstance(given, list) else {given} if given else set()


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema that a `$ref` names, the schema itself if it has none, or None if it leads nowhere."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Any = root
    for part in str(reference).removeprefix("#").strip("/").split("/") if reference != "#" else []:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) and str(reference).startswith("#") else None
