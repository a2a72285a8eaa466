"""Which shapes of a finding a model can be held to, and a table can show.

Belongs here: looking at a pydantic model. Does not: the dialect of a provider's strict mode (`llm`).
"""

import types
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any, Literal, LiteralString, Union, get_args, get_origin

from pydantic import BaseModel

RESERVED = frozenset(
    {
        *("workspace", "connection_id", "account_id", "site", "finding"),
        *("evidence", "event_date", "confidence", "quote", "url", "fetched_at", "observed_at", "expires_at", "answer"),
    }
)
"""Fields that the engine adds to each finding, and columns to each row of its table (`signals.views`)."""
COLUMNS: Mapping[Any, LiteralString] = {
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    date: "date",
    list[str]: "text[]",
}
"""The type of a column by that of a field."""


def what_is_wrong(finding: type[BaseModel]) -> str | None:
    """Return why a shape cannot be used, None if it can."""
    if not finding.model_fields:
        return "Its findings have no fields."
    if taken := RESERVED & set(finding.model_fields):
        return f"Its findings have a field {', '.join(sorted(taken))}, which each finding has anyway."
    for name, declared in finding.model_fields.items():
        if column_of(declared.annotation) is None:
            return (
                f"Its field {name} is neither text, a number, a boolean, a date, an enum nor a list of texts; findings "
                "are flat, so that they fit a row of a table."
            )
    return None


def column_of(annotation: Any) -> LiteralString | None:
    """Return the Postgres type of a field, None if there is none for it."""
    inner = without_none(annotation)
    if get_origin(inner) is Literal:
        return "text" if all(isinstance(value, str) for value in get_args(inner)) else None
    if isinstance(inner, type) and issubclass(inner, Enum):
        return "text" if issubclass(inner, str) else None
    try:
        return COLUMNS.get(inner)
    except TypeError:
        return None


def without_none(annotation: Any) -> Any:
    """Return what a field is when it is not null."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    inner = [part for part in get_args(annotation) if part is not type(None)]
    return inner[0] if len(inner) == 1 else annotation


def schema_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return the JSON schema of a model."""
    return model.model_json_schema()
