"""Literals against the types of fields: what may be compared, and in which form values and rows are equal.

Belongs here: one normal form per Salesforce type, the same for a literal and for a row's JSON value.
Does not: operators (`sandbox.salesforce.soql.filter`).
"""

from collections.abc import Callable

from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.moments import is_date, milliseconds, to_json
from sandbox.salesforce.org import Field, JsonValue, SoqlError
from sandbox.salesforce.soql.syntax import Literal

Normal = str | int | float | bool | None

_NUMBERS = {"int", "long", "double", "currency", "percent"}
_IDS = {"id", "reference"}
_UNQUOTED = {
    **dict.fromkeys(_NUMBERS, "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
_SHORT_TEXT = 255
"""Salesforce neither filters nor sorts by text areas that may be longer."""


def filterable(field: Field) -> bool:
    """Return whether WHERE may name the field."""
    return field.type not in ("address", "location", "base64") and not _long_text(field)


def sortable(field: Field) -> bool:
    """Return whether ORDER BY may name the field."""
    return filterable(field) and field.type != "multipicklist"


def normaliser(field: Field) -> Callable[[JsonValue], Normal]:
    """Return what makes a row's value comparable: text folds its case, everything else is itself."""
    if field.type in _UNQUOTED or field.type in _IDS:
        return lambda value: None if isinstance(value, dict) else value
    return lambda value: value.lower() if isinstance(value, str) else None


def normal_literal(field: Field, literal: Literal) -> Normal:
    """Return a literal in its field's normal form. The empty string is null, as in Salesforce.

    Raises:
        SoqlError: INVALID_FIELD when the literal is of another type, INVALID_QUERY_FILTER_OPERATOR for a bad id.
    """
    if literal.kind == "null" or (literal.value == "" and field.type not in _UNQUOTED):
        return None
    if literal.kind != _UNQUOTED.get(field.type, "string"):
        raise SoqlError("INVALID_FIELD", _complaint(field))
    if field.type == "datetime":
        return to_json(_moment(str(literal.value)))
    if field.type == "date" and not is_date(str(literal.value)):
        raise SoqlError("MALFORMED_QUERY", f"Invalid date: {literal.value}")
    if field.type in _IDS:
        return _id(str(literal.value))
    if field.type in _UNQUOTED:
        return literal.value
    return str(literal.value).lower()


def _id(text: str) -> str:
    id15 = to15(text)
    if id15 is None:
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
    return to18(id15)


def _moment(text: str) -> int:
    stamp = milliseconds(text)
    if stamp is None:
        raise SoqlError("MALFORMED_QUERY", f"Invalid datetime: {text}")
    return stamp


def _complaint(field: Field) -> str:
    kind = {"datetime": "dateTime", "currency": "double", "percent": "double"}.get(field.type, field.type)
    quoted = "should not be enclosed in quotes" if field.type in _UNQUOTED else "should be enclosed in quotes"
    kind = kind if field.type in _UNQUOTED else "string"
    return f"value of filter criterion for field '{field.name}' must be of type {kind} and {quoted}"


def _long_text(field: Field) -> bool:
    return field.type == "textarea" and field.length > _SHORT_TEXT
