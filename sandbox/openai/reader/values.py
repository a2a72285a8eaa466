"""One value in one place of a schema: enums, numbers, texts, null.

Belongs here: making a value fit. Does not: which value (`filling`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_POSITIVE = ("found", "yes", "true", "ok", "answered", "present", "positive")
_NEGATIVE = ("not_found", "notfound", "no", "false", "none", "absent", "nothing", "negative", "unknown")
_REST = ("other", "unknown", "unspecified", "none")
_EMPTY: Mapping[str, Any] = {"string": "", "number": 0, "integer": 0, "boolean": False, "array": [], "object": {}}


class Null:
    """Nothing is known that a property could ask for."""


null: Final = Null()


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema that a reference leads to."""
    while "$ref" in schema:
        found: Any = root
        for part in [part for part in str(schema["$ref"]).removeprefix("#").split("/") if part]:
            found = found[part]
        schema = found
    return schema


def variants(schema: Mapping[str, Any], root: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a value may be: one schema for each type."""
    schema = resolved(schema, root)
    if "anyOf" in schema:
        return [inner for each in schema["anyOf"] for inner in variants(each, root)]
    types = schema.get("type")
    return [{**schema, "type": one} for one in types] if isinstance(types, list) else [schema]


def fitted(value: Any, known: Sequence[Mapping[str, Any]]) -> Any:
    """Return a value as the first variant that can have it; what cannot be known is null, or empty where it must be."""
    value = None if isinstance(value, Null) else value
    for variant in known if value is not None else ():
        fit = _fit(value, variant)
        if fit is not None:
            return fit
    if any(_is_null(variant) for variant in known):
        return None
    variant = known[0]
    options = _options(variant)
    if options:
        return _chosen(options, _REST) or options[-1]
    return _bounded(_EMPTY[variant.get("type", "string")], variant)


def _fit(value: Any, variant: Mapping[str, Any]) -> Any:
    options = _options(variant)
    if options:
        return _option(value, [option for option in options if option is not None])
    match variant.get("type"):
        case "string":
            return _yes_or_no(value) if isinstance(value, bool) else str(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" | "number" as kind:
            return _number(value, kind, variant)
        case _:
            return None


def _option(value: Any, options: Sequence[Any]) -> Any:
    if isinstance(value, bool):
        return _chosen(options, _POSITIVE if value else _NEGATIVE)
    wanted = _plain(value)
    exact = next((option for option in options if _plain(option) == wanted), None)
    if exact is not None or not wanted:
        return exact
    return next((option for option in options if _plain(option) in wanted or wanted in _plain(option)), None)


def _chosen(options: Sequence[Any], words: Sequence[str]) -> Any:
    plain = {_plain(option): option for option in options}
    return next((plain[_plain(word)] for word in words if _plain(word) in plain), None)


def _number(value: Any, kind: str, variant: Mapping[str, Any]) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if number <= 1 < variant.get("maximum", 1) and isinstance(value, float):
        number *= variant["maximum"]  # A share, on the scale of the schema.
    return _bounded(int(number) if kind == "integer" or number.is_integer() else number, variant)


def _bounded(number: Any, variant: Mapping[str, Any]) -> Any:
    if variant.get("type") not in {"integer", "number"}:
        return number
    return min(max(number, variant.get("minimum", number)), variant.get("maximum", number))


def _options(variant: Mapping[str, Any]) -> list[Any]:
    return [variant["const"]] if "const" in variant else list(variant.get("enum") or ())


def _is_null(variant: Mapping[str, Any]) -> bool:
    return variant.get("type") == "null" or None in _options(variant)


def _yes_or_no(value: object) -> str:
    return "found" if value else "not_found"


def _plain(value: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(value).lower())
