"""Whether values that are to be written fit their properties, and how HubSpot keeps them.

Belongs here: one rule per type of property. Does not: uniqueness (`sandbox.hubspot.changes`).
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from sandbox.hubspot.model import ObjectType, Properties, Property, Refused
from sandbox.hubspot.moments import read, written
from sandbox.hubspot.schema.fields import READ_ONLY

_MOST_CHARACTERS = 65_536
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class _Unfit(Exception):
    """A value that its property cannot hold.

    Args:
        code: HubSpot's word.
        message: HubSpot's sentence.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def checked(kind: ObjectType, properties: Properties) -> dict[str, str | None]:
    """Return values as HubSpot keeps them; the empty text and None clear a value.

    Raises:
        Refused: A property is not there, is read only, or cannot hold its value.
    """
    known = {made.name: made for made in kind.properties}
    kept: dict[str, str | None] = {}
    wrong: dict[str, _Unfit] = {}
    for name, value in properties.items():
        try:
            kept[name] = _kept(known.get(name), name, value)
        except _Unfit as unfit:
            wrong[name] = unfit
    if wrong:
        raise _refused(wrong)
    return kept


def check_new(kind: ObjectType, properties: Properties) -> None:
    """Make sure that a new record has what its type requires.

    Raises:
        Refused: Something is missing.
    """
    missing = [name for name in kind.required if not properties.get(name)]
    if missing:
        message = f"Error creating {kind.singular.upper()}. Some required properties were not set."
        raise Refused(400, "VALIDATION_ERROR", message, "REQUIRED_PROPERTIES_MISSING", {"properties": missing})


def check_owner(properties: Properties, owners: Callable[[], Collection[str]]) -> None:
    """Make sure that whoever shall own a record is an owner of the account.

    Raises:
        Refused: It is none.
    """
    owner = properties.get("hubspot_owner_id")
    if owner and owner not in owners():
        raise _refused({"hubspot_owner_id": _Unfit("INVALID_OWNER_ID", f"Owner {owner} does not exist")})


def _kept(made: Property | None, name: str, value: str | None) -> str | None:
    if made is None:
        raise _Unfit("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
    if made.calculated or name in READ_ONLY:
        raise _Unfit("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    if not value:
        return None
    return _mail(value) if name == "email" else _RULES[made.type](made, value)


def _refused(wrong: Mapping[str, _Unfit]) -> Refused:
    reasons = [
        {
            "isValid": False,
            "message": each.message,
            "error": each.code,
            "name": name,
            "localizedErrorMessage": each.message,
        }
        for name, each in wrong.items()
    ]
    details = [
        {"message": each.message, "code": each.code, "context": {"propertyName": [name]}}
        for name, each in wrong.items()
    ]
    message = f"Property values were not valid: {json.dumps(reasons, separators=(',', ':'))}"
    return Refused(400, "VALIDATION_ERROR", message, details=details)


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise _Unfit("INVALID_EMAIL", f"Email address {value} is invalid")
    return value.lower()


def _text(_: Property, value: str) -> str:
    if len(value) > _MOST_CHARACTERS:
        raise _Unfit("VALUE_TOO_LONG", f"a text has at most {_MOST_CHARACTERS} characters")
    return value


def _number(_: Property, value: str) -> str:
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise _Unfit("INVALID_INTEGER", f"{value} was not a valid number.")
    return value


def _flag(_: Property, value: str) -> str:
    if value.lower() not in {"true", "false"}:
        raise _Unfit("INVALID_OPTION", f"{value} was not one of the allowed options: [true, false]")
    return value.lower()


def _enumeration(made: Property, value: str) -> str:
    chosen = value.split(";") if made.field_type == "checkbox" else [value]
    unknown = [each for each in chosen if each not in made.options]
    if made.options and unknown:
        raise _Unfit("INVALID_OPTION", f"{unknown[0]} was not one of the allowed options: [{', '.join(made.options)}]")
    return value


def _day(_: Property, value: str) -> str:
    if value.lstrip("-").isdecimal():
        return written(int(value))[:10]
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        raise _Unfit("INVALID_DATE", f"{value} was not a valid date.") from None


def _moment(_: Property, value: str) -> str:
    moment = read(value)
    if moment is None:
        raise _Unfit("INVALID_LONG", f"{value} was not a valid long.")
    return written(moment)


def _json(_: Property, value: str) -> str:
    try:
        json.loads(value)
    except ValueError:
        raise _Unfit("INVALID_JSON", f"{value} was not valid JSON.") from None
    return value


_RULES: Mapping[str, Callable[[Property, str], str]] = {
    "string": _text,
    "number": _number,
    "bool": _flag,
    "enumeration": _enumeration,
    "date": _day,
    "datetime": _moment,
    "phone_number": _text,
    "json": _json,
    "object_coordinates": _text,
}
