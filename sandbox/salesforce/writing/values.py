"""One value of one field: from what a client sends to what a reply has.

Belongs here: a rule per type, length, picklists. Does not: which fields may be written, what ids lead to (`writer`).

Numbers and booleans may come as texts, as all values of Bulk API do.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.moments import is_date, milliseconds, to_json
from sandbox.salesforce.org import Field, JsonValue
from sandbox.salesforce.writing.wishes import Refusal

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def value_of(field: Field, given: Any) -> JsonValue:
    """Return what a field holds after it was given a value; null for the empty text.

    Raises:
        Refusal: The field cannot hold it.
    """
    if isinstance(given, str):
        given = given.strip()
    if given is None or given == "":
        return False if field.type == "boolean" else None
    return _RULES.get(field.type, _text)(field, given)


def _text(field: Field, given: Any) -> str:
    if not isinstance(given, str):
        raise _unreadable(field, given)
    if field.length and len(given) > field.length:
        told = f"{field.label}: data value too large: {given} (max length={field.length})"
        raise Refusal("STRING_TOO_LONG", told, field.name)
    if field.restricted and given not in field.picklist:
        told = f"{field.label}: bad value for restricted picklist field: {given}"
        raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", told, field.name)
    return given


def _email(field: Field, given: Any) -> str:
    text = _text(field, given)
    if not _EMAIL.fullmatch(text):
        raise Refusal("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", field.name)
    return text


def _boolean(field: Field, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    known = {"true": True, "1": True, "false": False, "0": False}.get(str(given).lower())
    if known is None:
        raise _unreadable(field, given)
    return known


def _number(field: Field, given: Any) -> float:
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _unreadable(field, given)
    if abs(number) >= 10 ** ((field.precision or 18) - field.scale):
        raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: value outside of valid range", field.name)
    return round(number, field.scale)


def _whole(field: Field, given: Any) -> int:
    number = _number(field, given)
    if number != float(given):
        raise _unreadable(field, given)
    return int(number)


def _date(field: Field, given: Any) -> str:
    if not isinstance(given, str) or not is_date(given[:10]):
        raise _unreadable(field, given)
    return given[:10]


def _moment(field: Field, given: Any) -> str:
    stamp = milliseconds(given) if isinstance(given, str) else None
    if stamp is None:
        raise _unreadable(field, given)
    return to_json(stamp // 1_000 * 1_000)


def _reference(field: Field, given: Any) -> str:
    id15 = to15(given) if isinstance(given, str) else None
    if id15 is None:
        raise Refusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {given}", field.name)
    return to18(id15)


def _unreadable(field: Field, given: Any) -> Refusal:
    kind = type(given).__name__ if not isinstance(given, str) else f"text {given}"
    return Refusal("INVALID_TYPE_ON_FIELD_IN_RECORD", f"{field.label}: value not of required type: {kind}", field.name)


_RULES: Mapping[str, Callable[[Field, Any], JsonValue]] = {
    "email": _email,
    "boolean": _boolean,
    "int": _whole,
    "long": _whole,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _moment,
    "id": _reference,
    "reference": _reference,
}
