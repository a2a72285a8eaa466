"""The JSON schema of an answer as OpenAI's strict mode wants it.

Belongs here: turning a pydantic model into it. Does not: the models.

The library makes every property required and every object closed. What strict mode has no keyword for is left out: the
answer is validated against the model itself, so the bound holds all the same.
"""

from functools import cache
from typing import Any

from openai import pydantic_function_tool
from pydantic import BaseModel

UNSUPPORTED = frozenset({"default", "examples", "maxLength", "minLength", "title", "uniqueItems"})
FORMATS = frozenset({"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"})


@cache
def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the strict schema of a model; do not change it."""
    cleaned = _schema(pydantic_function_tool(model)["function"].get("parameters", {}))
    cleaned.pop("description", None)  # the docstring is for us
    return cleaned


def _schema(node: dict[str, Any]) -> dict[str, Any]:
    """Clean one schema; the names of properties are names, not keywords."""
    cleaned = {key: value for key, value in node.items() if key not in UNSUPPORTED}
    if cleaned.get("format") not in FORMATS:
        cleaned.pop("format", None)
    for key, value in cleaned.items():
        if key in {"properties", "$defs"}:
            cleaned[key] = {name: _schema(child) for name, child in value.items()}
        elif key in {"anyOf", "allOf"}:
            cleaned[key] = [_schema(child) for child in value]
        elif key == "items":
            cleaned[key] = _schema(value)
    return cleaned
